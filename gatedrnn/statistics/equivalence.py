"""Equivalence: whether a difference is too small to matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError, needed
from gatedrnn.statistics.checks import paired_values
from gatedrnn.statistics.paired import estimate

with needed("the statistics of a comparison need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Equivalence(NamedTuple):
    """Two one-sided tests of a difference against a region of equivalence.

    Attributes:
        region: half-width R; differences inside (-R, R) are too small to matter.
        low: the lower end of the interval whose place in the region decides.
        high: the upper end of that interval.
        level: the interval's nominal coverage: 0.90 for two one-sided tests at 5 %.
        p: the larger of the two one-sided p-values.
        equivalent: whether the interval lies inside the region.
    """

    region: float
    low: float
    high: float
    level: float
    p: float
    equivalent: bool


def equivalence(a: ArrayLike, b: ArrayLike, region: float, level: float = 0.90) -> Equivalence:
    """Test by two one-sided t tests whether A - B is too small to matter.

    .. code-block:: text

        p = max(P(T >= t of mean + R), P(T <= t of mean - R));  equivalent where the interval lies in (-R, R)

    Args:
        a: one number for each replicate of A, ``[n]``.
        b: the numbers of B, its replicates in the same order.
        region: half-width R, 0 or more, in the unit of ``a`` and ``b``; in a region of 0 nothing is equivalent.
        level: 1 minus twice the level of each test.

    Raises:
        InputError: as `paired.paired_difference`, or where ``region`` is negative or not finite.

    Source: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15.

    Example:
        >>> equivalence([1.0, 1.1, 0.9, 1.0], [1.0, 1.0, 1.0, 1.0], region=0.2).equivalent
        True
    """
    if not 0 <= region < np.inf:
        raise InputError(f"region: expected a finite number of 0 or more, got {region!r}")
    d = estimate(paired_values(a, b), level)
    error = d.standard_deviation / np.sqrt(d.n)
    nearest = region - abs(d.mean)
    p = float(stats.t.sf(nearest / error, d.n - 1)) if error > 0 else float(nearest <= 0)
    return Equivalence(region, d.low, d.high, level, p, bool(-region < d.low and d.high < region))
