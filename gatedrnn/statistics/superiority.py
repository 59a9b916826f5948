"""Probability of superiority: how often A is better than B in one and the same replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError, needed
from gatedrnn.statistics.checks import check_level, paired_values

with needed("the statistics of a comparison need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Superiority(NamedTuple):
    """How often A is better than B, that is lower, in one and the same replicate.

    Attributes:
        probability: the part of replicates in which A is better, a tie counted half: (wins + ties / 2) / n.
        low: the lower end of the probability's interval.
        high: the upper end of the probability's interval.
        level: the nominal coverage of that interval.
        wins: replicates in which A is better.
        losses: replicates in which B is better.
        ties: replicates in which both are the same.
    """

    probability: float
    low: float
    high: float
    level: float
    wins: int
    losses: int
    ties: int

    def mirrored(self) -> Superiority:
        """Return P(B better than A)."""
        return Superiority(
            1 - self.probability, 1 - self.high, 1 - self.low, self.level, self.losses, self.wins, self.ties
        )


def superiority(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Superiority:
    """Return P(A better than B) in one replicate, paired: the part that A wins, where a tie counts half.

    The interval is `exact_interval`; with ties, whose scores spread less than wins and losses do, it is wider than
    it need be.

    Args:
        a: one number for each replicate of A, ``[n]``; lower is better.
        b: the numbers of B, its replicates in the same order.
        level: nominal coverage, in (0, 1).

    Raises:
        InputError: as `paired.paired_difference`.

    Source: Bouthillier et al. 2021, arXiv 2103.03098v1, where 0.75 is the mark of a meaningful improvement.

    Example:
        >>> superiority([1, 1, 1, 1, 2, 2, 3, 3], [2, 2, 2, 2, 3, 3, 3, 1]).probability
        0.8125
    """
    d = paired_values(a, b)
    wins, losses, ties = int((d < 0).sum()), int((d > 0).sum()), int((d == 0).sum())
    score = wins + ties / 2
    low, high = exact_interval(score, len(d), level)
    return Superiority(score / len(d), float(low), float(high), level, wins, losses, ties)


def exact_interval(successes: ArrayLike, n: int, level: float = 0.95) -> tuple[NDArray, NDArray]:
    """Return the exact interval of a proportion of ``successes`` in ``n``.

    .. code-block:: text

        low  = Beta(k, n - k + 1) quantile at (1 - level) / 2, 0 where k = 0
        high = Beta(k + 1, n - k) quantile at (1 + level) / 2, 1 where k = n

    Exact, because no proportion and no n makes it cover less than its level; Wilson's interval covers less near 0
    and 1, which is where few replicates end up. Its lower end is above a half just where a sign test rejects, which
    at 95 % takes six replicates or more.

    Args:
        successes: k, ``[...]``, whole or half numbers.
        n: the number of replicates.
        level: nominal coverage, in (0, 1).

    Raises:
        InputError: for another level, or ``successes`` outside [0, n].

    Source: Clopper and Pearson 1934, Biometrika 26.

    Example:
        >>> low, high = exact_interval(8, 8)
        >>> print(f"[{low:.3f}, {high:.3f}]")
        [0.631, 1.000]
    """
    check_level(level)
    k = np.asarray(successes, float)
    if n < 1 or (k < 0).any() or (k > n).any():
        raise InputError(f"successes: expected numbers in [0, n] with n of 1 or more, got {successes!r} and n {n!r}")
    tail = (1 - level) / 2
    low = np.where(k == 0, 0.0, stats.beta.ppf(tail, np.maximum(k, 0.5), n - k + 1))
    high = np.where(k == n, 1.0, stats.beta.ppf(1 - tail, k + 1, np.maximum(n - k, 0.5)))
    return low, high
