"""Run the fuzz of the kernels under the address and undefined-behaviour sanitizers, then under the thread sanitizer.

python sanitize.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from compile import FLAGS, compile_objects, compiler, run

HERE = Path(__file__).parent

if __name__ == "__main__":
    for sanitizers in ("address,undefined", "thread"):
        flags = (*FLAGS, "-O1", "-g", f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all")
        with tempfile.TemporaryDirectory() as folder:
            objects = compile_objects(Path(folder), ("dispatch.cc",), flags)
            program = str(Path(folder) / "fuzz")
            run(compiler(), *flags, str(HERE / "fuzz.cc"), *objects, "-pthread", "-o", program)
            run(program)
