"""Bootstrap intervals against the t interval, variances that are known, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

stats = pytest.importorskip("scipy.stats")

from gatedrnn.statistics import bootstrap  # noqa: E402
from gatedrnn.statistics.paired import t_interval  # noqa: E402

SIMULATIONS = 2000


def test_expanded_percentiles_are_as_wide_as_the_t_interval_of_normal_data() -> None:
    # The bootstrap's mean has variance s^2 (n - 1) / n^2, so its normal quantiles at that level are the t interval's.
    for n in (6, 8, 30):
        quantile = stats.norm.ppf((1 + bootstrap.expanded_level(n)) / 2) * math.sqrt((n - 1) / n)
        assert quantile == pytest.approx(stats.t.ppf(0.975, n - 1), rel=1e-9)


def test_bootstrap_agrees_with_the_t_interval_where_both_are_right() -> None:
    # 200 normal differences: both half-widths are 1.97 s / sqrt(200), of which 10,000 draws show 3 %.
    d = np.random.default_rng(0).normal(0.2, 1.0, 200)
    interval, (mean, low, high) = bootstrap.bootstrap(d), t_interval(d)
    assert bootstrap.bootstrap(d) == interval
    np.testing.assert_allclose([interval.low - mean, interval.high - mean], [low - mean, high - mean], rtol=0.06)


def test_two_way_bootstrap_adds_up_both_variances() -> None:
    """Effects of replicates and of sequences, and no noise: the variance of the mean is the sum of both."""
    rng = np.random.default_rng(1)
    rows, columns = rng.normal(0, 1, 60), rng.normal(0, 2, 80)
    interval = bootstrap.two_way_bootstrap(rows[:, None] + columns, np.ones(80))
    variance = rows.var() / 60 + columns.var() / 80
    half = stats.norm.ppf((1 + bootstrap.expanded_level(60)) / 2) * math.sqrt(variance)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.05)


def test_two_way_bootstrap_without_variation_of_sequences_is_the_bootstrap_of_replicates() -> None:
    d = np.random.default_rng(2).normal(-0.3, 1.0, 8)
    counts = np.arange(1.0, 13.0)
    both = bootstrap.two_way_bootstrap(d[:, None] * counts, counts), bootstrap.bootstrap(d)
    assert both[0].low == pytest.approx(both[1].low, rel=0.03)
    assert both[0].high == pytest.approx(both[1].high, abs=0.03)


def test_two_way_bootstrap_without_variation_of_replicates_is_the_bootstrap_of_sequences() -> None:
    """Also of fewer sequences than replicates, by whose number the level is expanded then."""
    d = np.random.default_rng(3).normal(-0.3, 1.0, 8)
    both = bootstrap.two_way_bootstrap(np.tile(d, (30, 1)), np.ones(8)), bootstrap.bootstrap(d)
    assert both[0].low == pytest.approx(both[1].low, rel=0.03)
    assert both[0].high == pytest.approx(both[1].high, abs=0.03)


def _coverage(n: int, tails: str, simulations: int, resamples: int) -> tuple[float, float]:
    """Return how often both intervals hold the true mean, 0.3: variation of replicates; of sequences, and of both."""
    rng = np.random.default_rng([n, len(tails)])

    def noise(*shape: int) -> np.ndarray:
        return rng.normal(size=shape) if tails == "normal" else rng.standard_t(3, size=shape) / math.sqrt(3)

    held = np.zeros(2)
    counts = np.ones(40)
    for seed in range(simulations):
        d = 0.3 + noise(n)
        cells = d[:, None] + 0.5 * noise(40) + noise(n, 40)
        one = bootstrap.bootstrap(d, resamples=resamples, seed=seed)
        two = bootstrap.two_way_bootstrap(cells, counts, resamples=resamples, seed=seed)
        held += [interval.low <= 0.3 <= interval.high for interval in (one, two)]
    return tuple(held / simulations)


@pytest.mark.parametrize(("n", "tails"), [(6, "normal"), (8, "t with 3 degrees of freedom")])
def test_bootstrap_intervals_cover_at_their_level(n: int, tails: str) -> None:
    # 0.031 is twice the standard error of a proportion of 0.95 in 200 simulations; `make verify` has 2000.
    one, two = _coverage(n, tails, 200, 1000)
    assert one >= 0.95 - 0.02 - 0.031
    assert two >= 0.95 - 0.02 - 0.031


@pytest.mark.verify
@pytest.mark.parametrize("n", [6, 8, 12, 30])
@pytest.mark.parametrize("tails", ["normal", "t with 3 degrees of freedom"])
def test_bootstrap_intervals_cover_at_their_level_in_2000_simulations(n: int, tails: str) -> None:
    one, two = _coverage(n, tails, SIMULATIONS, 4000)
    print(f"n {n}, {tails}: replicates {one:.4f}, replicates and sequences {two:.4f}")
    assert one >= 0.95 - 0.02
    assert two >= 0.95 - 0.02
