"""A cell compared with itself is seldom called better, and a planted effect is found as often as predicted."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from gatedrnn.statistics.power import paired_power
from tests.helpers.pool_of_runs import Pool, real_pool, sample, synthetic_pool, verdict

COMPARISONS = 100


def labels(pool: Pool, comparisons: int = COMPARISONS, effect: float = 0.0) -> Counter[str]:
    rng = np.random.default_rng(0)
    drawn = (sample(pool, rng).shifted(effect) for _ in range(comparisons))
    return Counter(verdict(one, pool.trivial).entry()["label"] for one in drawn)


def found_and_predicted(pool: Pool, power: float, comparisons: int) -> tuple[float, float]:
    """Plant the effect that 8 replicates should find with that power, and count how often B is called better.

    The spread of the differences is that of the pool, from 2000 comparisons without an effect.
    """
    rng = np.random.default_rng(1)
    spread = np.sqrt(np.mean([np.subtract(*sample(pool, rng).test).var(ddof=1) for _ in range(2000)]))
    effect = next(e for e in np.arange(0.2, 4, 0.005) if paired_power(8, e) >= power) * spread
    said = labels(pool, comparisons, float(effect))
    return said["B better"] / comparisons, power


def directional(said: Counter[str]) -> int:
    return said["A better"] + said["B better"]


def test_a_cell_compared_with_itself_is_called_better_in_at_most_10_of_100() -> None:
    for seed in range(3):
        said = labels(synthetic_pool(seed))
        assert directional(said) <= 10
        assert said["budget-dependent"] <= 3


# Standard error of a proportion of 0.8 in 300 is 0.023; four of them. The pool is finite and its tails are not normal.
@pytest.mark.parametrize("power", [0.5, 0.8])
def test_a_planted_effect_is_found_at_the_predicted_power(power: float) -> None:
    found, predicted = found_and_predicted(synthetic_pool(0), power, 300)
    assert abs(found - predicted) < 0.1


@pytest.fixture(scope="module")
def runs() -> Pool:
    return real_pool()


@pytest.mark.verify
def test_a_cell_compared_with_itself_in_600_real_runs(runs: Pool) -> None:
    assert runs.test.size == 600
    said = labels(runs)
    print(f"A/A from 600 real runs: {dict(said)}; 1000 comparisons: {dict(labels(runs, 1000))}")
    assert directional(said) <= 10
    assert said["budget-dependent"] <= 3


@pytest.mark.verify
@pytest.mark.parametrize("power", [0.5, 0.8])
def test_a_planted_effect_is_found_in_600_real_runs(runs: Pool, power: float) -> None:
    found, predicted = found_and_predicted(runs, power, 1000)
    print(f"planted effect: found in {found:.3f}, predicted {predicted:.2f}")
    assert abs(found - predicted) < 0.1
