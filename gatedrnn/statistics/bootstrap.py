"""Bootstrap intervals that stand beside the paired t interval: over replicates, and over replicates and sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError, needed

with needed("the statistics of a comparison need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy import stats

from gatedrnn.statistics.checks import check_level, finite

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

RESAMPLES = 10_000
CHUNK = 2_000_000
"""Most resampling weights held at once."""


class Interval(NamedTuple):
    """A bootstrap interval of a mean difference.

    Attributes:
        low: the lower end of the interval.
        high: the upper end of the interval.
        level: nominal coverage, 0.95 for 95 %.
        resamples: how many resamples the quantiles are taken from.
    """

    low: float
    high: float
    level: float
    resamples: int


def expanded_level(n: int, level: float = 0.95) -> float:
    """Return the level at which a percentile interval of ``n`` values is as wide as it should be.

    .. code-block:: text

        1 - 2 Phi(-sqrt(n / (n - 1)) t(n - 1, (1 + level) / 2))

    A percentile interval of few values is too narrow twice: resampling divides by n where the variance wants n - 1, and
    its quantiles are a normal's where they should be Student's. For normal data this level makes up for both.

    Source: Hesterberg 2014, arXiv 1411.5279v1, "expanded percentile interval".

    Example:
        >>> [round(expanded_level(n), 4) for n in (6, 8, 30, 1000)]
        [0.9951, 0.9885, 0.9625, 0.9504]
    """
    check_level(level)
    quantile = np.sqrt(n / (n - 1)) * stats.t.ppf((1 + level) / 2, n - 1)
    return float(1 - 2 * stats.norm.cdf(-quantile))


def bootstrap(differences: ArrayLike, level: float = 0.95, *, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Return the expanded percentile bootstrap interval of the mean of paired ``differences [n]``.

    Args:
        differences: one difference for each replicate, finite.
        level: nominal coverage, in (0, 1).
        resamples: how often n of the differences are drawn with replacement.
        seed: the seed of the draws; the same differences give the same interval.

    Raises:
        InputError: for fewer than two replicates, values that are not finite, or another level.

    Source: Hesterberg 2014, arXiv 1411.5279v1; drawn by ``scipy.stats.bootstrap``.

    Example:
        >>> interval = bootstrap([-0.2, -0.1, -0.3, -0.2, -0.1, -0.2])
        >>> interval.low < -0.18 < interval.high < 0
        True
    """
    values = finite("differences", differences)
    percentile = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=resamples,
        confidence_level=expanded_level(len(values), level),
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(float(percentile.low), float(percentile.high), level, resamples)


def two_way_bootstrap(
    nats: ArrayLike, counts: ArrayLike, level: float = 0.95, *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Return the interval of a mean difference over other replicates and other test sequences at once.

    .. code-block:: text

        sum over r, s of nats[r, s] / sum over r, s of counts[s],   r and s drawn apart, with replacement

    Replicates and sequences are crossed: each replicate meets every test sequence. Both count here as samples of what
    else there might be, where the t interval takes the test sequences as given. It errs on the wide side,
    unless there are fewer than about six sequences, from which their variation cannot be told.

    Args:
        nats: A - B of each replicate on each test sequence, summed over its targets, ``[n, sequences]``, finite.
        counts: targets of each sequence, ``[sequences]``, 0 or more and some above.
        level: nominal coverage, in (0, 1); expanded as in `bootstrap`, for the smaller of n and that of sequences.
        resamples: how often replicates and sequences are drawn with replacement.
        seed: the seed of the draws.

    Raises:
        InputError: for fewer than two replicates, shapes that do not fit, or values that are not finite.

    Source: Owen 2007, "The pigeonhole bootstrap", arXiv 0712.1111.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> interval = two_way_bootstrap(rng.normal(-1.0, 0.5, (8, 40)), np.ones(40), resamples=1000)
        >>> -1.4 < interval.low < -1.0 < interval.high < -0.6
        True
    """
    nats, counts = finite("nats", nats, least=1), finite("counts", counts, least=1)
    if nats.ndim != 2 or len(nats) < 2 or counts.shape != nats.shape[1:] or (counts < 0).any() or not counts.any():
        raise InputError(
            "nats, counts: expected [n, sequences] with n of 2 or more, and how many targets each sequence has, got "
            f"shapes {nats.shape} and {counts.shape}"
        )
    rng = np.random.default_rng(seed)
    size = max(1, CHUNK // nats.shape[1])
    sizes = [min(size, resamples - done) for done in range(0, resamples, size)]
    means = np.concatenate([_two_way_means(rng, nats, counts, k) for k in sizes])
    tail = (1 - expanded_level(max(2, min(nats.shape)), level)) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return Interval(float(low), float(high), level, resamples)


def _two_way_means(rng: np.random.Generator, nats: NDArray, counts: NDArray, resamples: int) -> NDArray:
    """Return means of ``resamples`` draws, each as how often a replicate and a sequence was drawn."""
    n, sequences = nats.shape
    rows = rng.multinomial(n, np.full(n, 1 / n), resamples)
    columns = rng.multinomial(sequences, np.full(sequences, 1 / sequences), resamples)
    targets = n * (columns @ counts)
    # A draw of sequences without a single target has no mean; with any sensible data there is none.
    return ((rows @ nats) * columns).sum(-1)[targets > 0] / targets[targets > 0]
