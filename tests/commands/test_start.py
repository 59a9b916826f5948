"""A command's first second, in which JAX is imported: a signal is one line then, too, and so is a broken package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

SIGNALLED = """
import os, sys

class Sends:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            del sys.argv[1]
            os.kill(os.getpid(), int(sys.argv.pop(1)))

sys.meta_path.insert(0, Sends())
from gatedrnn.__main__ import main
sys.exit(main())
"""
"""The console script, which is sent a signal at the moment in which it comes to a module."""


def ended(program: str, *arguments: str) -> tuple[int, str]:
    """Return the exit code of a program of Python, and what it said of errors."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_no_library_is_imported_before_the_command_begins() -> None:
    """Python's own handlers are in place until then: a traceback of many lines, and now and then a crash."""
    program = "import sys; before = set(sys.modules); import gatedrnn.__main__; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names == {"gatedrnn"}


@pytest.mark.parametrize(
    ("module", "number", "code", "said"),
    [
        ("jax", 2, 130, "interrupted"),
        ("jax._src.core", 15, 143, "terminated"),
        pytest.param("jax", 15, 143, "terminated", marks=pytest.mark.verify),
        pytest.param("numpy", 2, 130, "interrupted", marks=pytest.mark.verify),
        pytest.param("gatedrnn.commands.exit_code", 2, 130, "interrupted", marks=pytest.mark.verify),
        pytest.param("gatedrnn.commands.cli", 2, 130, "interrupted", marks=pytest.mark.verify),
        pytest.param("gatedrnn.commands.cli", 15, 143, "terminated", marks=pytest.mark.verify),
    ],
)
def test_a_signal_while_libraries_are_imported_is_one_line(module: str, number: int, code: int, said: str) -> None:
    assert ended(SIGNALLED, module, str(number), "tasks") == (code, f"gatedrnn: {said}\n")


@pytest.mark.parametrize(
    "package",
    ["tyro", pytest.param("rich", marks=pytest.mark.verify), pytest.param("scipy", marks=pytest.mark.verify)],
)
def test_a_package_that_is_broken_is_one_line(package: str, tmp_path: Path) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("raise ImportError('libx.so.1: cannot open')", encoding="utf-8")
    code, said = ended(f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + SIGNALLED, "none", "0", "tasks")
    assert code == 2
    assert said.startswith("gatedrnn: ")
    assert said.endswith("which is installed but cannot be imported (libx.so.1: cannot open): install it anew\n")
    assert said.count("\n") == 1
