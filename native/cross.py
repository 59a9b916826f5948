"""Run the fuzz of the kernels as a program for aarch64: by a cross compiler, under an emulator.

python cross.py

On Debian both are packages: g++-aarch64-linux-gnu and qemu-user-static.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from compile import FLAGS, SOURCES, run

HERE = Path(__file__).parent
COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64-static"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "fuzz")
        sources = [str(SOURCES / "kernels.cc"), str(SOURCES / "dispatch.cc"), str(HERE / "fuzz.cc")]
        run(COMPILER, *FLAGS, "-DINSTRUCTION_SET=portable", *sources, "-static", "-pthread", "-o", program)
        run(EMULATOR, program)
