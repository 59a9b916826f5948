"""The adding problem: two numbers of a long sequence are marked, and their sum is asked for at its end."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks import objectives
from gatedrnn.tasks.baselines.constant import constant
from gatedrnn.tasks.generated.draws import Draws, check_length
from gatedrnn.tasks.parts import Batch, Scale
from gatedrnn.tasks.task import Reading, Task

if TYPE_CHECKING:
    from jaxtyping import Float

SOURCE = (
    "drawn from the seed; S. Hochreiter and J. Schmidhuber 1997, in the form of Q. Le, N. Jaitly and G. Hinton 2015, "
    "arXiv 1504.00941v2"
)
MEAN, DEVIATION = 1.0, math.sqrt(1 / 6)
"""Of the sum of two numbers from U(0, 1): whoever says 1 errs by 1/6, mean square."""
APART = 7 / 15
"""Mean absolute difference between the sums of two sequences: of four numbers from U(0, 1), from its mean."""

SOLVED = 0.01
"""Mean squared error of a sum at which the problem counts as solved, as in ``gatedrnn reproduce forget-bias``."""
THRESHOLD = 0.5 * math.log(2 * math.pi * math.e * SOLVED / DEVIATION**2)
"""Nats of a Gaussian forecast that errs by that much and knows it."""


def sums(length: int, rng: np.random.Generator, count: int) -> Batch:
    """Draw sequences of numbers of which two are marked, one in each half; their sum belongs to the last step.

    .. code-block:: text

        x_t = (v_t, m_t)        v_t from U(0, 1); m_t = 1 at one step of each half, else 0
        y_T = (sum over t of v_t m_t - 1) / sqrt(1/6)

    ``x [length, count, 2]``, ``y [length, count, 1]``; all steps but the last are read and not scored.

    Example:
        >>> batch = sums(10, np.random.default_rng(0), 3)
        >>> values, marks = batch.x[..., 0], batch.x[..., 1]
        >>> marks.sum(0).tolist(), bool(np.allclose((values * marks).sum(0), batch.y[-1, :, 0] * DEVIATION + MEAN))
        ([2.0, 2.0, 2.0], True)
    """
    values: Float[np.ndarray, "T B"] = rng.random((length, count), dtype=np.float32)
    first, second = rng.integers(0, length // 2, count), rng.integers(length // 2, length, count)
    steps = np.arange(length)[:, None]
    marks = ((steps == first) | (steps == second)).astype(np.float32)
    total = ((values * marks).sum(0, dtype=np.float64) - MEAN) / DEVIATION
    y = np.zeros((length, count, 1), np.float32)
    y[-1, :, 0] = total
    return Batch(np.stack([values, marks], axis=-1), np.full(count, length), y, warm=np.full(count, length - 1))


def reading(seed: int) -> Reading:
    """Return what was done to the sums."""
    del seed
    return Reading(("value", "mark"), ("sum",), outputs=(np.array([MEAN]), np.array([DEVIATION])))


def adding(length: int) -> Task:
    """Return the task of adding the two marked numbers of a sequence; a Gaussian forecast of their sum is scored.

    Args:
        length: T, the steps of each sequence.

    Raises:
        InputError: where the length is no int of 2 or more.

    Example:
        >>> task = adding(50)
        >>> trivial = task.baselines(task.split(0))[0]
        >>> trivial.name, abs(trivial.validation["rmse"] ** 2 - 1 / 6) < 0.02
        ('always the mean', True)
    """
    check_length("length", length, 2)
    one = np.ones(1)
    scale = Scale(MEAN * one, DEVIATION * one, DEVIATION * one, APART * one)
    draws = Draws(functools.partial(sums, length), scale=scale)
    return Task(
        name=f"adding-{length}",
        title=f"adding: the sum of two marked numbers of {length}",
        kind="step-regression",
        unit="nats per sequence",
        in_dim=2,
        out_dim=2,
        source=SOURCE,
        data_sha256=draws.sha256(),
        split=draws.split,
        read_test=draws.final,
        score=objectives.gaussian,
        baselines=constant,
        reading=reading,
        threshold=THRESHOLD,
    )
