"""Adding and copying over T: what is drawn, what the numbers of each seed become, and what they say of two claims."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.costs.counting import parameters
from gatedrnn.evidence import bai_2018
from gatedrnn.evidence.claims import CLAIMS
from gatedrnn.evidence.long_memory import Key, concluded
from gatedrnn.evidence.remembering import BIASES, Effort, addition, copy
from gatedrnn.tasks.generated import recall
from gatedrnn.tasks.synthetic import copying

EFFORTS = {"adding": Effort(threshold=0.01, cap=1000), "copy memory": Effort(threshold=0.01, cap=1000)}
LONG = {"adding": bai_2018.FULL.adding, "copy memory": bai_2018.FULL.copying}
SPREAD = np.arange(5.0) * 10


def found(steps_of, error=0.005):
    """Return steps, and an error, of each start and cell at two lengths of adding and one of copy memory."""
    keys = [
        Key(problem, length, start, cell)
        for problem, length in (("adding", 50), ("adding", 200), ("copy memory", 20))
        for cell in ("LSTM", "GRU")
        for start in BIASES
    ]
    return {key: (steps_of(key) + SPREAD[:: 1 if key.cell == "GRU" else -1], np.full(5, error)) for key in keys}


def test_copied_sequences_are_those_of_the_task() -> None:
    """The same form as the task's, which are drawn by NumPy: all but the symbols is the same, bit for bit."""
    ours, theirs = copying(jax.random.key(0), 4, pause=7), recall.copied(7, np.random.default_rng(0), 4)
    assert np.array_equal(ours.lengths, theirs.lengths)
    assert np.array_equal(ours.x[10:], theirs.x[10:])
    assert np.array_equal(ours.y[:17], theirs.y[:17])
    assert np.array_equal(ours.y[17:], ours.x[:10])
    many = np.asarray(copying(jax.random.key(1), 400, pause=1).x[:10])
    # 500 of each of 8 symbols are expected, with a deviation of sqrt(4000 / 8 * 7 / 8) = 21: five of them.
    assert np.abs(np.bincount(many.ravel(), minlength=9)[1:] - 500).max() < 105


def test_errors_of_who_knows_nothing_are_chance() -> None:
    """Always 1 errs by 1/6; blanks for sure and symbols by chance cost 10 log(8) / (T + 20) nats per step."""
    batch = addition(8).draw(jax.random.key(0), 4000)
    total, count = addition(8).error(np.ones((8, 4000, 1), np.float32), batch)
    # The square of a sum of two, less 1, has a variance of 7/180: five deviations of its mean.
    assert abs(float(total / count) - 1 / 6) < 5 * np.sqrt(7 / 180 / 4000)
    batch = copy(5).draw(jax.random.key(0), 3)
    logits = np.full((25, 3, 9), 0.0, np.float32)
    logits[:15, :, 1:], logits[15:, :, 0] = -50.0, -50.0
    total, count = copy(5).error(logits, batch)
    assert float(total / count) == pytest.approx(10 * np.log(8) / 25, rel=1e-5)


def test_units_have_as_many_parameters() -> None:
    """Of cell and head; one unit more or less changes them by less than 3 per cent."""
    for what in (bai_2018.SMALL, bai_2018.FULL):
        for units, (in_dim, out_dim) in ((what.adders, (2, 1)), (what.copiers, (10, 9))):
            cells = (gr.LSTM(units.lstm), units.lstm), (gr.GRU(units.gru), units.gru)
            lstm, gru = (sum(parameters(made, in_dim).values()) + (n + 1) * out_dim for made, n in cells)
            assert gru == pytest.approx(lstm, rel=0.03)


def test_numbers_are_those_of_each_seed_and_the_cap_is_said() -> None:
    steps = found(lambda key: np.inf if key == Key("adding", 200, "5", "LSTM") else 300)
    measured = {(one.what, one.cell): one for one in concluded(steps, EFFORTS, {}).measured}
    what = "adding, T = 200, bias 5: steps to an error below 0.01 ({} of 5 runs reached it; else the cap, 1,000)"
    assert measured[what.format(0), "LSTM"].each == (1000.0,) * 5
    other = measured[what.format(5), "GRU"]
    assert (other.value, other.low, other.high) == (320.0, 300.0, 340.0)


def test_a_published_error_is_looked_for_where_runs_go_on_for_long_alone() -> None:
    key = Key("adding", 200, "1", "LSTM")
    said = {key: bai_2018.seen("0.164")}
    for efforts, error, band in (
        (EFFORTS, 0.164, None),
        (LONG, 0.164, True),
        (LONG, 0.005, False),
    ):
        ends = [one for one in concluded(found(lambda _: 300, error), efforts, said).measured if one.published]
        assert [(one.cell, one.in_band) for one in ends] == [("LSTM", band)]


def lstm_at(zero, one, other=300):
    def steps(key):
        if key.cell == "GRU" or key.length == 50:
            return 300
        return {"0": zero, "1": one}.get(key.start, other)

    return steps


@pytest.mark.parametrize(
    ("zero", "one", "label"),
    [(900, 900, "does not hold"), (900, 300, "not resolved"), (900, 100, "holds"), (300, 900, "not resolved")],
)
def test_the_answer_about_the_bias_follows_the_longest_adding(zero, one, label) -> None:
    answer, _ = concluded(found(lstm_at(zero, one)), EFFORTS, {}).answers
    assert (answer.claim, answer.label) == (7, label)
    assert answer.why.startswith("adding, T = 200, steps of the LSTM less those of the GRU")
    assert "forget bias" in CLAIMS[6].said


@pytest.mark.parametrize(
    ("steps_of", "label"),
    [
        (lambda key: 100 if key.cell == "LSTM" else 300, "holds"),
        (lambda key: 300, "not resolved"),
        (lstm_at(900, 900), "does not hold"),
        (lstm_at(900, 900, other=100), "depends"),
        (lstm_at(100, 100), "not resolved"),
    ],
)
def test_the_answer_about_length_follows_the_longest_of_each_problem(steps_of, label) -> None:
    _, answer = concluded(found(steps_of), EFFORTS, {}).answers
    assert (answer.claim, answer.label) == (4, label)
    assert "long sequences" in CLAIMS[3].said


def test_short_sequences_say_nothing_of_long_ones() -> None:
    steps = {key: both for key, both in found(lstm_at(900, 900)).items() if key.length < 200}
    _, answer = concluded(steps, EFFORTS, {}).answers
    assert (answer.claim, answer.label) == (4, "not resolved")
    assert answer.why.startswith("none is as long as guides mean; of 5 biases")


def test_a_short_problem_says_nothing_of_long_sequences_beside_a_long_one() -> None:
    """Copy memory at T = 20, where the LSTM is sooner from all starts, beside adding at T = 200."""

    def steps(key):
        return 100 if key.problem == "copy memory" and key.cell == "LSTM" else 300

    _, answer = concluded(found(steps), EFFORTS, {}).answers
    assert (answer.claim, answer.label) == (4, "not resolved")
    assert "copy memory T = 20: LSTM sooner from 5" in answer.why
