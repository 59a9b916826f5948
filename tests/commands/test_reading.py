"""What compare, train and sweep make of FILE alike, and what train says of its network beside a baseline."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")
pytest.importorskip("matplotlib")

from gatedrnn.commands import compare as compare_command
from gatedrnn.commands import reading
from gatedrnn.commands import sweep as sweep_command
from gatedrnn.commands import train as train_command
from gatedrnn.errors import InputError
from gatedrnn.tasks import registry
from gatedrnn.tasks.question import Question

COMMANDS: dict[str, Callable[..., Any]] = {
    "compare": compare_command.compare,
    "train": train_command.train,
    "sweep": sweep_command.sweep,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_question_without_a_file_is_refused_in_the_same_words(name: str, tmp_path: Path) -> None:
    asked = Question(horizon=2, target=("demand",))
    with pytest.raises(InputError, match="file: expected one, as target, horizon is asked of it; got none"):
        COMMANDS[name](question=asked, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["train", "sweep"])
def test_what_was_understood_comes_first(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = {"target": "demand", "season": "7 steps, as asked for"}
    task = dataclasses.replace(registry.load("adding-50"), name="sales", facts=facts)
    monkeypatch.setattr(reading, "task_from_file", lambda file, question: task)
    given: list[Any] = []

    def stopped(settings: Any, *_: Any, **__: Any) -> None:
        given.append(settings.task)
        raise InputError("stopped: before anything is trained")

    monkeypatch.setattr(train_command.single, "train", stopped)
    monkeypatch.setattr(sweep_command.sweeps, "sweep", stopped)
    with pytest.raises(InputError, match="before anything is trained"):
        COMMANDS[name](tmp_path / "sales.csv", out=tmp_path / "out")
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [[word.strip() for word in line] for line in lines[:4]] == [
        ["preparing:", "reading sales.csv"],
        ["What", "was understood"],
        ["Target", "demand"],
        ["Season", "7 steps, as asked for"],
    ]
    assert given == [task]


def result(
    metric: str, unit: str, ours: dict[str, float], theirs: dict[str, float] | None, diverged: int | None
) -> Any:
    baseline = {"name": "autoregression", "choice": "order 3", "test": theirs}
    return {
        "metric": {"name": metric, "words": "", "unit": unit},
        "trial": {"diverged_at": diverged},
        "test": ours,
        "baseline": None if theirs is None else baseline,
    }


def test_train_says_the_deciding_score_in_its_unit_beside_the_baseline() -> None:
    found = result("rmse", "load", {"nats": -0.5, "rmse": 12.345, "mae": 9.0}, {"nats": 0.25, "rmse": 11.0}, None)
    assert train_command.said(found) == [
        "test: 12.35 load (RMSE)",
        "strongest simple baseline: 11, autoregression (order 3); on this test the network is no better",
        "  negative log-likelihood: −0.5, baseline 0.25",
        "  mean absolute error: 9",
    ]


def test_of_accuracy_it_says_what_is_wrong_and_of_a_diverged_run_that_it_is() -> None:
    found = result("accuracy", "of classes wrong", {"nats": 0.5, "accuracy": 0.75}, {"nats": 0.4, "accuracy": 0.5}, 7)
    assert train_command.said(found)[:3] == [
        "diverged in epoch 7; tested are the best parameters before",
        "test: 0.25 of classes wrong",
        "strongest simple baseline: 0.5, autoregression (order 3); on this test the network is better",
    ]
    assert len(train_command.said(result("nats", "nats per frame", {"nats": 0.5}, None, None))) == 1
