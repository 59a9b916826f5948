"""``gatedrnn compare FILE`` shows what was understood of it before it does anything else."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")
pytest.importorskip("matplotlib")

from gatedrnn.commands import compare as command
from gatedrnn.commands import reading
from gatedrnn.errors import InputError
from gatedrnn.tasks import registry


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_was_understood_comes_first(
    dry_run: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = {"target": "demand", "season": "7 steps, as asked for"}
    task = dataclasses.replace(registry.load("japanese-vowels-speaker"), name="sales", facts=facts)
    monkeypatch.setattr(reading, "task_from_file", lambda file, question: task)

    def stopped(*_: Any, **__: Any) -> None:
        raise InputError("stopped: before anything is trained")

    monkeypatch.setattr(command, "estimate", stopped)
    monkeypatch.setattr(command.protocol, "compare", stopped)
    with pytest.raises(InputError, match="before anything is trained"):
        command.compare(tmp_path / "sales.csv", out=tmp_path / "out", dry_run=dry_run)
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [[word.strip() for word in line] for line in lines[:4]] == [
        ["preparing:", "reading sales.csv"],
        ["What", "was understood"],
        ["Target", "demand"],
        ["Season", "7 steps, as asked for"],
    ]
