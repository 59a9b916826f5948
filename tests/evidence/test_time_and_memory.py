"""What both cells cost: sizes in closed form, and what the answers make of ratios."""

from __future__ import annotations

import pytest

import gatedrnn as gr
from gatedrnn.evidence import time_and_memory
from gatedrnn.evidence.record import Measured

SETTINGS = time_and_memory.CostSettings(features=5)


def test_parameters_are_three_blocks_against_four() -> None:
    # I H + H H + H for each block; the GRU has a second bias of its candidate.
    assert time_and_memory.size(gr.LSTM(7), SETTINGS) == 4 * (5 * 7 + 7 * 7 + 7)
    assert time_and_memory.size(gr.GRU(7), SETTINGS) == 3 * (5 * 7 + 7 * 7 + 7) + 7


@pytest.mark.parametrize(
    ("intervals", "label"),
    [
        ([(0.65, 0.75), (0.7, 0.79)], "holds"),
        ([(0.85, 0.9), (0.9, 1.1)], "does not hold"),
        ([(0.65, 0.75), (0.9, 1.1)], "depends"),
        ([(0.7, 0.9), (0.75, 0.95)], "not resolved"),
    ],
)
def test_a_claim_about_time_holds_where_whole_intervals_do(intervals, label) -> None:
    numbers = []
    for width, (low, high) in enumerate(intervals):
        for kind, ends in (("time of a training step", (low, high)), ("parameters", (0.75,) * 2)):
            what = f"{kind}, ratio, equal width, {width} LSTM units"
            numbers.append(Measured(what, "GRU", sum(ends) / 2, *ends, 0.93, ends))
        numbers.append(
            Measured(f"temporary memory, ratio, equal width, {width}", "GRU", 0.95, 0.95, 0.95, 1.0, (0.95,))
        )
    speed, memory = time_and_memory.answers(numbers)
    assert (speed.claim, speed.label) == (1, label)
    assert (memory.claim, memory.label) == (2, "depends")
    assert "25% fewer" in memory.why
    assert "5%, 5%" in memory.why
