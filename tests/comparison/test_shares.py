"""Classes that come in other shares in the test than in training are said, and chance is no reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison.shares import shares
from gatedrnn.comparison.verdict.caveats import caveats
from gatedrnn.tasks.parts import Batch
from tests.helpers.fake_results import make_task


def part(y: np.ndarray) -> Batch:
    return Batch(np.ones((1, len(y), 1)), np.ones(len(y), int), y)


def said(found: Any) -> list[str]:
    fake: Any = {**make_task(diverging=0.0), "shares": found}
    return [line for line in caveats(fake, 0.1) if "do not come as often" in line]


@pytest.mark.verify
def test_what_chance_gives_is_what_draws_give() -> None:
    """Both parts drawn alike, 300 times: the mean distance is the one that is named, and nothing is said of it."""
    rng, names = np.random.default_rng(0), tuple("abcde")
    drawn = [[rng.choice(5, n, p=[0.5, 0.2, 0.1, 0.1, 0.1]) for n in (200, 60)] for _ in range(300)]
    found = [shares("classification", names, *map(part, two)) for two in drawn]
    apart, chance = (np.array([one[key] for one in found if one is not None]) for key in ("apart", "chance"))
    assert apart.mean() == pytest.approx(chance.mean(), abs=4 * apart.std() / np.sqrt(300))
    assert not any(map(said, found))


def test_shares_that_moved_are_said_by_class() -> None:
    """Steps of one series: rain gives way to fog. Steps that only warm up do not count."""
    y = np.repeat([[0], [1], [2]], [50, 40, 10], axis=0)
    train = Batch(np.ones((100, 1, 1)), np.array([100]), y)
    test = Batch(np.ones((100, 1, 1)), np.array([100]), y[::-1], warm=np.array([10]))
    found = shares("step-classification", ("sun", "rain", "fog"), train, test)
    assert found is not None
    np.testing.assert_allclose(found["known"], [0.5, 0.4, 0.1])
    np.testing.assert_allclose(found["test"], [50 / 90, 40 / 90, 0])
    assert found["apart"] == pytest.approx(0.1)
    assert said(found) == []
    dry = Batch(np.ones((90, 1, 1)), np.array([90]), np.zeros((90, 1), int))
    [line] = said(shares("step-classification", ("sun", "rain", "fog"), train, dry))
    assert "(sun 50 % and 100 %, rain 40 % and 0 %, fog 10 % and 0 %)" in line


def test_nothing_is_said_where_no_classes_are_looked_for() -> None:
    assert shares("next-token", ("a", "b"), part(np.array([0, 1])), part(np.array([1, 1]))) is None
    assert shares("forecast", (), part(np.array([0.5, 1.5])), part(np.array([1.0, 2.0]))) is None
