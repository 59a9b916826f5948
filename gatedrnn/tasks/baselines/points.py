"""From forecasts of the mean to a fitted simple model: the best on validation, with a scale that adapts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.baselines.fitting import NUMBERS, one_thread
from gatedrnn.tasks.baselines.scales import HALF_LIVES, WARM, adapted
from gatedrnn.tasks.baselines.stack import Stack, sampled, spaced, stacked
from gatedrnn.tasks.metrics import number_scores
from gatedrnn.tasks.objectives import LOG_SCALE_BOUND
from gatedrnn.tasks.simple_models import FittedBaseline, Forecasts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jaxtyping import Float, Int

    from gatedrnn.tasks.parts import Part, Recording, Scale, Visible
    from gatedrnn.tasks.simple_models import Scores

ROWS, RECORDINGS = 20_000, 300
"""Steps that a model is fitted to, and chosen on, at most, and recordings that it is chosen on; all are scored."""
FLOOR = np.exp(-LOG_SCALE_BOUND)
"""The smallest deviation, as that of a network's head: without one, a series without noise has no likelihood."""


class Point(NamedTuple):
    """Forecasts of the mean, fitted to the training part.

    Attributes:
        choice: what distinguishes the model from others of the same kind, such as ``order 3``.
        means: a stack and its steps to the forecasts made there, ``[S, D]``.
        width: numbers that the model reads for each step.
        held_out: gives the model's errors on what it was not fitted to, where it comes too close to the training part.
    """

    choice: str
    means: Callable[[Stack, Int[np.ndarray, "S"]], Float[np.ndarray, "S D"]]
    width: int = 1
    held_out: Callable[[], Float[np.ndarray, "S D"]] | None = None

    def errors(self, stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        """Return what was found less what was forecast at these steps."""
        return stack.targets(rows) - self.forecast(stack, rows)

    def forecast(self, stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        """Return the means at these steps, computed in pieces that fit into memory."""
        pieces = np.array_split(rows, max(1, -(-len(rows) * self.width // NUMBERS)))
        with one_thread():
            return np.concatenate([self.means(stack, piece) for piece in pieces])


class Known(NamedTuple):
    """What simple models are fitted to and chosen on, in the user's units."""

    train: Stack
    validation: Stack
    scale: Scale

    def fitted_to(self) -> Int[np.ndarray, "S"]:
        """Return the steps of the training part that a model is fitted to."""
        return spaced(self.train.scored(), ROWS)


def known(visible: Visible) -> Known:
    """Return the recordings of a split; where training has very many, evenly spaced ones.

    Raises:
        InputError: where the split has none.
    """
    if visible.past is None or visible.scale is None:
        raise InputError("visible: expected recordings and their scale, got none; give Visible(..., scale, past)")
    train = visible.past.train
    numbers = sum(one.x.size + one.y.size for one in train)
    return Known(stacked(train[:: max(1, -(-numbers // NUMBERS))]), stacked(visible.past.validation), visible.scale)


def best(name: str, points: Sequence[Point], visible: Visible) -> FittedBaseline:
    """Return the one of these models that misses least on validation, with the scale that is worth most there.

    The mean is chosen by squared errors, of each target in its unit, the half-life of the scale by nats.

    Args:
        name: the name of the model.
        points: forecasts of the mean, fitted to the training part of ``visible``.
        visible: the split that the models were fitted to, with its recordings.
    """
    data = known(visible)
    rows = sampled(data.validation, RECORDINGS, ROWS)

    def missed(point: Point) -> float:
        return float(np.mean((point.errors(data.validation, rows) / data.scale.unit) ** 2))

    point = min(points, key=missed) if len(points) > 1 else points[0]
    if point.held_out is not None:
        errors = point.held_out()
    else:
        errors = point.errors(data.train, sampled(data.train, RECORDINGS, ROWS))
    start = np.sqrt(np.mean(errors**2, axis=0))
    start = np.maximum(start, FLOOR * data.scale.deviation)
    found = _means(point, data.validation)
    half_lives = HALF_LIVES if data.train.ahead else (math.inf,)
    scores = {each: _scores(_forecasts(found, start, each), data.validation, data.scale) for each in half_lives}
    half_life = min(scores, key=lambda each: scores[each]["nats"])

    def forecast(recordings: tuple[Recording, ...]) -> list[Forecasts]:
        return _forecasts(_means(point, stacked(recordings)), start, half_life)

    def score(part: Part) -> Scores:
        if part.recordings is None or part.scale is None:
            raise InputError("part: expected recordings and their scale, got none; give Part(..., scale, recordings)")
        return _scores(forecast(part.recordings), stacked(part.recordings), part.scale)

    adapts = "" if math.isinf(half_life) else f"half-life {half_life:g}"
    choice = ", ".join(words for words in (point.choice, adapts) if words)
    return FittedBaseline(name, scores[half_life], score, choice, forecast)


class Means(NamedTuple):
    """Forecasts of the mean in one recording: the last ``scored`` are scored, the errors of all are known later."""

    mean: Float[np.ndarray, "n D"]
    errors: Float[np.ndarray, "n D"]
    scored: int
    ahead: int


def _means(point: Point, stack: Stack) -> list[Means]:
    rows = stack.known(WARM if stack.ahead else 0)
    together = np.concatenate(rows)
    mean = point.forecast(stack, together)
    errors = stack.targets(together) - mean
    cuts = np.cumsum([len(each) for each in rows])[:-1]
    counts = stack.bounds[:, 2] - stack.bounds[:, 1]
    parts = zip(np.split(mean, cuts), np.split(errors, cuts), counts, strict=True)
    return [Means(mean, errors, int(count), stack.ahead) for mean, errors, count in parts]


def _forecasts(found: list[Means], start: Float[np.ndarray, "D"], half_life: float) -> list[Forecasts]:
    forecasts = []
    for mean, errors, count, ahead in found:
        deviation = np.maximum(adapted(errors, start, half_life, ahead), FLOOR * start)
        forecasts.append(Forecasts(mean[len(mean) - count :], deviation[len(mean) - count :]))
    return forecasts


def _scores(forecasts: list[Forecasts], stack: Stack, scale: Scale) -> Scores:
    mean, deviation = (np.concatenate([one[k] for one in forecasts]) for k in (0, 1))
    return number_scores(mean, deviation, stack.targets(stack.scored()), scale)
