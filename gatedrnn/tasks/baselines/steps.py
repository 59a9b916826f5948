"""Simple models of each step's class: frequencies, and logistic regression on the last steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, forest, linear_models, one_thread, pieces, steps, thinned
from gatedrnn.tasks.metrics import named_scores
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from gatedrnn.tasks.parts import Batch, Part, Visible
    from gatedrnn.tasks.simple_models import Scores

STRENGTHS, LEAVES = (0.01, 1.0, 100.0), (3, 20)
"""Values of logistic regression's C, the inverse strength of the penalty; steps in a leaf of a tree at least."""
ROWS = 20_000
"""Steps that a model is fitted to at most: logistic regression needs many passes over them."""


def past(part: Batch, order: int) -> Float[np.ndarray, "N F"]:
    """Return for each step that exists its last ``order`` frames, the latest first, and the mean of all so far.

    F is ``(order + 1) I``.

    Frames before the first are zeros, which is the training part's mean.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
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


def named(log_probabilities: Float[np.ndarray, "N K"], y: np.ndarray) -> np.ndarray:
    """Return for each step its nats and the likeliest class, ``[N, 2]``."""
    nats = -np.take_along_axis(log_probabilities, y[:, None].astype(int), axis=1)[:, 0]
    return np.stack([nats, log_probabilities.argmax(1)], axis=1)


def in_pieces(part: Batch, width: int, scores: Callable[[Batch], np.ndarray]) -> Scores:
    """Return what ``scores`` gives for all steps, computed in pieces, as a model is worth."""
    found = [(scores(piece), piece.y[steps(piece)]) for piece in pieces(part, width)]
    nats, guesses = np.concatenate([each for each, _ in found]).T
    return named_scores(nats, guesses.astype(int), np.concatenate([y for _, y in found]))


def frequencies(visible: Visible, classes: int, name: str) -> FittedBaseline:
    """Name the classes by how often each was in training, one more of each than were: the likeliest is the majority."""
    counts = np.bincount(visible.train.y[steps(visible.train)], minlength=classes) + 1.0
    logs = np.log(counts / counts.sum())

    def scores(part: Batch) -> np.ndarray:
        y = part.y[steps(part)].astype(int)
        return np.stack([-logs[y], np.full(len(y), logs.argmax())], axis=1)

    return class_baseline(name, visible, 2, scores)


def class_baseline(
    name: str, visible: Visible, width: int, scores: Callable[[Batch], np.ndarray], choice: str = ""
) -> FittedBaseline:
    """Return a fitted model of classes.

    Args:
        name: the name of the model.
        visible: the split that the model was fitted to, and is validated on.
        width: numbers that the model reads for each step.
        scores: sequences to what ``named`` gives for each of their steps.
        choice: what was chosen on the validation part.
    """

    def score(part: Part) -> Scores:
        return in_pieces(part.batch, width, scores)

    return FittedBaseline(name, score(visible.validated()), score, choice)


def step_classification(visible: Visible, classes: int) -> list[FittedBaseline]:
    """Return simple models of each step's class, the strongest on validation first.

    Class frequencies, logistic regression and a random forest on the last steps. Probabilities of the latter two are
    mixed with a thousandth of equal ones, as a class may lack in the training part.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    trivial = frequencies(visible, classes, "class frequencies")
    if len(np.unique(visible.train.y[steps(visible.train)])) < 2:
        return [trivial]
    with one_thread():
        return by_validation([trivial, _logistic_regression(visible, classes), _forest(visible, classes)])


def _logistic_regression(visible: Visible, classes: int) -> FittedBaseline:
    def model(c: float) -> Any:
        return linear_models().LogisticRegression(C=c, max_iter=1000)

    tried = [(order, f"C = {c:g}", model(c)) for order in (1, 5) for c in STRENGTHS]
    return _best("logistic regression on the last steps", visible, classes, tried)


def _forest(visible: Visible, classes: int) -> FittedBaseline:
    tried = [(order, f"leaves of {leaf}", forest(leaf)) for order in (1, 10) for leaf in LEAVES]
    return _best("random forest on the last steps", visible, classes, tried)


def _best(name: str, visible: Visible, classes: int, tried: list[tuple[int, str, Any]]) -> FittedBaseline:
    """Fit models that read so many last steps each, and return that of the best validation score.

    Args:
        name: the name that the models share.
        visible: the split that the models are fitted to, and chosen on.
        classes: how many classes there are.
        tried: the models of scikit-learn, each after the steps that it reads before its own and what is said of it.
    """
    best: tuple[float, str, Any] | None = None
    for order, said, model in tried:
        if order > len(visible.train.x):
            continue
        width = (order + 1) * visible.train.x.shape[-1]
        train = thinned(visible.train, width)
        inputs, outputs = past(train, order), train.y[steps(train)]
        every = max(1, -(-len(outputs) // ROWS))
        scores = _model_scores(model.fit(inputs[::every], outputs[::every]), order, classes)
        validation = in_pieces(visible.validation, width, scores)["nats"]
        if best is None or validation < best[0]:
            best = validation, f"order {order}, {said}", (width, scores)
    assert best is not None
    _, choice, (width, scores) = best
    return class_baseline(name, visible, width, scores, choice)


def _model_scores(model: Any, order: int, classes: int) -> Callable[[Batch], np.ndarray]:
    def scores(part: Batch) -> np.ndarray:
        found = model.predict_proba(past(part, order))
        probabilities = np.full((len(found), classes), 0.001 / classes)
        probabilities[:, model.classes_] += 0.999 * found
        return named(np.log(probabilities), part.y[steps(part)])

    return scores
