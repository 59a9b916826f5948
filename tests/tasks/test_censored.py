"""Thresholds against their closed forms and against simple models; words of each length, once."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.tasks.generated import adding, automata, counting, recall
from gatedrnn.tasks.generated.adding import DEVIATION
from gatedrnn.tasks.objectives import LOG_SCALE_BOUND
from gatedrnn.tasks.parts import Batch

SMALL = {
    "adding": adding.adding(20),
    "copy": recall.copy_memory(12),
    "selective": recall.selective_copying(15),
    "parity": automata.parity(16),
    "flip-flop": automata.flip_flop(24),
    "dyck": automata.dyck(24),
    "anbn": counting.counting(2, 8),
    "anbncn": counting.counting(3, 8),
}


def test_the_threshold_of_adding_is_a_forecast_that_errs_by_a_tenth_and_knows_it() -> None:
    """By the task's own objective, on 2,000 sums with errors of exactly that size: float32, so 1e-5."""
    task, n = SMALL["adding"], 2000
    error = 0.1 / DEVIATION
    y = np.random.default_rng(0).normal(size=(1, n, 1))
    raw = LOG_SCALE_BOUND * np.arctanh(np.log(error) / LOG_SCALE_BOUND)
    mean = y + error * np.where(np.arange(n) % 2, 1, -1)[None, :, None]
    outputs = np.concatenate([mean, np.full_like(y, raw)], axis=-1)
    score = task.score(jnp.asarray(outputs), Batch(np.zeros((1, n, 2)), np.ones(n, int), y))
    assert float(score.nats / score.count) == pytest.approx(task.threshold, rel=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_no_simple_model_solves_a_problem(name: str) -> None:
    task = SMALL[name]
    assert task.threshold is not None
    best = task.baselines(task.split(0))[0].validation["nats"]
    assert task.threshold < best
    print(f"{task.name}: threshold {task.threshold:.3f}, strongest simple model {best:.3f} {task.unit}")


@pytest.mark.parametrize(
    ("name", "part"), [("selective", math.log(8)), ("parity", math.log(2)), ("copy", 10 * math.log(8) / 32)]
)
def test_puzzles_are_solved_at_a_tenth_of_chance(name: str, part: float) -> None:
    assert SMALL[name].threshold == pytest.approx(part / 10, rel=1e-12)


def test_there_is_a_word_of_each_length_and_the_longest_is_beyond_the_test() -> None:
    task = SMALL["anbncn"]
    assert task.read_lengths is not None
    asked = task.read_lengths(3).batch
    assert asked.lengths.tolist() == [3 * n for n in range(1, 33)]
    longest = task.read_test(3).batch
    np.testing.assert_array_equal(asked.x[: len(longest.x), 15], longest.x[:, -1])
    assert all(SMALL[name].read_lengths is None for name in SMALL if not name.startswith("anb"))
