"""How many replicates a difference takes to be resolved."""

from __future__ import annotations

import numpy as np

from gatedrnn.errors import needed

with needed("the statistics of a comparison need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy import stats

MOST_REPLICATES = 1_000_000


def paired_power(n: int, effect: float, level: float = 0.95) -> float:
    """Return the probability that the paired t interval of ``n`` replicates excludes 0.

    .. code-block:: text

        P(|T| > t(n - 1, (1 + level) / 2)),  T noncentral t with n - 1 degrees of freedom and effect sqrt(n)

    Args:
        n: number of replicates, 2 or more.
        effect: true mean of the differences over their true standard deviation.
        level: the nominal coverage of the interval.

    Source: Cohen 1988, Statistical Power Analysis, chapter 2.

    Example:
        >>> round(paired_power(34, 0.5), 3)
        0.808
    """
    critical = stats.t.ppf((1 + level) / 2, n - 1)
    # From 100 on, power is 1 to 15 digits, and SciPy's tails lose theirs.
    noncentrality = min(abs(effect) * np.sqrt(n), 100.0)
    reached = stats.nct.sf(critical, n - 1, noncentrality)
    # The other tail, of the wrong sign, is so thin for large effects that SciPy has no number for it.
    return float(reached + np.nan_to_num(stats.nct.cdf(-critical, n - 1, noncentrality)))


def replicates_needed(mean: float, standard_deviation: float, power: float = 0.8, level: float = 0.95) -> int | None:
    """Return how many replicates would resolve a difference, were it truly what was observed.

    An estimate, and a rough one: it is as uncertain as the observed difference itself.

    Args:
        mean: the mean of the differences.
        standard_deviation: the standard deviation of the differences.
        power: the probability wanted that the interval excludes 0.
        level: the nominal coverage of that interval.

    Returns:
        The smallest n of that `paired_power`; None where no n up to a million has it.

    Example:
        >>> replicates_needed(0.5, 1.0)
        34
    """
    if mean == 0:
        return None
    if standard_deviation == 0:
        return 2
    effect = mean / standard_deviation
    if paired_power(MOST_REPLICATES, effect, level) < power:
        return None
    few, enough = 1, MOST_REPLICATES
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if paired_power(middle, effect, level) >= power else (middle, enough)
    return enough
