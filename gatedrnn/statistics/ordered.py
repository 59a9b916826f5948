"""Paired values of which some are known only to be beyond all that was tried: orders, signs and medians, no means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError, needed
from gatedrnn.statistics.checks import check_level
from gatedrnn.statistics.superiority import Superiority, superiority

with needed("the statistics of a comparison need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy import stats

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from numpy.typing import ArrayLike


class Bound(NamedTuple):
    """A number, or what a number is beyond.

    Attributes:
        value: the number itself, or a bound that it is not below.
        beyond: whether ``value`` is a bound, and not the number.
    """

    value: float
    beyond: bool


class Median(NamedTuple):
    """The median of values that may be censored, with the interval of two of them.

    Attributes:
        value: the mean of the middle two, or the middle one.
        low: the lower end of the interval.
        high: the upper end of the interval.
        level: the exact coverage of the interval.
        censored: how many values are beyond the limit.
        n: how many values there are.
    """

    value: Bound
    low: Bound
    high: Bound
    level: float
    censored: int
    n: int


class Signs(NamedTuple):
    """Two cells' paired values that may be censored, by their order alone.

    Attributes:
        superiority: P(A better than B), ties counted half.
        p: the p-value of the exact two-sided sign test of the pairs that are no ties; 1 where all are.
        low: the lower end of the interval of the median of A - B, -inf where nothing bounds it.
        high: the upper end of that interval, inf where nothing bounds it.
        level: the exact coverage of that interval, or more.
    """

    superiority: Superiority
    p: float
    low: float
    high: float
    level: float


def order_places(n: int, least: float) -> tuple[int, float]:
    """Return k, and the coverage of a median by the k-th smallest to the k-th largest of n values.

    .. code-block:: text

        coverage = 1 - 2 P(Binomial(n, 1/2) < k);     the largest k with ``least`` or more, else k = 1

    It assumes nothing of the distribution but that values are drawn alike.

    Args:
        n: how many values there are.
        least: the coverage that is asked for.

    Source: Thompson 1936, Annals of Mathematical Statistics 7.

    Example:
        >>> order_places(8, 0.95), order_places(8, 0.9), order_places(3, 0.95)
        ((1, 0.9921875), (2, 0.9296875), (1, 0.75))
    """
    coverage = [1 - 2 * float(stats.binom.cdf(k - 1, n, 0.5)) for k in range(1, n // 2 + 1)]
    k = max((k for k, each in enumerate(coverage, 1) if each >= least), default=1)
    return k, coverage[k - 1]


def censored_median(values: ArrayLike, limit: float, level: float = 0.95) -> Median:
    """Return the median of values of which those beyond a limit are not known.

    Where one of the middle two is beyond the limit, the median is beyond their mean, the limit taken in its place.

    Args:
        values: one number for each replicate, ``[n]``, of which infinite ones are beyond the limit.
        limit: the largest number that could be seen.
        level: the coverage that the interval should have; of few values, the interval from least to largest has less.

    Raises:
        InputError: where there are fewer than two values, one is larger than the limit, or none; or for another level.

    Source: Thompson 1936, Annals of Mathematical Statistics 7.

    Example:
        >>> found = censored_median([10, 30, float("inf"), 20, float("inf"), 40], limit=40)
        >>> found.value, found.low, found.high, found.censored
        (Bound(value=35.0, beyond=False), Bound(value=10.0, beyond=False), Bound(value=40.0, beyond=True), 2)
    """
    ordered = np.sort(_seen("values", values, limit))
    check_level(level)
    n = len(ordered)
    k, coverage = order_places(n, level)

    def mean(places: list[int]) -> Bound:
        return Bound(float(np.minimum(ordered[places], limit).mean()), bool(np.isinf(ordered[places]).any()))

    censored = int(np.isinf(ordered).sum())
    return Median(mean([(n - 1) // 2, n // 2]), mean([k - 1]), mean([n - k]), coverage, censored, n)


def paired_signs(a: ArrayLike, b: ArrayLike, limit: float, *, higher: bool = False, level: float = 0.95) -> Signs:
    """Compare paired values of which those beyond a limit are not known.

    .. code-block:: text

        p = P(|X - m/2| >= |wins - m/2|),   X ~ Binomial(m, 1/2), m the pairs that are no ties
        [low, high] = [k-th smallest least, k-th largest most] of what each A - B can be

    One that is beyond the limit is larger than all that are not; two that are beyond it are a tie. Their difference can
    be anything, and one of one such is bounded on one side, so that the interval covers no less than without censoring.

    Args:
        a: one number for each replicate of A, ``[n]``, of which infinite ones are beyond the limit.
        b: the numbers of B, its replicates in the same order.
        limit: the largest number that could be seen.
        higher: whether higher is better.
        level: nominal coverage, in (0, 1).

    Raises:
        InputError: where there are fewer than two pairs, or unequal numbers of them, one is larger than the limit, or
            none; or for another level.

    Source: Dixon and Mood 1946, Journal of the American Statistical Association 41, on the sign test.

    Example:
        >>> inf = float("inf")
        >>> found = paired_signs([10, 20, 30, 20, 15, 30], [20, inf, inf, 40, inf, 20], limit=40)
        >>> found.superiority.wins, round(found.p, 3), found.low, found.high
        (5, 0.219, -inf, 10.0)
    """
    first, second = _seen("a", a, limit), _seen("b", b, limit)
    beyond = np.nextafter(limit, np.inf)
    sign = -1.0 if higher else 1.0
    won = superiority(sign * np.minimum(first, beyond), sign * np.minimum(second, beyond), level)
    decided = won.wins + won.losses
    p = float(stats.binomtest(won.wins, decided, 0.5).pvalue) if decided else 1.0
    least, most = _differences(first, second, limit)
    k, coverage = order_places(len(first), level)
    return Signs(won, p, float(np.sort(least)[k - 1]), float(np.sort(most)[-k]), coverage)


def _differences(
    a: Float[np.ndarray, "n"], b: Float[np.ndarray, "n"], limit: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Return the least and the most that each a - b can be."""
    known_a, known_b = np.minimum(a, limit), np.minimum(b, limit)
    return np.where(np.isinf(b), -np.inf, known_a - known_b), np.where(np.isinf(a), np.inf, known_a - known_b)


def _seen(name: str, values: ArrayLike, limit: float) -> Float[np.ndarray, "n"]:
    found = np.asarray(values, float)
    wrong: Bool[np.ndarray, "n"] = ~(found <= limit) & ~np.isposinf(found) | np.isneginf(found)
    if found.ndim != 1 or len(found) < 2:
        raise InputError(f"{name}: expected two numbers or more, got shape {found.shape}")
    if wrong.any():
        raise InputError(f"{name}: expected numbers up to {limit:g}, or infinity, got {found[wrong][0]:g}")
    return found
