"""Simple models of each step's class or number: frequencies, and linear models of the last steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, linear_models, pieces, steps, thinned
from gatedrnn.tasks.baselines.forecast import gaussian_nats
from gatedrnn.tasks.objectives import LOG_SCALE_BOUND
from gatedrnn.tasks.task import FittedBaseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from gatedrnn.tasks.task import Batch, Part, Scores, Visible

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
    return float(sum(nats(piece).sum() for piece in pieces(part, width)) / part.scored().sum())


def linear_gaussian(visible: Visible, name: str) -> FittedBaseline:
    """Regress each step's numbers on ``past``: ridge regression, Gaussian residuals; order and penalty chosen."""
    best: tuple[float, str, Any] | None = None
    for order in (order for order in ORDERS if order <= len(visible.train.x)):
        width = (order + 1) * visible.train.x.shape[-1]
        train = thinned(visible.train, width)
        inputs, outputs = past(train, order), train.y[steps(train)].astype(np.float64)
        for penalty in PENALTIES:
            model = linear_models().Ridge(alpha=penalty).fit(inputs, outputs)
            predict = _predictions(model, order, outputs.shape[-1])
            deviation = np.maximum(np.sqrt(np.mean((outputs - predict(train)) ** 2, axis=0)), FLOOR)

            def nats(part: Batch, predict: Any = predict, deviation: Any = deviation) -> np.ndarray:
                return gaussian_nats(part.y[steps(part)] - predict(part), deviation)

            validation = total_nats(visible.validation, width, nats)
            if best is None or validation < best[0]:
                best = validation, f"order {order}, penalty {penalty:g}", (width, nats)
    assert best is not None
    _, choice, (width, nats) = best
    return gaussian_baseline(name, visible, width, nats, choice)


def gaussian_baseline(
    name: str, visible: Visible, width: int, nats: Callable[[Batch], np.ndarray], choice: str = ""
) -> FittedBaseline:
    """Return a fitted model of numbers.

    Args:
        name: the name of the model.
        visible: what it was fitted to, and is validated on.
        width: numbers that it reads for each step.
        nats: sequences to the nats of each of their steps, in the units of ``visible``.
        choice: what was chosen on the validation part.
    """
    offset = visible.offset

    def score(part: Part) -> Scores:
        return {"nats": total_nats(part.batch, width, nats) + offset}

    return FittedBaseline(name, score(visible.validated()), score, choice)


def _predictions(model: Any, order: int, outputs: int) -> Callable[[Batch], np.ndarray]:
    return lambda part: model.predict(past(part, order)).reshape(-1, outputs)


def constant_gaussian(visible: Visible) -> FittedBaseline:
    """Forecast the mean always, with the deviation of the training part."""
    known = visible.train.y[steps(visible.train)].astype(np.float64)
    mean, deviation = known.mean(0), np.maximum(known.std(0), FLOOR)

    def nats(part: Batch) -> np.ndarray:
        return gaussian_nats(part.y[steps(part)] - mean, deviation)

    return gaussian_baseline("unconditional Gaussian", visible, part_width(visible), nats)


def part_width(visible: Visible) -> int:
    """Return the numbers that a step has, inputs and outputs."""
    return visible.train.x.shape[-1] + visible.train.y.shape[-1]


def step_regression(visible: Visible) -> list[FittedBaseline]:
    """Return an unconditional Gaussian and ridge regression on the last steps, the strongest on validation first.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    return by_validation([constant_gaussian(visible), linear_gaussian(visible, "ridge regression on the last steps")])


def class_scores(log_probabilities: Float[np.ndarray, "N K"], y: np.ndarray) -> np.ndarray:
    """Return for each step its nats and whether the likeliest class is right, ``[N, 2]``."""
    nats = -np.take_along_axis(log_probabilities, y[:, None].astype(int), axis=1)[:, 0]
    return np.stack([nats, log_probabilities.argmax(1) == y], axis=1)


def mean_scores(part: Batch, width: int, scores: Callable[[Batch], np.ndarray]) -> tuple[float, float]:
    """Return the means over all steps of nats and of what is right, computed in pieces."""
    total = np.sum([scores(piece).sum(0) for piece in pieces(part, width)], axis=0)
    count = part.scored().sum()
    return float(total[0] / count), float(total[1] / count)


def frequencies(visible: Visible, classes: int, name: str) -> FittedBaseline:
    """Name the classes by how often each was in training, one more of each than were: the likeliest is the majority."""
    counts = np.bincount(visible.train.y[steps(visible.train)], minlength=classes) + 1.0
    logs = np.log(counts / counts.sum())

    def scores(part: Batch) -> np.ndarray:
        y = part.y[steps(part)].astype(int)
        return np.stack([-logs[y], y == logs.argmax()], axis=1)

    return class_baseline(name, visible, 2, scores)


def class_baseline(
    name: str, visible: Visible, width: int, scores: Callable[[Batch], np.ndarray], choice: str = ""
) -> FittedBaseline:
    """Return a fitted model of classes; as ``gaussian_baseline``, with what ``class_scores`` gives for each step."""
    offset = visible.offset

    def score(part: Part) -> Scores:
        nats, right = mean_scores(part.batch, width, scores)
        return {"nats": nats + offset, "accuracy": right}

    return FittedBaseline(name, score(visible.validated()), score, choice)


def step_classification(visible: Visible, classes: int) -> list[FittedBaseline]:
    """Return class frequencies and logistic regression on the last steps, the strongest on validation first.

    Logistic regression is mixed with a thousandth of equal probabilities, as a class may lack in the training part.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    trivial = frequencies(visible, classes, "class frequencies")
    if len(np.unique(visible.train.y[steps(visible.train)])) < 2:
        return [trivial]
    return by_validation([trivial, _logistic_regression(visible, classes)])


def _logistic_regression(visible: Visible, classes: int) -> FittedBaseline:
    best: tuple[float, str, Any] | None = None
    for order in (order for order in (1, 5) if order <= len(visible.train.x)):
        width = (order + 1) * visible.train.x.shape[-1]
        train = thinned(visible.train, width)
        inputs, outputs = past(train, order), train.y[steps(train)]
        every = max(1, -(-len(outputs) // ROWS))
        for c in STRENGTHS:
            model = linear_models().LogisticRegression(C=c, max_iter=1000).fit(inputs[::every], outputs[::every])
            scores = _logistic_scores(model, order, classes)
            validation, _ = mean_scores(visible.validation, width, scores)
            if best is None or validation < best[0]:
                best = validation, f"order {order}, C = {c:g}", (width, scores)
    assert best is not None
    _, choice, (width, scores) = best
    return class_baseline("logistic regression on the last steps", visible, width, scores, choice)


def _logistic_scores(model: Any, order: int, classes: int) -> Callable[[Batch], np.ndarray]:
    def scores(part: Batch) -> np.ndarray:
        found = model.predict_proba(past(part, order))
        probabilities = np.full((len(found), classes), 0.001 / classes)
        probabilities[:, model.classes_] += 0.999 * found
        return class_scores(np.log(probabilities), part.y[steps(part)])

    return scores
