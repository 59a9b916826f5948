"""Directions that results of docs/evidence.md have, measured again in small: each would be seen if it turned round."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.evidence import forget_bias, recurrent_control
from gatedrnn.evidence.recurrent_ppo import PPOSettings

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


CELLS = {"LSTM": gr.LSTM(32), "GRU": gr.GRU(37)}
