"""What is named as a cell of one's own is checked to be one before anybody calls it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from gatedrnn.commands.cli import run as command


def code_of(words: list[str]) -> Any:
    """Return with which code a command ends, which the reader of its arguments may end itself."""
    try:
        return command(words)
    except SystemExit as end:
        return end.code


def test_what_a_command_cannot_use_as_a_cell_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for path in ("os:system", "json:JSONDecoder", "builtins:exec"):
        for words in (
            ["compare", "--cells", "LSTM", path, "--out", str(tmp_path / "run")],
            ["train", "--cell", path, "--out", str(tmp_path / "run")],
            ["sweep", "--cell", path, "--out", str(tmp_path / "run")],
            ["describe", "--in-dim", "4", "--hidden", "8", "--cells", path],
        ):
            assert code_of(words) == 2
            said = " ".join(re.sub(r"[^\x20-\x7e]", " ", capsys.readouterr().err).split())
            name = "cell" if "--cell" in words else "cells"
            assert f"gatedrnn: {name}: expected a class of cells, with init, initial_carry, step; got {path}" in said
            assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_module_that_ends_the_process_is_no_module_of_cells(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script without a guard, which exits when it is imported."""
    (tmp_path / "a_script_that_exits.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert code_of(["train", "--cell", "a_script_that_exits:Cell", "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert said == "gatedrnn: cell: expected a class that can be imported, got a_script_that_exits:Cell (3)\n"
    assert not (tmp_path / "run").exists()
