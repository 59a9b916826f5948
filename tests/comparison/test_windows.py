"""Other windows: the same steps are scored, by networks trained again, and a label that turns is said."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")
pytest.importorskip("statsmodels")

from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison.diagnostics.windows import Basis, of_all_splits, other_windows, windows
from gatedrnn.comparison.entries import protocol_entry
from gatedrnn.comparison.search.replicate import Trials, draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.report.content.windows import windows_in_words, windows_table
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task
from tests.helpers.small_searches import SETTINGS


@pytest.fixture(scope="module")
def task() -> Task:
    steps = np.arange(260)
    x = np.sin(steps / 4)[:, None] + np.random.default_rng(0).normal(0, 0.1, (260, 1))
    return task_from_arrays({"x": x}, Question(horizon=1, window=16), name="wave")


def targets(task: Any, seed: int) -> np.ndarray:
    """Return what is looked for in validation, in the user's units, in order."""
    visible = task.split(seed)
    part, scale = visible.validation, visible.scale
    return np.sort((part.y[np.asarray(part.scored())] * scale.deviation + scale.mean).ravel())


def test_other_windows_are_scored_on_the_same_steps(task) -> None:
    others = other_windows(task, 16, seed=3)
    assert sorted(others) == [8, 32]
    for steps, other in others.items():
        assert len(other.split(3).train.x) == steps
        np.testing.assert_allclose(targets(other, 3), targets(task, 3), rtol=1e-5)


def test_a_window_of_more_steps_than_there_are_is_left_out(task) -> None:
    steps = int(task.split(3).past.train[0].y.shape[0]) - 2
    assert sorted(other_windows(task, steps, seed=3)) == [steps // 2]
    x = np.random.default_rng(1).normal(size=(5, 30, 2))
    whole = task_from_arrays({"x": x, "y": np.arange(30) % 2}, Question(kind="classification"))
    assert whole.reading(0).window is None


@pytest.mark.verify
def test_scores_are_those_of_the_selected_configurations_trained_again(task) -> None:
    settings = dataclasses.replace(SETTINGS, replicates=2, trials=2, max_epochs=2, extend=False)
    replicates = [draw_replicate(task, settings, index) for index in range(2)]
    cells = {name: make_cell(name, 2) for name in ("LSTM", "GRU")}
    searches = {name: Search(cell, task, settings, task.split(0).train) for name, cell in cells.items()}
    trials = [{"score": score, "diverged_at": None, "ended_by_clock": False} for score in (0.5, 0.25)]
    found: Any = {
        "protocol": {**protocol_entry(settings, task), "max_epochs": 2},
        "replicates": [
            {
                "configurations": replicate.configurations,
                "cells": {name: {"trials": trials, "selected": 1} for name in cells},
            }
            for replicate in replicates
        ],
    }
    baselines = [[one.validated() for one in task.baselines(r.visible())] for r in replicates]
    held = windows(searches, Basis(replicates, found, baselines, "rmse"), region=0.01)
    assert held is not None
    assert (held["windows"], held["searched"]) == ([8, 16, 32], 16)
    assert held["validation"]["GRU"][1] == [0.25, 0.25]
    other = task.with_window(8)
    assert other is not None
    search = Search(cells["GRU"], other, settings, other.split(replicates[0].seed).train)
    lot = Trials(replicates[1].configurations[1:2], jax.random.split(jax.random.key(replicates[1].seed), 1))
    alone = search.train(lot, other.split(replicates[1].seed), None).entry["trials"][0]["score"]
    assert held["validation"]["GRU"][0][1] == pytest.approx(alone, rel=1e-6)
    (pair,) = held["pairs"]
    a, b = (np.array(held["validation"][name]) for name in cells)
    means = [found["mean"] for found in pair["differences"] if found is not None]
    np.testing.assert_allclose(means, (a - b).mean(1), atol=1e-12)
    assert pair["labels"] == ["neither beats the baseline"] * 3  # after 2 epochs


def test_a_baseline_that_is_missing_on_a_split_is_not_paired() -> None:
    class Known:
        def __init__(self, name: str, rmse: float | None) -> None:
            self.name, self.validation = name, {} if rmse is None else {"rmse": rmse}

    splits: Any = [[Known("a", 1.0), Known("b", 2.0)], [Known("a", 3.0), Known("b", None)]]
    assert of_all_splits(splits, "rmse") == [[1.0, 3.0]]


def test_a_label_that_turns_with_the_window_is_said() -> None:
    def found(mean: float) -> dict[str, Any]:
        return {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}

    pair = {
        "names": ["LSTM", "GRU"],
        "differences": [found(-1.0), found(0.5), None],
        "labels": ["LSTM better", "GRU better", None],
    }
    held = {
        "windows": [8, 16, 32],
        "searched": 16,
        "validation": {"LSTM": [[1.0], [2.0], [None]], "GRU": [[2.0], [1.5], [1.0]]},
        "pairs": [pair],
    }
    task: Any = {"full": {"windows": held}, "cells": {"LSTM": {}, "GRU": {}}, "metric": {"name": "rmse"}}
    assert windows_in_words(task) == (
        "The verdict depends on the window: in validation, LSTM or GRU is “GRU better” with 16 steps, "
        "with 8 “LSTM better”."
    )
    table = windows_table(task)
    assert table is not None
    assert [[value.text for value in row.values][-1] for row in table.rows] == ["−1.00", "0.50", "none"]
    pair["labels"] = ["GRU better", "GRU better", None]
    assert windows_in_words(task) is None
    assert windows_table({**task, "full": None}) is None
