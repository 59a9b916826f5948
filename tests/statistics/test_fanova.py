"""Shares of variance: against closed forms, against sampling of the same tree, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from gatedrnn.errors import InputError
from gatedrnn.statistics.fanova import boxes, shares, shares_of

PLACES = np.random.default_rng(0).random((600, 3))


def test_boxes_of_a_tree_fill_the_cube_and_hold_its_values() -> None:
    scores = np.sin(5 * PLACES[:, 0]) + PLACES[:, 1] * PLACES[:, 2]
    tree = DecisionTreeRegressor(min_samples_leaf=20, random_state=0).fit(PLACES, scores)
    found = boxes(tree.tree_)
    assert (found.high - found.low).prod(-1).sum() == pytest.approx(1.0, abs=1e-12)
    inside = (found.low[:, None] <= PLACES) & (found.high[:, None] > PLACES)
    assert np.array_equal(found.value[inside.all(-1).argmax(0)], tree.predict(PLACES))


def test_shares_of_a_tree_are_those_of_a_fine_grid() -> None:
    """By the definition: means and variances over a grid, which cuts a box wrongly by a cell of 1/60 at most."""
    scores = 3 * PLACES[:, 0] ** 2 + PLACES[:, 1] * PLACES[:, 2]
    tree = DecisionTreeRegressor(min_samples_leaf=40, random_state=0).fit(PLACES, scores)
    middles = (np.arange(60) + 0.5) / 60
    grid = np.stack(np.meshgrid(*[middles] * 3, indexing="ij"), axis=-1)
    f = tree.predict(grid.reshape(-1, 3)).reshape(60, 60, 60)
    wanted = [f.mean(tuple({0, 1, 2} - {axis})).var() / f.var() for axis in range(3)]
    np.testing.assert_allclose(shares_of(boxes(tree.tree_)), wanted, atol=0.02)


@pytest.mark.parametrize(
    ("f", "wanted"),
    [
        (lambda x: 3 * x[:, 0] + x[:, 1], [0.9, 0.1, 0.0]),
        # A product of two centred numbers is all interaction: neither explains anything by itself.
        (lambda x: (x[:, 0] - 0.5) * (x[:, 1] - 0.5), [0.0, 0.0, 0.0]),
        # With u = x1 - 1/2: Var[x0 x1] = 7/144; x0 and x1 explain (1/4)(1/12) = 3/144 each.
        (lambda x: x[:, 0] * x[:, 1], [3 / 7, 3 / 7, 0.0]),
    ],
    ids=["sum", "interaction", "product"],
)
def test_shares_are_those_of_closed_forms(f, wanted) -> None:
    """Trees are steps, and leaves of three scores blur: within 0.06 for 600 scores."""
    np.testing.assert_allclose(shares(PLACES, f(PLACES)), wanted, atol=0.06)


def test_a_constant_has_no_shares_and_odd_numbers_are_refused() -> None:
    assert shares(PLACES, np.full(600, 2.5)).tolist() == [0.0, 0.0, 0.0]
    for places, scores in ((PLACES[:5], np.ones(5)), (PLACES, np.ones(5)), (PLACES[:, 0], np.ones(600))):
        with pytest.raises(InputError, match="places: expected"):
            shares(places, scores)
    for places, scores in ((PLACES + 1, np.ones(600)), (PLACES, np.full(600, np.nan))):
        with pytest.raises(InputError, match="places, scores: expected places from 0 to 1"):
            shares(places, scores)
