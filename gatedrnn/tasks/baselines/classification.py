"""Simple models of a sequence's class: frequencies, and logistic regression on summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, linear_models
from gatedrnn.tasks.metrics import class_scores
from gatedrnn.tasks.task import FittedBaseline

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.task import Batch, Part, Scores, Visible

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


def _scores(log_probabilities: Float[np.ndarray, "B K"], part: Batch) -> Scores:
    return class_scores(log_probabilities, part.y)


def _frequencies(visible: Visible) -> FittedBaseline:
    counts = np.bincount(visible.train.y)
    log_probabilities = np.log(counts / counts.sum())

    def score(part: Part) -> Scores:
        return _scores(np.tile(log_probabilities, (len(part.batch.y), 1)), part.batch)

    return FittedBaseline("class frequencies", score(visible.validated()), score)


def _logistic_regression(visible: Visible) -> FittedBaseline:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, validation = summaries(visible.train), summaries(visible.validation)

    def fit(c: float) -> Any:
        model = linear_models().LogisticRegression(C=c, tol=1e-6, max_iter=10_000)
        return make_pipeline(StandardScaler(), model).fit(train, visible.train.y)

    models = {c: fit(c) for c in REGULARISATIONS}
    _, c = min((_scores(models[c].predict_log_proba(validation), visible.validation)["nats"], c) for c in models)
    chosen = models[c]

    def score(part: Part) -> Scores:
        return _scores(chosen.predict_log_proba(summaries(part.batch)), part.batch)

    name = "logistic regression on means, deviations and three frames"
    return FittedBaseline(name, score(visible.validated()), score, f"C = {c:g}")


def classification(visible: Visible) -> list[FittedBaseline]:
    """Return class frequencies and logistic regression on summaries, the strongest on validation first.

    Every class must be among the training part's.

    Raises:
        MissingPackageError: where scikit-learn is missing.

    Example:
        >>> from gatedrnn.tasks import japanese_vowels
        >>> strongest, trivial = classification(japanese_vowels.split_speaker(0))
        >>> trivial.name, round(trivial.validation["nats"], 3)  # log(9)
        ('class frequencies', 2.197)
    """
    return by_validation([_frequencies(visible), _logistic_regression(visible)])
