"""Autoregression of each target on its own past, straight to the horizon, its order by Akaike's criterion."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import NUMBERS
from gatedrnn.tasks.baselines.points import Point, best, known
from gatedrnn.tasks.baselines.stack import spaced

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from gatedrnn.tasks.baselines.points import Known
    from gatedrnn.tasks.baselines.stack import Stack
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.simple_models import FittedBaseline

SHORT, LONG = 24, 336
"""Steps of history that are tried without a season, and at most with one: two weeks of hours."""


def autoregression(visible: Visible, season: int | None) -> FittedBaseline:
    """Regress each target ``ahead`` steps on by least squares on its last values, or its change on its last changes.

    .. code-block:: text

        y[t + h]        = a + sum over j < k of b[j] y[t - j]                       level
        y[t + h] - y[t] = a + sum over j < k of b[j] (y[t - j] - y[t - j - 1])      difference
        AIC(k) = sum over targets of n log(RSS / n) + 2 (k + 2)                     of the same n steps for all k

    All recordings share the coefficients. The order is one for all targets; level or difference, validation decides.
    Where a recording has less history than the order, the model of the order that it has forecasts.

    Args:
        visible: a split with recordings.
        season: the period of the data; orders go up to two of them.
    """
    data = known(visible)
    most = _longest(data, min(LONG, max(SHORT, 2 * season)) if season else SHORT)
    points = [_fit(data, most, changes=changes) for changes in (False, True)]
    return best("autoregression", points, visible)


def _longest(data: Known, asked: int) -> int:
    """Return the longest order that half of the training part's steps have the history for, and enough of them."""
    rows = data.train.scored()
    history = int(np.median(rows - data.train.starts[rows]))
    return max(1, min(asked, history - 1, len(rows) // 5))


def _fit(data: Known, most: int, *, changes: bool) -> Point:
    train = data.train
    rows = train.scored()
    whole = rows[rows - most >= train.starts[rows]]
    rows = spaced(whole if len(whole) > 3 * most else rows, max(10 * most, NUMBERS // (most + 1)))
    targets = train.targets(rows) - (train.y[rows] if changes else 0)
    fits = [LeastSquares(_lags(train, rows, d, most, changes=changes), target) for d, target in enumerate(targets.T)]
    order = int(np.sum([fit.criteria for fit in fits], axis=0).argmin()) + 1
    weights = cache(lambda k: [fit.coefficients(k) for fit in fits])

    def means(stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        found = stack.y[rows] if changes else np.zeros((len(rows), stack.y.shape[1]))
        there = np.clip(rows - stack.starts[rows] + 1 - changes, 1, order)  # near a start there is less history
        for k in np.unique(there):
            of = there == k
            for d, w in enumerate(weights(int(k))):
                found[of, d] += _lags(stack, rows[of], d, int(k), changes=changes) @ w[1:] + w[0]
        return found

    return Point(f"order {order} of {'differences' if changes else 'levels'}", means, width=order + 1)


def _lags(
    stack: Stack, rows: Int[np.ndarray, "S"], target: int, order: int, *, changes: bool
) -> Float[np.ndarray, "S K"]:
    """Return a target's last values or changes, the latest first; before the first step it had its first value."""
    y = stack.y[:, target]
    lagged = np.stack([y[stack.at(rows, back)] for back in range(order + changes)], axis=-1)
    return lagged[:, :-1] - lagged[:, 1:] if changes else lagged


class LeastSquares:
    """A target on its lags: Akaike's criterion of each order, and the constant and coefficients of one.

    An order reads the columns of the one before and one more, so that one orthogonal basis holds the residuals of all.

    Example:
        >>> lags = np.random.default_rng(0).normal(size=(100, 3))
        >>> fit = LeastSquares(lags, 5 + 2 * lags[:, 1])
        >>> int(fit.criteria.argmin()) + 1, (fit.coefficients(2).round(6) + 0.0).tolist()  # + 0.0: no -0.0
        (2, [5.0, 0.0, 2.0])
    """

    def __init__(self, lags: Float[np.ndarray, "S K"], target: Float[np.ndarray, "S"]) -> None:
        self._middle, self._spread = float(lags.mean()), max(float(lags.std()), 1e-300)
        self._inputs = np.concatenate([np.ones((len(lags), 1)), (lags - self._middle) / self._spread], axis=1)
        self._target = target
        around = target - target.mean()
        basis = np.linalg.qr(self._inputs)[0]
        residual = around @ around - np.cumsum((around @ basis) ** 2)[1:]
        # What rounding leaves of an exact rule is no residual.
        residual = np.maximum(residual, 1e-12 * max(around @ around, 1e-300))
        self.criteria = len(lags) * np.log(residual / len(lags)) + 2 * (np.arange(1, len(residual) + 1) + 2)

    def coefficients(self, order: int) -> Float[np.ndarray, "K+1"]:
        """Return the constant and the coefficients of the first lags, in the units that were given."""
        solved = np.linalg.lstsq(self._inputs[:, : order + 1], self._target, rcond=None)[0]
        weights = solved[1:] / self._spread
        return np.concatenate([[solved[0] - self._middle * weights.sum()], weights])
