"""Whatever stdout is: closed early, without most signs, narrow, or nothing, a command ends as it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

PROGRAM = """
import io, os, sys
from gatedrnn.commands.cli import run
from gatedrnn.costs.describe import describe
from gatedrnn.costs.table import render_description
from gatedrnn.commands.console import make_console, note

for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(errors="replace")  # as the entry of the command does
console = make_console()
console.print(render_description(describe(12, 32)))
note(console, "results: runs/[red]caf\\u00e9[/]\\u2212/results.json")
sys.exit(run(["tasks"]))
"""
"""What commands print, in one process: tables, lines for scripts, and a command's own text."""


def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, "COLUMNS": "40", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


@pytest.mark.verify
def test_a_stdout_of_ascii_and_forty_columns_gets_all_numbers_and_no_error() -> None:
    process = started("-c", PROGRAM, PYTHONIOENCODING="ascii")
    said, wrong = process.communicate(timeout=200)
    assert (process.returncode, wrong) == (0, "")
    assert said.isascii()
    assert "LSTM: 5,760" in said
    assert "results: runs/[red]caf?[/]?/results.json" in said.splitlines()
    assert "\x1b" not in said


def test_a_stdout_that_is_closed_early_is_no_error() -> None:
    process = started("-m", "gatedrnn", "tasks")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # as `head` does when it has its lines
    assert (process.wait(timeout=200), process.stderr.read()) == (0, "")


def without(*numbers: int) -> subprocess.CompletedProcess[str]:
    """Return how a command ended that is refused, with streams closed before it began."""
    closed = " ".join(f"{number}>&-" for number in numbers)
    script = f'exec "$0" -m gatedrnn predict {closed}'
    return subprocess.run(
        ["sh", "-c", script, sys.executable], capture_output=True, text=True, timeout=200, check=False
    )


def test_without_any_stdout_a_refusal_is_one_line() -> None:
    ended = without(1)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert (
        ended.stderr
        == "gatedrnn: RUN, FILE: expected by gatedrnn predict, got none; gatedrnn predict --help shows all\n"
    )


@pytest.mark.verify
def test_without_any_stream_it_is_refused_in_silence() -> None:
    ended = without(0, 1, 2)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "")


CLOSED = """
import os, sys
sys.stdin = sys.stdout = sys.stderr = None
for number in (0, 1, 2):
    os.close(number)
import gatedrnn.__main__ as entry
entry._open_closed_streams()
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.write(1, b"of a library")
os.write(2, b"of another")
print("of Python", flush=True)
os._exit(file)
"""


def test_no_file_of_a_run_has_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """What libraries below print goes to numbers 1 and 2, whatever is open there."""
    process = started("-c", CLOSED, str(tmp_path / "file"))
    assert process.wait(timeout=200) > 2
    assert (tmp_path / "file").read_bytes() == b""


LEAVES = """
import atexit, sys
from gatedrnn.commands.signals import leave
atexit.register(print, "taken apart")
print("all is said")
leave(0)
"""


def test_a_command_whose_work_is_done_does_not_wait_for_python_to_be_taken_apart() -> None:
    """It took seconds on a busy machine, in which signals were not heard."""
    process = started("-c", LEAVES)
    assert (*process.communicate(timeout=200), process.returncode) == ("all is said\n", "", 0)


@pytest.mark.verify
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_stdout_that_is_full_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen([sys.executable, "-m", "gatedrnn", "tasks"], stdout=full, stderr=subprocess.PIPE)
        said = process.communicate(timeout=200)[1]
    assert (process.returncode, said) == (1, b"gatedrnn: [Errno 28] No space left on device\n")


@pytest.mark.verify
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_whole_training_in_a_folder_with_brackets(tmp_path: Path, encoding: str) -> None:
    out = tmp_path / "[red]=run | `x`"
    small = ("--hidden", "2", "--max-epochs", "1", "--cell", "MinGRU")
    process = started("-m", "gatedrnn", "train", *small, "--out", str(out), PYTHONIOENCODING=encoding)
    said, wrong = process.communicate(timeout=500)
    assert (process.returncode, wrong) == (0, "")
    assert str(out) in said
    assert (out / "result.json").is_file()
