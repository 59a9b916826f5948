"""Statistics against closed forms, published numbers and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

stats = pytest.importorskip("scipy.stats")

from gatedrnn.statistics import bootstrap, budget, paired, power  # noqa: E402
from gatedrnn.statistics.equivalence import equivalence  # noqa: E402
from gatedrnn.statistics.holm import holm  # noqa: E402
from gatedrnn.statistics.superiority import exact_interval, superiority  # noqa: E402

# Hours of additional sleep with two drugs, ten patients: Student 1908, as R's data set `sleep`.
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
SIMULATIONS = 2000


def test_paired_interval_is_the_published_one_of_the_sleep_data() -> None:
    # R: t.test(extra ~ group, data = sleep, paired = TRUE) prints these digits.
    d = paired.paired_difference(SLEEP_1, SLEEP_2)
    assert (d.n, d.level) == (10, 0.95)
    np.testing.assert_allclose([d.mean, d.low, d.high], [-1.58, -2.4598858, -0.7001142], rtol=0, atol=5e-8)


def test_paired_interval_is_the_textbook_formula() -> None:
    a, b = np.array([3.0, 5.0, 4.0]), np.array([1.0, 1.0, 3.0])
    # Differences 2, 4, 1: mean 7/3, variance 7/3; with 2 degrees of freedom, t at p is (2p - 1) / sqrt(2p(1 - p)).
    d = paired.paired_difference(a, b)
    margin = 0.95 / math.sqrt(2 * 0.975 * 0.025) * math.sqrt(7 / 3) / math.sqrt(3)
    np.testing.assert_allclose([d.mean, d.low, d.high], [7 / 3, 7 / 3 - margin, 7 / 3 + margin], rtol=1e-12)
    assert d.standard_deviation == pytest.approx(math.sqrt(7 / 3), rel=1e-14)


def test_identical_replicates_give_an_interval_of_no_width() -> None:
    d = paired.paired_difference([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    assert (d.mean, d.low, d.high) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_an_interval_cut_to_what_is_possible_covers_as_often(level: float) -> None:
    # Of errors, which are 0 or more, with a heavy tail: 8 replicates of a lognormal, whose mean is known.
    draws = np.random.default_rng(0).lognormal(0.0, 2.0, (SIMULATIONS, 8))
    whole = [paired.estimate(values, level) for values in draws]
    cut = [one.within(0.0, math.inf) for one in whole]
    truth = math.exp(2.0)
    assert min(one.low for one in whole) < 0 <= min(one.low for one in cut)
    assert [one.low <= truth <= one.high for one in cut] == [one.low <= truth <= one.high for one in whole]


def test_exact_interval_is_the_published_one() -> None:
    # R: binom.test(682, 925) prints 0.7076683 and 0.7654066 (Conover 1971, Mendel's peas).
    np.testing.assert_allclose(exact_interval(682, 925), [0.7076683, 0.7654066], rtol=0, atol=5e-8)


@pytest.mark.parametrize("n", [2, 6, 8, 30])
def test_exact_interval_at_the_ends_is_its_closed_form(n: int) -> None:
    np.testing.assert_allclose(exact_interval(n, n), [0.025 ** (1 / n), 1.0], rtol=1e-12)
    np.testing.assert_allclose(exact_interval(0, n), [0.0, 1 - 0.025 ** (1 / n)], rtol=1e-12)


def test_exact_interval_is_above_a_half_just_where_the_sign_test_rejects() -> None:
    for n in range(2, 31):
        low, _ = exact_interval(np.arange(n + 1), n)
        rejects = [k > n / 2 and stats.binomtest(k, n).pvalue <= 0.05 for k in range(n + 1)]
        np.testing.assert_array_equal(low > 0.5, rejects)
    assert exact_interval(5, 5)[0] < 0.5 < exact_interval(6, 6)[0]


def test_superiority_counts_pairs_and_half_of_ties() -> None:
    s = superiority([1, 5, 3, 2], [2, 4, 3, 3])
    assert (s.wins, s.losses, s.ties, s.probability) == (2, 1, 1, 0.625)
    other = superiority([2, 4, 3, 3], [1, 5, 3, 2])
    assert other.probability == 1 - s.probability
    assert (other.low, other.high) == pytest.approx((1 - s.high, 1 - s.low), rel=1e-12)


# Cohen's tables and G*Power for a paired two-sided t test at 5 % and power 0.8.
@pytest.mark.parametrize(("effect", "n"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.0, 10)])
def test_replicates_needed_are_those_of_published_tables(effect: float, n: int) -> None:
    assert power.replicates_needed(effect, 1.0) == n
    assert power.replicates_needed(-3 * effect, 3.0) == n


def test_replicates_needed_reach_the_power_in_simulation() -> None:
    rng = np.random.default_rng(0)
    n = power.replicates_needed(0.7, 1.0)
    assert n is not None
    _, low, high = paired.t_interval(rng.normal(0.7, 1.0, (20_000, n)))
    found = ((low > 0) | (high < 0)).mean()
    # 0.0028 is the standard error of a proportion of 0.8 in 20,000; n - 1 must not reach the power.
    assert abs(found - power.paired_power(n, 0.7)) < 4 * 0.0028
    assert power.paired_power(n - 1, 0.7) < 0.8 <= power.paired_power(n, 0.7)


def test_replicates_needed_at_its_limits() -> None:
    assert power.replicates_needed(0.0, 1.0) is None
    assert power.replicates_needed(1e-9, 1.0) is None
    assert power.replicates_needed(1e9, 1.0) == 2
    assert power.replicates_needed(0.1, 0.0) == 2


def test_power_is_a_probability_that_grows_with_the_effect() -> None:
    effects = np.geomspace(1e-6, 1e4, 200)
    for n in (2, 3, 8, 100, 10_000, 1_000_000):
        powers = np.array([power.paired_power(n, effect) for effect in effects])
        assert np.isfinite(powers).all()
        assert (np.diff(powers) > -1e-9).all()
        assert powers[0] == pytest.approx(0.05, abs=1e-6)
        assert powers[-1] == pytest.approx(1.0)


def test_equivalence_is_both_one_sided_tests_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        a, b = rng.normal(0, 1, (2, 9)) + rng.normal(0, 0.3, (2, 1))
        region = float(rng.uniform(0.05, 1.5))
        result = equivalence(a, b, region)
        above = stats.ttest_1samp(a - b, -region, alternative="greater").pvalue
        below = stats.ttest_1samp(a - b, region, alternative="less").pvalue
        assert result.p == pytest.approx(max(above, below), rel=1e-9)
        assert result.equivalent == (result.p < 0.05)


def test_equivalence_decides_by_the_90_percent_interval() -> None:
    # Differences 0.1, -0.1, 0.1, -0.1: mean 0, error 0.2 / sqrt(12); t(3, 0.95) = 2.353363 in every table.
    a, b = [1.1, 0.9, 1.1, 0.9], [1.0, 1.0, 1.0, 1.0]
    margin = 2.3533634348018264 * 0.2 / math.sqrt(12)
    result = equivalence(a, b, margin * 1.001)
    np.testing.assert_allclose([result.low, result.high], [-margin, margin], rtol=1e-9)
    assert result.equivalent
    assert not equivalence(a, b, margin * 0.999).equivalent
    assert not equivalence(b, b, 0.0).equivalent


@pytest.mark.parametrize("n", [6, 8, 12, 30])
@pytest.mark.parametrize("tails", ["normal", "t with 3 degrees of freedom"])
def test_paired_interval_covers_at_its_level(n: int, tails: str) -> None:
    rng = np.random.default_rng(n)
    noise = rng.normal(size=(SIMULATIONS, n)) if tails == "normal" else rng.standard_t(3, size=(SIMULATIONS, n))
    for level in (0.90, 0.95):
        _, low, high = paired.t_interval(0.3 + noise, level)
        assert ((low <= 0.3) & (high >= 0.3)).mean() >= level - 0.02


@pytest.mark.parametrize("n", [6, 8, 30])
@pytest.mark.parametrize("p", [0.03, 0.2, 0.5, 0.75, 0.95])
def test_interval_of_superiority_covers_at_its_level(n: int, p: float) -> None:
    wins = np.random.default_rng(n).binomial(n, p, SIMULATIONS)
    low, high = exact_interval(wins, n)
    assert ((low <= p) & (p <= high)).mean() >= 0.95 - 0.02


def test_interval_of_superiority_covers_with_ties() -> None:
    rng = np.random.default_rng(5)
    scores = rng.choice([0.0, 0.5, 1.0], p=[0.2, 0.3, 0.5], size=(SIMULATIONS, 8)).sum(-1)
    low, high = exact_interval(scores, 8)
    assert ((low <= 0.65) & (high >= 0.65)).mean() >= 0.95 - 0.02


def test_equivalence_is_claimed_wrongly_in_at_most_5_of_100() -> None:
    # At the edge of the region the test has its level; below 7 in 100 is 4 standard errors above 5 in 100.
    rng = np.random.default_rng(2)
    claims = [equivalence(rng.normal(0.5, 0.4, 10), np.zeros(10), 0.5).equivalent for _ in range(SIMULATIONS)]
    assert np.mean(claims) < 0.07


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired.paired_difference([1.0], [2.0]), r"a: expected 2 replicates or more, got shape \(1,\)"),
        (lambda: paired.paired_difference([1.0, math.nan], [2.0, 3.0]), "a: expected finite numbers, got nan"),
        (lambda: superiority([1.0, 2.0], [2.0, math.inf]), "b: expected finite numbers, got inf"),
        (lambda: superiority([1.0, 2.0], [2.0, 1.0, 3.0]), "a, b: expected one number for each replicate"),
        (lambda: equivalence([1.0, 2.0], [2.0, 1.0], -0.1), "region: expected a finite number"),
        (lambda: paired.t_interval([1.0, 2.0], 95), "level: expected a number between 0 and 1, got 95"),
        (lambda: exact_interval(9, 8), "successes: expected numbers in"),
        (lambda: bootstrap.bootstrap([1.0]), r"differences: expected 2 replicates or more, got shape \(1,\)"),
        (lambda: bootstrap.two_way_bootstrap(np.ones((1, 3)), np.ones(3)), r"got shapes \(1, 3\) and \(3,\)"),
        (lambda: bootstrap.two_way_bootstrap(np.ones((2, 3)), np.zeros(3)), "nats, counts: expected"),
        (lambda: holm([0.5, 1.5]), "p: expected numbers from 0 to 1"),
        (lambda: budget.expected_best([1.0, math.inf], [1]), "scores: expected finite numbers, got inf"),
        (lambda: budget.expected_best([1.0], [0]), "trials: expected numbers above 0"),
    ],
)
def test_wrong_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_holm_is_the_published_example() -> None:
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") and p.adjust(c(0.04, 0.001, 0.7), "holm").
    np.testing.assert_allclose(holm([0.01, 0.02, 0.03, 0.04, 0.05]), [0.05, 0.08, 0.09, 0.09, 0.09], rtol=1e-12)
    np.testing.assert_allclose(holm([0.04, 0.001, 0.7]), [0.08, 0.003, 0.7], rtol=1e-12)


def test_holm_errs_anywhere_in_at_most_5_of_100() -> None:
    # Three independent true null hypotheses; 0.0015 is the standard error in 20,000.
    p = np.random.default_rng(4).uniform(size=(20_000, 3))
    wrong = np.mean([(holm(row) <= 0.05).any() for row in p])
    assert wrong <= 0.05 + 3 * 0.0015
