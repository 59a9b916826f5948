"""Simple models of each step's class or number: frequencies, and linear models of the last steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, linear_models, pieces, steps, thinned
from gatedrnn.tasks.baselines.forecast import gaussian_nats
from gatedrnn.tasks.objectives import LOG_SCALE_BOUND
from gatedrnn.tasks.task import Baseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from gatedrnn.tasks.task import Batch, Split

ORDERS, PENALTIES, STRENGTHS = (1, 2, 5, 10, 24), (0.01, 1.0, 100.0), (0.01, 1.0, 100.0)
"""Steps that a linear model reads, penalties of ridge regression, and values of logistic regression's C."""
ROWS = 20_000
"""Steps that logistic regression is fitted to at most: it needs many passes over them."""
FLOOR = np.exp(-LOG_SCALE_BOUND)
"""The smallest deviation, as that of a network's head: without one, a series without noise has no likelihood."""


def past(part: Batch, order: int) -> Float[np.ndarray, "N F"]:
    """Return for each step that exists its last ``order`` frames, the latest first, and the mean of all so far.

    F is ``(order + 1) I``.

    Frames before the first are zeros, which is the training part's mean.

    Example:
        >>> from gatedrnn.tasks.task import Batch
        >>> x = np.array([1.0, 3.0, 8.0]).reshape(3, 1, 1)
        >>> past(Batch(x, np.array([2]), None), order=2).tolist()
        [[1.0, 0.0, 1.0], [3.0, 1.0, 2.0]]
    """
    x = np.asarray(part.x, np.float64)
    there = steps(part)
    lagged = []
    for lag in range(order):
        shifted = np.zeros_like(x)
        shifted[lag:] = x[: len(x) - lag]
        lagged.append(shifted[there])
    so_far = np.cumsum(x, axis=0) / np.arange(1, len(x) + 1)[:, None, None]
    return np.concatenate([*lagged, so_far[there]], axis=-1)


def total_nats(part: Batch, width: int, nats: Callable[[Batch], np.ndarray]) -> float:
    """Return the mean over all steps of what ``nats`` gives for each, computed in pieces."""
    return float(sum(nats(piece).sum() for piece in pieces(part, width)) / part.lengths.sum())


def linear_gaussian(split: Split, name: str) -> Baseline:
    """Regress each step's numbers on ``past``: ridge regression, Gaussian residuals; order and penalty chosen."""
    best: tuple[float, str, Any] | None = None
    for order in (order for order in ORDERS if order <= len(split.train.x)):
        width = (order + 1) * split.train.x.shape[-1]
        train = thinned(split.train, width)
        inputs, outputs = past(train, order), train.y[steps(train)].astype(np.float64)
        for penalty in PENALTIES:
            model = linear_models().Ridge(alpha=penalty).fit(inputs, outputs)
            predict = _predictions(model, order, outputs.shape[-1])
            deviation = np.maximum(np.sqrt(np.mean((outputs - predict(train)) ** 2, axis=0)), FLOOR)

            def nats(part: Batch, predict: Any = predict, deviation: Any = deviation) -> np.ndarray:
                return gaussian_nats(part.y[steps(part)] - predict(part), deviation)

            validation = total_nats(split.validation, width, nats)
            if best is None or validation < best[0]:
                best = validation, f"order {order}, penalty {penalty:g}", (width, nats)
    assert best is not None
    validation, choice, (width, nats) = best
    test = total_nats(split.test, width, nats)
    return Baseline(name, validation + split.offset, test + split.offset, None, choice)


def _predictions(model: Any, order: int, outputs: int) -> Callable[[Batch], np.ndarray]:
    return lambda part: model.predict(past(part, order)).reshape(-1, outputs)


def constant_gaussian(split: Split) -> Baseline:
    """Forecast the mean always, with the deviation of the training part."""
    known = split.train.y[steps(split.train)].astype(np.float64)
    mean, deviation = known.mean(0), np.maximum(known.std(0), FLOOR)

    def nats(part: Batch) -> np.ndarray:
        return gaussian_nats(part.y[steps(part)] - mean, deviation)

    width = part_width(split)
    validation, test = (total_nats(part, width, nats) + split.offset for part in (split.validation, split.test))
    return Baseline("unconditional Gaussian", validation, test, None)


