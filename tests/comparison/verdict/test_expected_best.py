"""Expected best validation against closed forms, and where curves of two cells cross."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.statistics import budget


def test_expected_best_is_the_mean_over_all_draws() -> None:
    scores = [3.0, 1.0, 2.0, 1.0]
    for n in (1, 2, 3):
        every = [min(draw) for draw in itertools.product(scores, repeat=n)]
        assert budget.expected_best(scores, [n])[0] == pytest.approx(np.mean(every), rel=1e-14)
    assert budget.expected_best(scores, [1e4])[0] == pytest.approx(1.0)


def test_curves_against_time_give_the_faster_cell_more_trials() -> None:
    rng = np.random.default_rng(0)
    scores = [list(rng.normal(size=16)) for _ in range(8)]
    curves = budget.against_seconds([(s, 160.0) for s in scores], [(s, 80.0) for s in scores])
    assert curves is not None
    assert curves.budgets[[0, -1]] == pytest.approx([10.0, 80.0])
    np.testing.assert_allclose(curves.a[0], np.mean([np.mean(s) for s in scores]), rtol=1e-12)
    np.testing.assert_allclose(curves.b[-1], np.mean([budget.expected_best(s, [16])[0] for s in scores]), rtol=1e-12)
    assert (curves.mean > 0).all()
    assert budget.against_seconds([([1.0], 9.0)], [([1.0], 1.0)]) is None


def test_curves_that_change_places_cross_once() -> None:
    """A finds a fair score at once and nothing better; B a better one, in one trial of eight."""
    rng = np.random.default_rng(0)
    a = [list(1.0 + 0.01 * rng.normal(size=16)) for _ in range(8)]
    b = [[0.5 + 0.01 * rng.normal()] * 2 + list(2.0 + 0.01 * rng.normal(size=14)) for _ in range(8)]
    (crossing,) = budget.crossings(budget.against_trials(a, b))
    assert crossing.first == 0
    # P(no good one in n) = (7/8)^n, so B expects 0.5 + 1.5 (7/8)^n, which is below 1 from n = 8.2 on.
    assert (crossing.before, crossing.after) == (8.0, 9.0)
    (mirrored,) = budget.crossings(budget.against_trials(b, a))
    assert mirrored == crossing._replace(first=1)


def test_curves_of_the_same_cell_hardly_ever_cross() -> None:
    # Configurations shared, noise of training apart. 0.01: both signs at 95 % by chance are rarer than one.
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(300):
        shared = rng.exponential(1.0, (8, 16))
        a, b = (list(map(list, shared + 0.3 * rng.normal(size=shared.shape))) for _ in range(2))
        found += bool(budget.crossings(budget.against_trials(a, b)))
    assert found / 300 <= 0.03
