"""What a report advises can be typed."""

from __future__ import annotations

import inspect
import re

import pytest

from gatedrnn.commands.cli import run
from gatedrnn.comparison.search import limits
from gatedrnn.experiment.space import RANGES
from gatedrnn.report import next_steps


def test_options_that_are_advised_are_known_to_the_command(capsys) -> None:
    with pytest.raises(SystemExit, match="0"):
        run(["compare", "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))

    advised = {f"--{name.replace('_', '-')}" for name in RANGES}
    written = set(re.findall(r'"(--[a-z-]+)', inspect.getsource(next_steps)))

    assert written >= {"--replicates", "--max-epochs", "--learning-rate"}
    assert advised | written <= known


def test_an_edge_is_widened_by_the_option_of_its_range(monkeypatch) -> None:
    task = {"cells": {"LSTM": None}, "protocol": {"max_epochs": 10}, "replicates": []}
    edge = limits.Edge("LSTM", "clip_norm", "upper", 3)
    monkeypatch.setattr(limits, "capped", lambda task, name: False)
    monkeypatch.setattr(limits, "edges", lambda task, name: [edge])
    monkeypatch.setattr(next_steps, "diverged", lambda task, name: 3)
    monkeypatch.setattr(next_steps, "runs", lambda task, name: range(4))

    steps = next_steps._widen(task)

    assert [step.command for step in steps] == ["--clip-norm LOW HIGH", "--learning-rate LOW HIGH"]
