"""The simple baselines that are named before anything is trained are those that are fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")
pytest.importorskip("statsmodels")

from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(30, 24, 1))  # [T, B, I]
CLASSES, OF_EACH = (NOISE[..., 0] > 0).astype(int), np.arange(24) % 2
LETTERS = RNG.integers(0, 4, (30, 24))
ONE = LETTERS.T.ravel()


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (Question(horizon=1, season=12), {"x": NOISE}),
        (Question(horizon=1), {"x": NOISE}),
        (Question(kind="step-regression"), {"x": NOISE, "y": NOISE[::-1]}),
        (Question(kind="step-classification"), {"x": NOISE, "y": CLASSES}),
        (Question(kind="classification"), {"x": NOISE, "y": OF_EACH}),
        (Question(kind="next-token"), {"x": LETTERS}),
        (Question(kind="classification"), {"x": LETTERS, "y": OF_EACH}),
        (
            Question(kind="step-classification"),
            {"x": ONE, "y": ONE % 2, "lengths": np.full(24, 30)},
        ),
    ],
)
def test_the_baselines_that_are_named_are_those_that_are_fitted(asked: Question, held: dict[str, Any]) -> None:
    task = task_from_arrays(held, asked)
    fitted = {one.name for one in task.baselines(task.split(0))}
    assert set(task.facts["baselines"].split("; ")) == fitted
