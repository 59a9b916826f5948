"""The mean of replicates, and of paired differences, with its t interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import needed
from gatedrnn.statistics.checks import check_level, finite, paired_values

with needed("the statistics of a comparison need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Estimate(NamedTuple):
    """A mean over replicates with its t interval.

    Attributes:
        mean: the mean of the replicates.
        low: the lower end of the mean's interval.
        high: the upper end of the mean's interval.
        level: nominal coverage, 0.95 for 95 %.
        standard_deviation: the standard deviation of the replicates, with n - 1.
        n: the number of replicates.
    """

    mean: float
    low: float
    high: float
    level: float
    standard_deviation: float
    n: int

    def within(self, least: float, most: float) -> Estimate:
        """Return it with its interval cut to what the mean can be, by which no coverage is lost.

        Args:
            least: what no mean can be below, such as 0 of an error; -inf where there is no such number.
            most: what no mean can be above; inf where there is no such number.

        Example:
            >>> estimate([1.0, 2.0, 3.0]).within(0.0, np.inf).low
            0.0
        """
        return self._replace(low=max(self.low, least), high=min(self.high, most))


def t_interval(values: ArrayLike, level: float = 0.95) -> tuple[NDArray, NDArray, NDArray]:
    """Return mean and t interval over the last axis.

    .. code-block:: text

        mean ± t(n - 1, (1 + level) / 2) s / sqrt(n)

    Args:
        values: numbers of the n replicates, ``[..., n]``, finite.
        level: nominal coverage, in (0, 1).

    Returns:
        Mean, lower and upper end, each ``[...]``.

    Raises:
        InputError: for fewer than two replicates, values that are not finite, or another level.

    Source: Student 1908. At 10 replicates it covers 0.95 to 0.96 where a BCa bootstrap covers 0.86 to 0.89
    (simulated in this project).

    Example:
        >>> mean, low, high = t_interval([1.0, 2.0, 3.0])
        >>> print(f"{mean:.2f} [{low:.2f}, {high:.2f}]")
        2.00 [-0.48, 4.48]
    """
    values = finite("values", values)
    check_level(level)
    n = values.shape[-1]
    mean = values.mean(-1)
    margin = stats.t.ppf((1 + level) / 2, n - 1) * values.std(-1, ddof=1) / np.sqrt(n)
    return mean, mean - margin, mean + margin


def estimate(values: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean of ``values [n]`` with its t interval; errors and source as in `t_interval`.

    Example:
        >>> estimate([1.0, 2.0, 3.0]).standard_deviation
        1.0
    """
    values = finite("values", values)
    mean, low, high = (float(x) for x in t_interval(values, level))
    return Estimate(mean, low, high, level, float(values.std(ddof=1)), len(values))


def paired_difference(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean of A - B with its paired t interval; below 0, A has the lower nats.

    Args:
        a: one number for each replicate of A, ``[n]``.
        b: the numbers of B, its replicates in the same order.
        level: nominal coverage, in (0, 1).

    Raises:
        InputError: for fewer than two replicates, unequal numbers of them, or values that are not finite.

    Source: Student 1908, on paired sleep data.

    Example:
        >>> d = paired_difference([1.0, 2.0, 4.0], [2.0, 4.0, 5.0])
        >>> print(f"{d.mean:.2f} [{d.low:.2f}, {d.high:.2f}]")
        -1.33 [-2.77, 0.10]
    """
    return estimate(paired_values(a, b), level)


def difference_p(difference: Estimate) -> float:
    """Return the two-sided p-value of a paired difference: the level at which its t interval begins to exclude 0.

    Args:
        difference: what `paired_difference` returned, at any level.

    Source: Student 1908.

    Example:
        >>> round(difference_p(paired_difference([1.0, 2.0, 4.0], [2.0, 4.0, 5.0])), 3)
        0.057
    """
    if difference.standard_deviation == 0:
        return float(difference.mean == 0)
    t = abs(difference.mean) / (difference.standard_deviation / np.sqrt(difference.n))
    return float(2 * stats.t.sf(t, difference.n - 1))
