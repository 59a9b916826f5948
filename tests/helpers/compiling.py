"""How tests compile: quickly, and what one process of a run has compiled, no other compiles again.

Most programs of tests run once, on a few numbers, and are nearly all compile time. This stands before JAX is imported.
"""

from __future__ import annotations

import functools
import importlib.util
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

QUICK = ("--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1")
"""Of XLA's two ways to write code for a CPU the one that takes less time, and no threads for small programs."""

_FOLDER: list[tempfile.TemporaryDirectory[str]] = []
"""What was compiled, until the process that made the folder ends."""


def known(flags: tuple[str, ...]) -> Iterator[str]:
    """Yield the flags that the installed XLA has: it aborts where it meets another one."""
    found = importlib.util.find_spec("jaxlib")
    folders = (found.submodule_search_locations if found else None) or []
    libraries = [path for folder in folders for path in Path(folder).glob("*.so")]
    for flag in flags:
        name = flag.removeprefix("--").partition("=")[0].encode()
        if any(_holds(library, name) for library in libraries):
            yield flag


def _holds(library: Path, name: bytes) -> bool:
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as contents:
        return contents.find(name) >= 0


def set_up() -> None:
    """Set in the environment, which workers and commands inherit, how JAX compiles.

    With ``JAX_DISABLE_MOST_OPTIMIZATIONS=0`` all is compiled as users have it. With ``JAX_COMPILATION_CACHE_DIR``
    set the next run finds there what this one compiled.
    """
    os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    flags = os.environ.get("XLA_FLAGS", "")
    if quick_flags() not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {quick_flags()}".strip()
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        _FOLDER.append(tempfile.TemporaryDirectory(prefix="gatedrnn-tests-"))
        os.environ["JAX_COMPILATION_CACHE_DIR"] = _FOLDER[0].name
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


@functools.cache
def quick_flags() -> str:
    """Return XLA's flags for a command that a test starts, which gets no others: not this process's devices."""
    return " ".join(known(QUICK)) if os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] == "1" else ""
