"""Simple models of a sequence's class: frequencies, logistic regression, and a random forest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, forest, linear_models, one_thread
from gatedrnn.tasks.metrics import class_scores
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from gatedrnn.tasks.parts import Batch, Part, Visible
    from gatedrnn.tasks.simple_models import Scores

REGULARISATIONS = tuple(10.0**k for k in range(-2, 5))
"""Values of scikit-learn's C, the inverse strength of the penalty."""
LEAVES = (1, 3, 10)
"""Sequences in a leaf of a tree at least."""
MOST = 1000
"""Numbers of a sequence that are read side by side at most."""
TINY = 1e-300
"""A probability that is no longer 0, where rounding makes it so."""
Read: TypeAlias = "Callable[[Batch], np.ndarray]"
"""What makes one row of numbers of each sequence."""


def summaries(batch: Batch) -> Float[np.ndarray, "B 5I"]:
    """Return what a sequence looks like without its order: each channel's mean, deviation, first, middle, last frame.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> frames = np.array([1.0, 2.0, 6.0]).reshape(3, 1, 1)
        >>> summaries(Batch(frames, np.array([3]), np.array([0]))).round(2).tolist()
        [[3.0, 2.16, 1.0, 2.0, 6.0]]
    """
    rows = []
    for b, length in enumerate(batch.lengths):
        frames = np.asarray(batch.x[:length, b], np.float64)
        rows.append(np.concatenate([frames.mean(0), frames.std(0), frames[0], frames[length // 2], frames[-1]]))
    return np.stack(rows)


def stretched(batch: Batch) -> Float[np.ndarray, "B F"]:
    """Return each sequence's frames side by side, after its length; evenly spaced ones, as many of all sequences.

    Of sequences of one length that is every number, unless there are more than ``MOST``.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> frames = np.arange(4.0).reshape(4, 1, 1) * np.array([1.0, 10.0])[:, None]  # [T, B, I]
        >>> stretched(Batch(frames, np.array([4, 2]), np.array([0, 1]))).tolist()
        [[4.0, 0.0, 1.0, 2.0, 3.0], [2.0, 0.0, 0.0, 10.0, 10.0]]
    """
    steps, sequences, features = batch.x.shape
    count = max(1, min(steps, MOST // features))
    places = np.rint(np.linspace(0, 1, count) * (np.maximum(batch.lengths, 1)[:, None] - 1)).astype(int)  # [B, F]
    frames = np.asarray(batch.x, np.float64)[places, np.arange(sequences)[:, None]]
    return np.concatenate([np.asarray(batch.lengths, np.float64)[:, None], frames.reshape(sequences, -1)], axis=1)


def _scores(log_probabilities: Float[np.ndarray, "B K"], part: Batch) -> Scores:
    return class_scores(log_probabilities, part.y)


def _frequencies(visible: Visible) -> FittedBaseline:
    counts = np.bincount(visible.train.y)
    log_probabilities = np.log(counts / counts.sum())

    def score(part: Part) -> Scores:
        return _scores(np.tile(log_probabilities, (len(part.batch.y), 1)), part.batch)

    return FittedBaseline("class frequencies", score(visible.validated()), score)


def _logistic_regression(visible: Visible, read: Read, name: str) -> FittedBaseline:
    """Return logistic regression on what is read of a sequence, its penalty chosen in validation."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train = read(visible.train)

    def fit(c: float) -> Callable[[np.ndarray], np.ndarray]:
        model = linear_models().LogisticRegression(C=c, tol=1e-6, max_iter=10_000)
        fitted = make_pipeline(StandardScaler(), model).fit(train, visible.train.y)
        return lambda x: np.log(np.maximum(fitted.predict_proba(x), TINY))

    return _best(visible, read, name, {f"C = {c:g}": fit(c) for c in REGULARISATIONS})


def _forest(visible: Visible) -> FittedBaseline:
    """Return a random forest on all steps, its leaves chosen in validation.

    Its votes are mixed with a hundredth of equal probabilities: a class that no tree votes for is not impossible.
    """
    train, classes = stretched(visible.train), int(visible.train.y.max()) + 1

    def fit(leaf: int) -> Callable[[np.ndarray], np.ndarray]:
        model = forest(leaf).fit(train, visible.train.y)
        return lambda x: np.log(0.99 * model.predict_proba(x) + 0.01 / classes)

    return _best(visible, stretched, "random forest on all steps", {f"leaves of {leaf}": fit(leaf) for leaf in LEAVES})


def _best(
    visible: Visible, read: Read, name: str, models: dict[str, Callable[[np.ndarray], np.ndarray]]
) -> FittedBaseline:
    """Return the model of the best validation score, by what each gives: log probabilities of what is read."""
    validation = read(visible.validation)
    worth = {choice: _scores(model(validation), visible.validation)["nats"] for choice, model in models.items()}
    choice = min(worth, key=lambda choice: worth[choice])

    def score(part: Part) -> Scores:
        return _scores(models[choice](read(part.batch)), part.batch)

    return FittedBaseline(name, score(visible.validated()), score, choice)


def classification(visible: Visible) -> list[FittedBaseline]:
    """Return simple models of a sequence's class, the strongest on validation first.

    Class frequencies, logistic regression on summaries and on all steps, and a random forest on all steps. Every class
    must be among the training part's.

    Raises:
        MissingPackageError: where scikit-learn is missing.

    Example:
        >>> from gatedrnn.tasks import japanese_vowels
        >>> *_, trivial = classification(japanese_vowels.split_speaker(0))
        >>> trivial.name, round(trivial.validation["nats"], 3)  # log(9)
        ('class frequencies', 2.197)
    """
    named = "logistic regression on means, deviations and three frames"
    with one_thread():
        return by_validation(
            [
                _frequencies(visible),
                _logistic_regression(visible, summaries, named),
                _logistic_regression(visible, stretched, "logistic regression on all steps"),
                _forest(visible),
            ]
        )
