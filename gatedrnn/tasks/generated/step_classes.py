"""Made-up problems that ask for a class at each step of a sequence of tokens: how such a one becomes a task."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.tasks import baselines, objectives
from gatedrnn.tasks.generated.draws import Draws, one_hot
from gatedrnn.tasks.task import Reading, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from gatedrnn.tasks.parts import Batch

SOLVED = 0.1
"""Part of the nats of chance at which a puzzle counts as solved."""


class Puzzle(NamedTuple):
    """What is asked of a sequence of tokens.

    Attributes:
        name: the name of the task.
        title: the question in a few words.
        source: the paper that posed it.
        tokens: what is read, by name.
        classes: what may be answered, by name.
        draw: a generator of random numbers, and how many sequences, to these.
        chance: nats per step of guessing what has to be remembered.
    """

    name: str
    title: str
    source: str
    tokens: tuple[str, ...]
    classes: tuple[str, ...]
    draw: Callable[[np.random.Generator, int], Batch]
    chance: float


def task_of(puzzle: Puzzle) -> Task:
    """Return a puzzle as a task; the simple models are class frequencies, of all steps and of each token."""
    draws = Draws(puzzle.draw)
    known = Reading(tokens=puzzle.tokens, classes=puzzle.classes)
    return Task(
        name=puzzle.name,
        title=puzzle.title,
        kind="step-classification",
        unit="nats per step",
        in_dim=len(puzzle.tokens),
        out_dim=len(puzzle.classes),
        source=f"drawn from the seed; {puzzle.source}",
        data_sha256=draws.sha256(),
        split=draws.split,
        read_test=draws.final,
        score=objectives.categorical_steps,
        baselines=functools.partial(
            baselines.token_step_classification, tokens=len(puzzle.tokens), classes=len(puzzle.classes)
        ),
        tokens=True,
        encode=one_hot(len(puzzle.tokens)),
        reading=functools.partial(_reading, known),
        threshold=SOLVED * puzzle.chance,
    )


def _reading(known: Reading, seed: int) -> Reading:
    del seed
    return known
