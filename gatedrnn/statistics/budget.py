"""What a search is expected to have found after part of its budget, and whether two cells change places on the way."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.statistics.checks import finite
from gatedrnn.statistics.paired import t_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Curves(NamedTuple):
    """Expected best validation of A and B at several budgets, and their paired difference over replicates.

    Attributes:
        budgets: trials or seconds, ascending, ``[m]``.
        a: mean over replicates of A's expected best, ``[m]``; lower is better.
        b: the mean over replicates of B's expected best, ``[m]``.
        mean: the mean over replicates of the difference A - B, ``[m]``.
        low: the lower end of that mean's t interval, ``[m]``.
        high: the upper end of that mean's t interval, ``[m]``.
        level: nominal coverage of each interval.
    """

    budgets: NDArray
    a: NDArray
    b: NDArray
    mean: NDArray
    low: NDArray
    high: NDArray
    level: float


class Crossing(NamedTuple):
    """Two budgets with opposite answers, and none in between that excludes 0.

    Attributes:
        before: largest budget at which one cell is better.
        after: smallest budget at which the other cell is better.
        first: 0 where A is better before, 1 where B is.
    """

    before: float
    after: float
    first: int


def expected_best(scores: ArrayLike, trials: ArrayLike) -> NDArray:
    """Return the mean of the lowest of ``trials`` scores, drawn with replacement from the ones that were found.

    .. code-block:: text

        sum over i of v(i) [((N - i + 1) / N)^n - ((N - i) / N)^n],    v(1) <= ... <= v(N) the scores

    Args:
        scores: the scores of N trials in any order, ``[N]``, finite; lower is better.
        trials: n, ``[m]``, above 0; need not be whole, as n is where a budget is a time.

    Raises:
        InputError: where there is no score, one is not finite, or a number of trials is not positive.

    Source: Dodge et al. 2019, arXiv 1909.03004v1, equation 7, for the lowest instead of the highest.

    Example:
        >>> expected_best([1.0, 3.0], [1, 2]).tolist()
        [2.0, 1.5]
    """
    ordered, n = np.sort(finite("scores", scores, least=1)), np.asarray(trials, float)
    if not (n > 0).all():
        raise InputError(f"trials: expected numbers above 0, got {trials!r}")
    left = np.arange(len(ordered), -1, -1) / len(ordered)
    reached = left[:, None] ** n[None, :]  # P(every draw is the i-th or worse)
    return (ordered[:, None] * (reached[:-1] - reached[1:])).sum(0)


def against_trials(a: list[list[float]], b: list[list[float]], level: float = 0.95) -> Curves:
    """Return both cells' curves for 1, 2, ... trials, as many as every search has.

    Args:
        a: scores of A's trials in each replicate.
        b: scores of B's trials in each replicate.
        level: the nominal coverage of the intervals.

    Example:
        >>> against_trials([[2.0, 1.0], [4.0, 2.0]], [[1.0, 1.0], [2.0, 2.0]]).mean.tolist()
        [0.75, 0.375]
    """
    budgets = np.arange(1, min(len(scores) for scores in (*a, *b)) + 1)

    def rows(cell: list[list[float]]) -> NDArray:
        return np.stack([expected_best(scores, budgets) for scores in cell])

    return _curves(budgets, rows(a), rows(b), level)


def against_seconds(
    a: list[tuple[list[float], float]], b: list[tuple[list[float], float]], level: float = 0.95, points: int = 16
) -> Curves | None:
    """Return both cells' curves for equal times, from one trial of the slowest search to all of the fastest.

    A time buys ``n = time / (seconds / N)`` trials of a search that took ``seconds`` for N.

    Args:
        a: scores of A's trials and the seconds that all of them took, in each replicate.
        b: scores of B's trials and the seconds that all of them took, in each replicate.
        level: the nominal coverage of the intervals.
        points: how many times the curves have, equally far apart on a logarithmic axis.

    Returns:
        The curves; None where the fastest search ended before the slowest had a trial.

    Example:
        >>> curves = against_seconds([([2.0, 1.0], 2.0)] * 2, [([2.0, 1.0], 1.0)] * 2, points=2)
        >>> curves.budgets.tolist(), curves.mean.tolist() if curves else None
        ([1.0, 1.0], [0.25, 0.25])
    """
    searches = (*a, *b)
    first = max(seconds / len(scores) for scores, seconds in searches)
    last = min(seconds for _, seconds in searches)
    if not 0 < first <= last:
        return None
    budgets = np.geomspace(first, last, points)

    def rows(cell: list[tuple[list[float], float]]) -> NDArray:
        return np.stack([expected_best(scores, budgets * len(scores) / seconds) for scores, seconds in cell])

    return _curves(budgets, rows(a), rows(b), level)


def crossings(curves: Curves) -> list[Crossing]:
    """Return where the better cell changes: only budgets whose intervals exclude 0 count.

    Example:
        >>> low, high, zero = np.array([0.1, -1.0, -2.0]), np.array([2.0, 1.0, -0.1]), np.zeros(3)
        >>> crossings(Curves(np.arange(1, 4), zero, zero, zero, low, high, 0.95))
        [Crossing(before=1.0, after=3.0, first=1)]
    """
    sign = np.where(curves.low > 0, 1, np.where(curves.high < 0, -1, 0))
    shown = np.flatnonzero(sign)
    return [
        Crossing(float(curves.budgets[i]), float(curves.budgets[j]), int(sign[i] > 0))
        for i, j in itertools.pairwise(shown)
        if sign[i] != sign[j]
    ]


def _curves(budgets: NDArray, a: NDArray, b: NDArray, level: float) -> Curves:
    mean, low, high = t_interval((a - b).T, level)
    return Curves(budgets, a.mean(0), b.mean(0), mean, low, high, level)
