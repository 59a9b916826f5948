"""Directions that results of docs/evidence.md have, measured again in small: each would be seen if it turned round."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.comparison.settings import Settings
from gatedrnn.evidence import forget_bias, prices, recurrent_control
from gatedrnn.evidence.recurrent_ppo import PPOSettings
from gatedrnn.evidence.remembering import Effort, addition, learnt
from gatedrnn.evidence.work import Work

pytestmark = pytest.mark.verify


def test_adding_is_learnt_first_by_the_gru_and_later_from_a_bias_of_0_than_from_1() -> None:
    """Claims 5 and 7: forget-bias."""
    settings = dataclasses.replace(forget_bias.SMALL, length=40, cap=1200, every=50, held_out=100, seeds=4)
    lstm = forget_bias.steps_needed(gr.LSTM(16), ("0", "1"), settings)
    gru = forget_bias.steps_needed(gr.GRU(18), ("0",), settings)
    bounded = [float(np.minimum(each, settings.cap).mean()) for each in (gru[0], lstm[1], lstm[0])]
    assert bounded == sorted(bounded)
    assert bounded[0] < bounded[2]


def test_the_gru_is_ahead_while_both_learn_to_hold_a_pole() -> None:
    """The directions of recurrent-control."""
    settings = recurrent_control.ControlSettings(ppo=PPOSettings(updates=12), rates=(3e-3,), seeds=8)
    found = {name: recurrent_control.lengths(cell, settings).mean(-1)[0] for name, cell in CELLS.items()}
    assert found["GRU"].mean() > found["LSTM"].mean()


def test_where_memory_starts_makes_the_difference_and_the_gru_adds_sooner_from_the_same_start() -> None:
    """The directions of bai-2018: from a bias of 1 LSTMs are at chance while those of a chrono start err less."""
    effort = Effort(threshold=0.01, cap=500, every=50, rate=5e-3, held_out=200, seeds=4)
    lstm = learnt(gr.LSTM(16), ("1", "chrono"), addition(60), effort)
    gru = learnt(gr.GRU(18), ("1",), addition(60), effort)
    assert lstm.error[1].mean() < lstm.error[0].mean()
    assert gru.error[0].mean() < lstm.error[0].mean()
    assert lstm.error[0].mean() > 0.1, "chance is 1/6"


def test_neither_cell_beats_the_last_price_of_a_martingale(tmp_path) -> None:
    """The direction of prices: a cell that does is fed what it must not see."""
    how = Settings(replicates=3, trials=2, max_epochs=10, patience=5, batch_size=18, hidden=(8,), extend=False)
    with Work(tmp_path / "work", {}, lambda line: None) as work:
        found = prices.measure(prices.PriceSettings(300, 6, how), work)
    assert {pair.b for pair in found.compared} == {prices.NAIVE}
    assert not [pair for pair in found.compared if pair.verdict == f"{pair.a} better"]
    assert all(pair.wins < 3 for pair in found.compared)


CELLS = {"LSTM": gr.LSTM(32), "GRU": gr.GRU(37)}