def part_width(split: Split) -> int:
    """Return the numbers that a step has, inputs and outputs."""
    return split.train.x.shape[-1] + split.train.y.shape[-1]


def step_regression(split: Split) -> list[Baseline]:
    """Return an unconditional Gaussian and ridge regression on the last steps, the strongest on validation first.

    Raises:
        ImportError: where scikit-learn is missing.
    """
    return by_validation([constant_gaussian(split), linear_gaussian(split, "ridge regression on the last steps")])


def class_scores(log_probabilities: Float[np.ndarray, "N K"], y: np.ndarray) -> np.ndarray:
    """Return for each step its nats and whether the likeliest class is right, ``[N, 2]``."""
    nats = -np.take_along_axis(log_probabilities, y[:, None].astype(int), axis=1)[:, 0]
    return np.stack([nats, log_probabilities.argmax(1) == y], axis=1)


def mean_scores(part: Batch, width: int, scores: Callable[[Batch], np.ndarray]) -> tuple[float, float]:
    """Return the means over all steps of nats and of what is right, computed in pieces."""
    total = np.sum([scores(piece).sum(0) for piece in pieces(part, width)], axis=0)
    return float(total[0] / part.lengths.sum()), float(total[1] / part.lengths.sum())


def frequencies(split: Split, classes: int, name: str) -> Baseline:
    """Name the classes by how often each was in training, one more of each than were: the likeliest is the majority."""
    counts = np.bincount(split.train.y[steps(split.train)], minlength=classes) + 1.0
    logs = np.log(counts / counts.sum())

    def scores(part: Batch) -> np.ndarray:
        y = part.y[steps(part)].astype(int)
        return np.stack([-logs[y], y == logs.argmax()], axis=1)

    (validation, _), (test, right) = (mean_scores(part, 2, scores) for part in (split.validation, split.test))
    return Baseline(name, validation + split.offset, test + split.offset, right)


def step_classification(split: Split, classes: int) -> list[Baseline]:
    """Return class frequencies and logistic regression on the last steps, the strongest on validation first.

    Logistic regression is mixed with a thousandth of equal probabilities, as a class may lack in the training part.

    Raises:
        ImportError: where scikit-learn is missing.
    """
    trivial = frequencies(split, classes, "class frequencies")
    if len(np.unique(split.train.y[steps(split.train)])) < 2:
        return [trivial]
    return by_validation([trivial, _logistic_regression(split, classes)])


def _logistic_regression(split: Split, classes: int) -> Baseline:
    best: tuple[float, str, Any] | None = None
    for order in (order for order in (1, 5) if order <= len(split.train.x)):
        width = (order + 1) * split.train.x.shape[-1]
        train = thinned(split.train, width)
        inputs, outputs = past(train, order), train.y[steps(train)]
        every = max(1, -(-len(outputs) // ROWS))
        for c in STRENGTHS:
            model = linear_models().LogisticRegression(C=c, max_iter=1000).fit(inputs[::every], outputs[::every])
            scores = _logistic_scores(model, order, classes)
            validation, _ = mean_scores(split.validation, width, scores)
            if best is None or validation < best[0]:
                best = validation, f"order {order}, C = {c:g}", (width, scores)
    assert best is not None
    validation, choice, (width, scores) = best
    test, right = mean_scores(split.test, width, scores)
    name = "logistic regression on the last steps"
    return Baseline(name, validation + split.offset, test + split.offset, right, choice)


def _logistic_scores(model: Any, order: int, classes: int) -> Callable[[Batch], np.ndarray]:
    def scores(part: Batch) -> np.ndarray:
        found = model.predict_proba(past(part, order))
        probabilities = np.full((len(found), classes), 0.001 / classes)
        probabilities[:, model.classes_] += 0.999 * found
        return class_scores(np.log(probabilities), part.y[steps(part)])

    return scores
