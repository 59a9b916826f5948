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
