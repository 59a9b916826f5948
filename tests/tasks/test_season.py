"""Seasons are found where they were put, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from gatedrnn.tasks.season import find_season


def column(values: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(values, float)[:, None]]


def noise(seed: int, n: int, *others: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, *others))


MADE = {
    "white noise": noise,
    "random walk": lambda seed, n: noise(seed, n).cumsum(),
    "persistent noise": lambda seed, n: scipy.signal.lfilter([1.0], [1.0, -0.7], noise(seed, n)),
    "growth": lambda seed, n: np.exp(np.cumsum(0.012 + 0.05 * noise(seed, n))),
}


@pytest.mark.parametrize("n", [100, 400])
@pytest.mark.parametrize("name", MADE)
def test_no_season_in_what_has_none(name: str, n: int) -> None:
    """At most one in twenty of 200 series."""
    found = [find_season(column(MADE[name](seed, n))) for seed in range(200)]
    assert sum(season is not None for season in found) <= 10


@pytest.mark.parametrize(
    "trend", [lambda t: 3 * t + 1e5, lambda t: t**2, lambda t: np.exp(t / 20), np.sqrt, np.zeros_like]
)
def test_no_season_in_a_pure_trend(trend) -> None:
    assert find_season(column(trend(np.arange(200.0)))) is None


def test_nothing_known_has_no_season() -> None:
    assert find_season([]) is None
    assert find_season([np.zeros((3, 1))]) is None


@pytest.mark.parametrize("n", [92, 144])
@pytest.mark.parametrize("seed", range(3))
def test_months_of_a_growing_series(n: int, seed: int) -> None:
    t = np.arange(n)
    season = 1 + 0.2 * np.sin(2 * np.pi * t / 12) + 0.1 * np.cos(4 * np.pi * t / 12)
    assert find_season(column((100 + 2.6 * t) * season * np.exp(0.03 * noise(seed, n)))) == 12


@pytest.mark.parametrize("seed", range(5))
def test_hours_of_a_day(seed: int) -> None:
    """Case 2 of the failing inputs: a day is 24 hours, with a column of noise and without."""
    t = np.arange(190)
    load = 10 + 3 * np.sin(2 * np.pi * t / 24) + 0.3 * noise(seed, 190)
    assert find_season(column(load)) == 24
    assert find_season([np.stack([load, noise(100 + seed, 190)], axis=1)]) == 24


@pytest.mark.parametrize("seed", range(3))
def test_days_of_a_week_with_a_trend_and_a_wandering_level(seed: int) -> None:
    t = np.arange(400)
    week = np.array([0, 0, 0, 0, 0, 2, 3])[t % 7]
    assert find_season(column(0.1 * t + week + 0.2 * noise(seed, 400).cumsum() + 0.5 * noise(9 + seed, 400))) == 7


def test_a_period_that_is_no_whole_number() -> None:
    t = np.arange(300)
    assert find_season(column(np.sin(2 * np.pi * t / 12.5) + 0.2 * noise(0, 300))) in (12, 13)


def test_of_two_seasons_the_shorter() -> None:
    t = np.arange(2000)
    both = np.sin(2 * np.pi * t / 24) + 0.7 * np.sin(2 * np.pi * t / 168)
    assert find_season(column(both + 0.3 * noise(0, 2000))) == 24


def test_short_series_show_their_season_together() -> None:
    """Weeks in 30 shops of 35 days each: no shop shows it alone, all do."""
    week = np.array([0, 0, 0, 0, 0, 1, 1])[np.arange(35) % 7]
    shops = [(week + 0.6 * noise(seed, 35))[:, None] for seed in range(30)]
    assert find_season(shops) == 7
    assert sum(find_season([shop]) == 7 for shop in shops) < 15


def test_a_shock_in_common_is_one_series_and_no_season() -> None:
    for seed in range(20):
        shock = noise(seed, 60)
        assert find_season([(shock + 0.05 * noise(100 * seed + k, 60))[:, None] for k in range(20)]) is None
