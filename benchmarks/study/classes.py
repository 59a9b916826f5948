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


class Score(NamedTuple):
    """What a model is worth in the test: its accuracy, and nats where it gives probabilities."""

    accuracy: float
    nats: float | None


def scores(parts: Parts) -> dict[str, Score]:
    """Return the score of simple models of all numbers at once, and of how frequent classes are."""
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models: dict[str, Any] = {
        "class frequencies": DummyClassifier(strategy="prior"),
        "nearest neighbour": make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
        "random forest": RandomForestClassifier(300, min_samples_leaf=2, random_state=0),
        "logistic regression on all numbers": make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
    }
    found = {}
    for name, model in models.items():
        model.fit(parts.x, parts.y)
        right = float(np.mean(model.predict(parts.test_x) == parts.test_y))
        nats = float(log_loss(parts.test_y, model.predict_proba(parts.test_x), labels=model.classes_))
        found[name] = Score(right, None if name == "nearest neighbour" else nats)
    return found
