"""Classes of the test of a comparison, with nothing of gatedrnn: scikit-learn on the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from study.forecasts import HELD


class Parts(NamedTuple):
    """What models are fitted to and what they are asked: features ``[n, I]`` and classes ``[n]``."""

    x: np.ndarray
    y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


def read_archive(path: Path) -> Parts:
    """Return the series of a .ts file of one dimension; of each class the fifth that generator 0 draws is the test."""
    lines = [line for line in path.read_text().splitlines() if line and line[0] not in "#@"]
    rows = [line.rsplit(":", 1) for line in lines]
    x = np.array([row[0].split(",") for row in rows], np.float64)
    y = np.array([row[1].strip() for row in rows])
    rng = np.random.default_rng(0)
    of_classes = [rng.permutation(np.flatnonzero(y == one)) for one in np.unique(y)]
    test = np.concatenate([of[: max(1, round(HELD * len(of)))] for of in of_classes])
    known = np.setdiff1d(np.arange(len(y)), test)
    return Parts(x[known], y[known], x[test], y[test])


def read_days(path: Path, time: str, target: str) -> Parts:
    """Return the rows of a table, of which the last fifth is the test; features are its other columns."""
    table = pd.read_csv(path).sort_values(time, kind="stable")
    x = table.drop(columns=[time, target]).to_numpy(np.float64)
    y = table[target].to_numpy().astype(str)
    known = len(y) - round(HELD * len(y))
    return Parts(x[:known], y[:known], x[known:], y[known:])


def accuracies(parts: Parts) -> dict[str, float]:
    """Return the part of the test that each simple model names rightly, and the most frequent class."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    names, counts = np.unique(parts.y, return_counts=True)
    models: dict[str, Any] = {
        "nearest neighbour": make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
        "random forest": RandomForestClassifier(300, random_state=0),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
    }
    found = {"class frequencies": float(np.mean(parts.test_y == names[counts.argmax()]))}
    return found | {
        name: float(np.mean(model.fit(parts.x, parts.y).predict(parts.test_x) == parts.test_y))
        for name, model in models.items()
    }
