"""Simple forecasts of the next frame: unconditional, persistence, autoregression."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.baselines.fitting import by_validation, linear_models
from gatedrnn.tasks.metrics import number_scores
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from gatedrnn.tasks.parts import Batch, Part, Scale, Visible
    from gatedrnn.tasks.simple_models import Scores

ORDERS = (1, 2, 3, 4, 5)


def histories(
    batch: Batch, order: int, *, exactly: bool = False
) -> tuple[Float[np.ndarray, "N O*D"], Float[np.ndarray, "N D"]]:
    """Return the targets that have ``order`` frames before them, and those frames, the latest first.

    Args:
        batch: the frames; ``x[t]`` is the one before ``y[t]``.
        order: how many frames of history are returned.
        exactly: only targets that have no more than that.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> frames = np.arange(1.0, 5.0).reshape(4, 1, 1)
        >>> past, target = histories(Batch(frames[:-1], np.array([3]), frames[1:]), order=2)
        >>> past.tolist(), target.tolist()
        ([[2.0, 1.0], [3.0, 2.0]], [[3.0], [4.0]])
    """
    x, y = (np.asarray(a, np.float64) for a in (batch.x, batch.y))
    steps = np.arange(len(x))[:, None]
    chosen = (steps == order - 1 if exactly else steps >= order - 1) & (steps < batch.lengths)
    lagged = [np.roll(x, lag, axis=0)[chosen] for lag in range(order)]
    return np.concatenate(lagged, axis=-1), y[chosen]


class Gaussians(NamedTuple):
    """Forecasts of N frames and what was found, in the units of a split: deviations ``[N, D]`` or ``[D]``."""

    mean: Float[np.ndarray, "N D"]
    deviation: Float[np.ndarray, "N D"]
    y: Float[np.ndarray, "N D"]

    def scores(self, scale: Scale | None) -> Scores:
        """Return what they are worth in the user's units."""
        if scale is None:
            raise InputError("scale: expected that of the split, got none; give Visible(..., scale)")
        mean, y = (a * scale.deviation + scale.mean for a in (self.mean, self.y))
        return number_scores(mean, np.broadcast_to(self.deviation * scale.deviation, y.shape), y, scale)


def _fitted(name: str, visible: Visible, forecasts: Callable[[Batch], Gaussians], choice: str = "") -> FittedBaseline:
    def score(part: Part) -> Scores:
        return forecasts(part.batch).scores(part.scale)

    return FittedBaseline(name, score(visible.validated()), score, choice)


def _unconditional(visible: Visible) -> FittedBaseline:
    known = histories(visible.train, 1)[1]
    mean, deviation = known.mean(0), known.std(0)

    def forecasts(part: Batch) -> Gaussians:
        y = histories(part, 1)[1]
        return Gaussians(np.broadcast_to(mean, y.shape), deviation, y)

    return _fitted("unconditional Gaussian", visible, forecasts)


def _persistence(visible: Visible) -> FittedBaseline:
    deviation = np.sqrt((np.subtract(*histories(visible.train, 1)) ** 2).mean(0))

    def forecasts(part: Batch) -> Gaussians:
        past, y = histories(part, 1)
        return Gaussians(past, deviation, y)

    return _fitted("persistence", visible, forecasts)


def _autoregression(visible: Visible) -> FittedBaseline:
    """Regress each channel on the last frames, all channels of them; Gaussian residuals, the order chosen.

    ``x[t] ~ N(a + sum over k <= order of x[t - k] A_k, diag(s^2))``, by least squares. A model of each order is
    fitted to the frames that have so much history; a frame with less is forecast by the model of the order it has.
    """
    models = {}
    for order in ORDERS:
        past, target = histories(visible.train, order)
        model = linear_models().LinearRegression().fit(past, target)
        models[order] = model, (target - model.predict(past)).std(0)

    def forecasts(part: Batch, order: int) -> Gaussians:
        found = []
        for k in ORDERS[:order]:
            model, deviation = models[k]
            past, y = histories(part, k, exactly=k < order)
            if len(y):
                found.append((model.predict(past), np.tile(deviation, (len(y), 1)), y))
        return Gaussians(*(np.concatenate(each) for each in zip(*found, strict=True)))

    fitted = [_fitted("autoregression", visible, partial(forecasts, order=n), f"order {n}") for n in ORDERS]
    return min(fitted, key=lambda model: model.validation["nats"])


def forecast(visible: Visible) -> list[FittedBaseline]:
    """Return an unconditional Gaussian, persistence and autoregression, the strongest on validation first.

    Persistence takes the frame before as mean; all have one deviation for each channel, from training residuals.

    Raises:
        MissingPackageError: where scikit-learn is missing.

    Example:
        >>> from gatedrnn.tasks import japanese_vowels
        >>> [(b.name, b.choice) for b in forecast(japanese_vowels.split_forecast(0))]
        [('autoregression', 'order 3'), ('persistence', ''), ('unconditional Gaussian', '')]
    """
    return by_validation([_unconditional(visible), _persistence(visible), _autoregression(visible)])
