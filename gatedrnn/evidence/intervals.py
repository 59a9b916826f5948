"""Intervals of a few seeds: the median without assumptions, and differences of pairs with the verdict they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.comparison.verdict.label import Label, text_of
from gatedrnn.errors import InputError
from gatedrnn.evidence.record import Compared
from gatedrnn.statistics.ordered import order_places
from gatedrnn.statistics.paired import paired_difference
from gatedrnn.statistics.superiority import superiority

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def median_interval(values: ArrayLike, least: float = 0.9) -> tuple[float, float, float, float]:
    """Return the median, the shortest symmetric interval of order statistics around it, and its exact coverage.

    .. code-block:: text

        [x_(k), x_(n + 1 - k)]      covers with 1 - 2 P(Binomial(n, 1/2) < k), the largest k with ``least`` or more

    It assumes nothing of the distribution but that seeds are drawn alike; ties make it wider than it need be.

    Args:
        values: one number for each seed, ``[n]``; infinity where it is only known to be larger than all.
        least: the coverage that the interval has to have.

    Raises:
        InputError: where there are too few seeds for that coverage.

    Example:
        >>> median_interval([1, 2, 3, 4, 5, 6, 7, 8])
        (4.5, 2.0, 7.0, 0.9296875)
    """
    ordered = np.sort(np.asarray(values, float))
    n = len(ordered)
    k, coverage = order_places(n, least) if n > 1 else (1, 0.0)
    if coverage < least:
        raise InputError(f"values: expected more seeds for a coverage of {least}, got {n}")
    middle = ordered[[(n - 1) // 2, n // 2]]
    median = middle[0] if middle[0] == middle[1] else middle.mean()
    return float(median), float(ordered[k - 1]), float(ordered[n - k]), coverage


def compared(
    what: str, a: tuple[str, ArrayLike], b: tuple[str, ArrayLike], *, higher: bool, pairs: int = 1
) -> Compared:
    """Compare two cells seed by seed.

    The verdict follows the t interval of the mean difference, as a comparison's does: better where it excludes 0.
    Where several pairs answer one question the interval is of level 1 - 0.05 / pairs (Bonferroni).

    Args:
        what: what is compared, with its unit.
        a: the first cell and its number for each seed, ``[n]``.
        b: the second cell and its numbers.
        higher: whether higher is better.
        pairs: how many pairs of cells answer the same question.

    Example:
        >>> found = compared("reach", ("LSTM", [5, 6, 7, 8]), ("GRU", [1, 2, 2, 1]), higher=True)
        >>> found.verdict, found.wins
        ('LSTM better', 4)
    """
    level = 1 - 0.05 / pairs
    first, second = np.asarray(a[1], float), np.asarray(b[1], float)
    difference = paired_difference(first, second, level)
    sign = -1.0 if higher else 1.0
    won = superiority(sign * first, sign * second, level)
    better, worse = (Label.A_BETTER, Label.B_BETTER) if higher else (Label.B_BETTER, Label.A_BETTER)
    label = better if difference.low > 0 else worse if difference.high < 0 else Label.NOT_RESOLVED
    return Compared(
        what,
        a[0],
        b[0],
        difference.mean,
        difference.low,
        difference.high,
        level,
        won.wins,
        won.losses,
        won.ties,
        text_of(label, (a[0], b[0])),
    )
