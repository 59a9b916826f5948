"""Simple models of a sequence's class: frequencies, and logistic regression on summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, linear_models
from gatedrnn.tasks.task import Baseline

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.task import Batch, Split

REGULARISATIONS = tuple(10.0**k for k in range(-2, 5))
"""Values of scikit-learn's C, the inverse strength of the penalty."""


def summaries(batch: Batch) -> Float[np.ndarray, "B 5I"]:
    """Return what a sequence looks like without its order: each channel's mean, deviation, first, middle, last frame.

    Example:
        >>> from gatedrnn.tasks.task import Batch
        >>> frames = np.array([1.0, 2.0, 6.0]).reshape(3, 1, 1)
        >>> summaries(Batch(frames, np.array([3]), np.array([0]))).round(2).tolist()
        [[3.0, 2.16, 1.0, 2.0, 6.0]]
    """
    rows = []
    for b, length in enumerate(batch.lengths):
        frames = np.asarray(batch.x[:length, b], np.float64)
        rows.append(np.concatenate([frames.mean(0), frames.std(0), frames[0], frames[length // 2], frames[-1]]))
    return np.stack(rows)


def _class_scores(log_probabilities: Float[np.ndarray, "B K"], part: Batch) -> tuple[float, float]:
    """Return nats per sequence, and the part of classes named right."""
    nats = -np.take_along_axis(log_probabilities, part.y[:, None].astype(int), axis=1).mean()
    return float(nats), float((log_probabilities.argmax(1) == part.y).mean())


def _frequencies(split: Split) -> Baseline:
    counts = np.bincount(split.train.y)
    log_probabilities = np.log(counts / counts.sum())
    (validation, _), (test, accuracy) = (
        _class_scores(np.tile(log_probabilities, (len(part.y), 1)), part) for part in (split.validation, split.test)
    )
    return Baseline("class frequencies", validation + split.offset, test + split.offset, accuracy)


def _logistic_regression(split: Split) -> Baseline:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs = [summaries(part) for part in (split.train, split.validation, split.test)]

    def fit(c: float) -> Any:
        model = linear_models().LogisticRegression(C=c, tol=1e-6, max_iter=10_000)
        return make_pipeline(StandardScaler(), model).fit(inputs[0], split.train.y)

    models = {c: fit(c) for c in REGULARISATIONS}
    validation, c = min((_class_scores(models[c].predict_log_proba(inputs[1]), split.validation)[0], c) for c in models)
    test, accuracy = _class_scores(models[c].predict_log_proba(inputs[2]), split.test)
    name = "logistic regression on means, deviations and three frames"
    return Baseline(name, validation + split.offset, test + split.offset, accuracy, f"C = {c:g}")


def classification(split: Split) -> list[Baseline]:
    """Return class frequencies and logistic regression on summaries, the strongest on validation first.

    Every class must be among the training part's.

    Raises:
        ImportError: where scikit-learn is missing.

    Example:
        >>> from gatedrnn.tasks import japanese_vowels
        >>> strongest, trivial = classification(japanese_vowels.split_speaker(0))
        >>> trivial.name, round(trivial.validation, 3)  # log(9)
        ('class frequencies', 2.197)
    """
    return by_validation([_frequencies(split), _logistic_regression(split)])
