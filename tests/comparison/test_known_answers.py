"""What is known is found: counting says LSTM, steps on adding say GRU; runs that do not get there are censored."""

from __future__ import annotations

import runpy
from typing import Any

import numpy as np
import pytest

from tests.helpers.paths import ROOT

pytest.importorskip("scipy")

from gatedrnn.statistics.censored import censored_difference
from gatedrnn.statistics.paired import Estimate

INF = float("inf")


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "experiments" / "known_answers.py"))


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "configs" / "known_answers.py"))["config"]


def said(title: str, found: dict[str, np.ndarray], d: Estimate) -> None:
    print(f"{title}: {d.mean:.1f} [{d.low:.1f}, {d.high:.1f}]", {name: each.tolist() for name, each in found.items()})


def test_times_are_restricted_to_the_cap_and_ranked_beyond_it() -> None:
    """By hand: -10, 30 - 40, 0, 40 - 40 and 40 - 40 have the mean -4 and the deviation sqrt(30); t(4) at 97.5 % is
    2.7764. Who reached it is first even at the cap itself, and two that did not are a tie."""
    found = censored_difference([10, 30, 20, 40, INF], [20, INF, 20, INF, INF], cap=40)
    margin = 2.7764451 * np.sqrt(30 / 5)
    np.testing.assert_allclose(found.difference[:3], (-4, -4 - margin, -4 + margin), rtol=1e-7)
    assert (found.superiority.wins, found.superiority.losses, found.superiority.ties) == (3, 0, 2)
    assert found.superiority.probability == 0.8
    assert found.reached == (4, 2)


def test_a_censored_run_is_neither_left_out_nor_worth_more_than_the_cap() -> None:
    """Were it left out, A would seem the slower one by 10; were it infinite, nothing could be said."""
    found = censored_difference([20, 20, 20], [10, 10, INF], cap=100)
    assert found.difference.mean == pytest.approx((10 + 10 - 80) / 3)
    swapped = censored_difference([10, 10, INF], [20, 20, 20], cap=100)
    assert swapped.difference.mean == -found.difference.mean
    assert swapped.reached == found.reached[::-1]


@pytest.mark.parametrize("time", [0.0, -1.0, 101.0, float("nan")])
def test_times_that_cannot_be_are_refused(time: float) -> None:
    with pytest.raises(ValueError, match=r"b: expected times in \(0, 100\], or infinity, got"):
        censored_difference([10.0, 10.0], [10.0, time], cap=100)


@pytest.mark.verify
def test_on_a_short_adding_problem_the_gru_is_the_faster(known, config) -> None:
    """The cap is so low that some LSTMs do not reach the threshold before it."""
    changed = {"hidden": {"LSTM": 12, "GRU": 14}, "length": 20, "batch": 16, "threshold": 0.03, "rate": 1e-2}
    found, compared = known["adding"]({**config["adding"], **changed, "every": 25, "steps": 225}, seeds=6)
    said("adding, 20 steps", found, compared.difference)
    assert compared.reached[0] == 6
    assert 0 < compared.reached[1] < 6
    assert np.isposinf(found["LSTM"]).sum() == 6 - compared.reached[1]
    assert compared.difference.high < 0
    assert compared.superiority.low > 0.5


@pytest.mark.verify
def test_counting_beyond_what_was_trained_says_lstm(known, config) -> None:
    found, difference, first = known["counting"](config["counting"], config["seeds"])
    said("counting, LSTM - GRU", found, difference)
    assert difference.low > 0
    assert first.low > 0.5


@pytest.mark.verify
def test_steps_on_the_adding_problem_say_gru(known, config) -> None:
    found, compared = known["adding"](config["adding"], config["seeds"])
    said("adding, GRU - LSTM", found, compared.difference)
    assert compared.difference.high < 0
    assert compared.superiority.low > 0.5
