"""Recordings one after another in one array, so that what is forecast of all of them takes one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float, Int

    from gatedrnn.tasks.parts import Recording


class Stack(NamedTuple):
    """Recordings one after another, N steps in all, in the user's units.

    Attributes:
        x: what a forecaster may read, ``[N, I]``.
        y: what is looked for at each step, ``[N, D]``.
        starts: where the recording of each step starts, ``[N]``.
        bounds: where each recording starts, the first step whose forecast is scored, and the first one whose forecast
            is about something beyond its end, ``[R, 3]``.
        ahead: steps from a forecast to what it is about.
    """

    x: Float[np.ndarray, "N I"]
    y: Float[np.ndarray, "N D"]
    starts: Int[np.ndarray, "N"]
    bounds: Int[np.ndarray, "R 3"]
    ahead: int

    def scored(self) -> Int[np.ndarray, "S"]:
        """Return the steps whose forecasts are scored, in order."""
        return np.concatenate([np.arange(first, stop) for _, first, stop in self.bounds])

    def known(self, before: int) -> list[Int[np.ndarray, "S"]]:
        """Return for each recording the steps scored, and up to ``before`` steps before them."""
        return [np.arange(max(start, first - before), stop) for start, first, stop in self.bounds]

    def at(self, rows: Int[np.ndarray, "S"], back: int) -> Int[np.ndarray, "S"]:
        """Return the steps ``back`` before these; the first of its recording where that is older than it."""
        return np.maximum(rows - back, self.starts[rows])

    def targets(self, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        """Return what the forecasts made at these steps are about."""
        return self.y[rows + self.ahead]


def stacked(recordings: Sequence[Recording]) -> Stack:
    """Return recordings one after another.

    Example:
        >>> from gatedrnn.tasks.parts import Recording
        >>> y = np.arange(5.0)[:, None]
        >>> stack = stacked([Recording(y, y, first=2, ahead=1), Recording(y + 10, y + 10, first=0, ahead=1)])
        >>> stack.scored().tolist(), stack.targets(stack.scored())[:, 0].tolist()
        ([2, 3, 5, 6, 7, 8], [3.0, 4.0, 11.0, 12.0, 13.0, 14.0])
    """
    lengths = np.array([len(one.y) for one in recordings])
    starts = np.cumsum(lengths) - lengths
    bounds = [
        (start, start + one.first, start + max(one.first, len(one.y) - one.ahead))
        for start, one in zip(starts, recordings, strict=True)
    ]
    x, y = (np.concatenate([np.asarray(one[k], np.float64) for one in recordings]) for k in (0, 1))
    return Stack(x, y, np.repeat(starts, lengths), np.array(bounds), recordings[0].ahead)


def sampled(stack: Stack, recordings: int, rows: int) -> Int[np.ndarray, "S"]:
    """Return evenly spaced steps that are scored, in evenly spaced recordings, at most so many of both.

    Example:
        >>> from gatedrnn.tasks.parts import Recording
        >>> y = np.arange(4.0)[:, None]
        >>> sampled(stacked([Recording(y, y, 0, 1)] * 5), recordings=3, rows=5).tolist()
        [0, 2, 9, 16, 18]
    """
    chosen = stack.bounds[:: max(1, -(-len(stack.bounds) // recordings))]
    return spaced(stack._replace(bounds=chosen).scored(), rows)


def spaced(rows: Int[np.ndarray, "S"], most: int) -> Int[np.ndarray, "s"]:
    """Return evenly spaced ones of these steps, at most so many."""
    return rows[:: max(1, -(-len(rows) // most))]
