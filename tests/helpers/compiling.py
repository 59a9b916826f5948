"""How tests compile: quickly, and what one process of a run has compiled, no other compiles again.

Most programs of tests run once, on a few numbers, and are nearly all compile time. This stands before JAX is imported.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile

QUICK = ("--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1")
"""Of XLA's two ways to write code for a CPU the one that takes less time, and no threads for small programs."""

ASKED = "GATEDRNN_TESTS_XLA_FLAGS"
"""The variable that says which of them the installed XLA takes."""

_FOLDER: list[tempfile.TemporaryDirectory[str]] = []
"""What was compiled, until the process that made the folder ends."""


def known(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the flags that the installed XLA takes: it ends a process that has another, so one is asked that may end.

    That the name of a flag stands in the library says nothing: names of flags that are gone still do.
    """
    starting = [sys.executable, "-c", "import jax; jax.devices('cpu')"]

    def taken(some: tuple[str, ...]) -> bool:
        environment = {**os.environ, "XLA_FLAGS": " ".join(some)}
        return subprocess.run(starting, env=environment, capture_output=True, check=False).returncode == 0

    return flags if taken(flags) else tuple(flag for flag in flags if taken((flag,)))


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
    """Return XLA's flags for a command that a test starts, which gets no others: not this process's devices.

    They are asked for once in a run; workers find the answer in the environment.
    """
    if os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] != "1":
        return ""
    if ASKED not in os.environ:
        os.environ[ASKED] = " ".join(known(QUICK))
    return os.environ[ASKED]
