"""Simple forecasts of the next frame: unconditional, persistence, autoregression."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, linear_models
from gatedrnn.tasks.task import FittedBaseline

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.task import Batch, Part, Scores, Visible

ORDERS = (1, 2, 3, 4, 5)


def gaussian_nats(errors: Float[np.ndarray, "N D"], deviation: Float[np.ndarray, "D"]) -> Float[np.ndarray, "N"]:
    """Return each frame's negative log-likelihood under independent Gaussians of those deviations."""
    z = errors / deviation
    return (0.5 * z**2 + np.log(deviation) + 0.5 * math.log(2 * math.pi)).sum(-1)


def histories(
    batch: Batch, order: int, *, exactly: bool = False
) -> tuple[Float[np.ndarray, "N O*D"], Float[np.ndarray, "N D"]]:
    """Return the targets that have ``order`` frames before them, and those frames, the latest first.

    Args:
        batch: the frames; ``x[t]`` is the one before ``y[t]``.
        order: how many frames of history are returned.
        exactly: only targets that have no more than that.

    Example:
        >>> from gatedrnn.tasks.task import Batch
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


def _unconditional(visible: Visible) -> FittedBaseline:
    known, offset = histories(visible.train, 1)[1], visible.offset
    mean, deviation = known.mean(0), known.std(0)

    def score(part: Part) -> Scores:
        return {"nats": float(gaussian_nats(histories(part.batch, 1)[1] - mean, deviation).mean() + offset)}

    return FittedBaseline("unconditional Gaussian", score(visible.validated()), score)


def _persistence(visible: Visible) -> FittedBaseline:
    deviation, offset = np.sqrt((np.subtract(*histories(visible.train, 1)) ** 2).mean(0)), visible.offset

    def score(part: Part) -> Scores:
        return {"nats": float(gaussian_nats(np.subtract(*histories(part.batch, 1)), deviation).mean() + offset)}

    return FittedBaseline("persistence", score(visible.validated()), score)


def _autoregression(visible: Visible) -> FittedBaseline:
    """Regress each channel on the last frames, all channels of them; Gaussian residuals, the order chosen.

    ``x[t] ~ N(a + sum over k <= order of x[t - k] A_k, diag(s^2))``, by least squares. A model of each order is
    fitted to the frames that have so much history; a frame with less is forecast by the model of the order it has.
    """
    models, offset = {}, visible.offset
    for order in ORDERS:
        past, target = histories(visible.train, order)
        model = linear_models().LinearRegression().fit(past, target)
        models[order] = model, (target - model.predict(past)).std(0)

    def nats(part: Batch, order: int) -> float:
        total, count = 0.0, 0
        for k in ORDERS[:order]:
            model, deviation = models[k]
            past, target = histories(part, k, exactly=k < order)
            if len(target):
                total += gaussian_nats(target - model.predict(past), deviation).sum()
                count += len(target)
        return float(total / count + offset)

    validation, order = min((nats(visible.validation, order), order) for order in ORDERS)
    return FittedBaseline(
        "autoregression", {"nats": validation}, lambda part: {"nats": nats(part.batch, order)}, f"order {order}"
    )


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
