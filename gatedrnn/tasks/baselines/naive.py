"""Forecasts that need no fit: the mean, the last value, the last change, the last season."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.points import Point, best, known

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from gatedrnn.tasks.baselines.stack import Stack
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.simple_models import FittedBaseline


def unconditional(visible: Visible) -> FittedBaseline:
    """Forecast the mean of the training part always."""
    data = known(visible)
    mean = data.train.targets(data.train.scored()).mean(0)
    point = Point("", lambda stack, rows: np.tile(mean, (len(rows), 1)))
    return best("unconditional Gaussian", [point], visible)


def persistence(visible: Visible) -> FittedBaseline:
    """Forecast the last value."""
    return best("persistence", [Point("", lambda stack, rows: stack.y[rows])], visible)


def drift(visible: Visible) -> FittedBaseline:
    """Forecast that the mean change of a step goes on: that of the training part, or of the recording so far.

    The line through the first and the last value (Hyndman and Athanasopoulos, Forecasting, section 5.2).
    """
    data = known(visible)
    rows = data.train.scored()
    change = (data.train.targets(rows) - data.train.y[rows]).mean(0)

    def so_far(stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        first = stack.starts[rows]
        steps = np.maximum(rows - first, 1)[:, None]
        return stack.y[rows] + stack.ahead * (stack.y[rows] - stack.y[first]) / steps

    constant = Point("change of the training part", lambda stack, rows: stack.y[rows] + change)
    return best("drift", [constant, Point("change so far", so_far)], visible)


def seasonal_naive(visible: Visible, season: int) -> FittedBaseline:
    """Forecast the value of the same time of the last season that is over; the last value where there is none yet."""

    def means(stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        back = season_back(stack, season)
        there = rows - back >= stack.starts[rows]
        return stack.y[np.where(there, rows - back, rows)]

    return best("seasonal-naive", [Point(f"season {season}", means)], visible)


def season_back(stack: Stack, season: int) -> int:
    """Return how many steps before a forecast its target's time of the season was last seen.

    Example:
        >>> from gatedrnn.tasks.baselines.stack import Stack
        >>> empty = np.zeros((0, 1))
        >>> [season_back(Stack(empty, empty, empty, empty, ahead), 12) for ahead in (1, 12, 13)]
        [11, 0, 11]
    """
    return -(-stack.ahead // season) * season - stack.ahead
