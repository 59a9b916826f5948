"""Compile the shared library: the kernels once for each instruction set, and the interface to XLA.

python compile.py OUT.so
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import jax

SOURCES = Path(__file__).parent / "src"
FLAGS = ("-std=c++17", "-O3", "-fPIC", "-fno-math-errno", "-ffp-contract=fast", "-fvisibility=hidden", "-Wall")
X86 = {
    "avx2": ("-mavx2", "-mfma"),
    "avx512": ("-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma", "-mprefer-vector-width=512"),
}


def compile_library(out: Path, *, flags: tuple[str, ...] = FLAGS) -> None:
    """Write the library to ``out``, by the compiler that the variable CXX names, or g++.

    Args:
        out: the file to be written.
        flags: what the compiler is told for every file.

    Raises:
        subprocess.CalledProcessError: where the compiler fails; what it says is shown.
    """
    with tempfile.TemporaryDirectory() as folder:
        objects = compile_objects(Path(folder), ("dispatch.cc", "handlers.cc"), flags)
        out.parent.mkdir(parents=True, exist_ok=True)
        run(compiler(), *flags, "-shared", *objects, "-o", str(out), "-static-libgcc")


def compile_objects(folder: Path, others: tuple[str, ...], flags: tuple[str, ...]) -> list[str]:
    """Compile the kernels for every instruction set of this machine's kind, and ``others``; return the object files."""
    sets = {"portable": (), **(X86 if platform.machine().lower() in ("x86_64", "amd64") else {})}
    objects = []
    for name, options in sets.items():
        objects.append(str(folder / f"kernels-{name}.o"))
        source = str(SOURCES / "kernels.cc")
        run(compiler(), *flags, *options, f"-DINSTRUCTION_SET={name}", "-c", source, "-o", objects[-1])
    for other in others:
        objects.append(str(folder / f"{Path(other).stem}.o"))
        run(compiler(), *flags, "-isystem", jax.ffi.include_dir(), "-c", str(SOURCES / other), "-o", objects[-1])
    return objects


def compiler() -> str:
    """Return the name of the C++ compiler."""
    return os.environ.get("CXX", "g++")


def run(*command: str) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    compile_library(Path(sys.argv[1]))
