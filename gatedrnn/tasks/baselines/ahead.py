"""Simple forecasts of a frame some steps ahead: unconditional, persistence, seasonal, autoregression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, steps, thinned
from gatedrnn.tasks.baselines.forecast import gaussian_nats
from gatedrnn.tasks.baselines.steps import FLOOR, constant_gaussian, gaussian_baseline, linear_gaussian, part_width
from gatedrnn.tasks.task import FittedBaseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from gatedrnn.tasks.task import Batch, Visible


def forecast_ahead(visible: Visible, *, horizon: int, columns: tuple[int, ...]) -> list[FittedBaseline]:
    """Return simple forecasts, the strongest on validation first.

    An unconditional Gaussian; persistence, whose mean is the last frame; seasonal-naive, whose mean is the frame one
    period before the target, the period chosen; autoregression, by ridge regression straight to the horizon.

    Args:
        visible: the data, in which ``y[t]`` are columns of the frame ``horizon`` steps after ``x[t]``.
        horizon: h, how many steps ahead is forecast.
        columns: which features are forecast.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    naive = [_naive(visible, "persistence", 0, columns)]
    if (period := _period(visible, horizon, columns)) is not None:
        naive.append(_naive(visible, "seasonal-naive", period - horizon, columns, f"period {period}"))
    return by_validation([constant_gaussian(visible), *naive, linear_gaussian(visible, "autoregression")])


def earlier(part: Batch, back: int, columns: tuple[int, ...]) -> Float[np.ndarray, "N D"]:
    """Return for each step that exists the frame ``back`` steps before; the latest one where none is so old.

    Example:
        >>> from gatedrnn.tasks.task import Batch
        >>> x = np.array([1.0, 3.0, 8.0]).reshape(3, 1, 1)
        >>> earlier(Batch(x, np.array([3]), None), 1, (0,)).tolist()
        [[1.0], [1.0], [3.0]]
    """
    frames = np.asarray(part.x)[..., list(columns)]
    old = frames.copy()
    old[back:] = frames[: len(frames) - back]
    return old[steps(part)].astype(np.float64)


def _naive(visible: Visible, name: str, back: int, columns: tuple[int, ...], choice: str = "") -> FittedBaseline:
    errors = _errors(back, columns)
    width = part_width(visible)
    deviation = np.maximum(np.sqrt(np.mean(errors(thinned(visible.train, width)) ** 2, axis=0)), FLOOR)

    def nats(part: Batch) -> np.ndarray:
        return gaussian_nats(errors(part), deviation)

    return gaussian_baseline(name, visible, width, nats, choice)


def _errors(back: int, columns: tuple[int, ...]) -> Callable[[Batch], np.ndarray]:
    return lambda part: part.y[steps(part)] - earlier(part, back, columns)


def _period(visible: Visible, horizon: int, columns: tuple[int, ...]) -> int | None:
    """Return the period, whose forecasts of the validation part miss least.

    It is longer than the horizon, and at least half of the windows' steps look back on it.
    """
    part = thinned(visible.validation, 10 * part_width(visible))
    longest = len(part.x) // 2 + horizon
    periods = range(max(2, horizon + 1), longest + 1)
    return min(periods, key=lambda p: float(np.mean(_errors(p - horizon, columns)(part) ** 2)), default=None)
