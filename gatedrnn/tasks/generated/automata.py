"""Problems that a small automaton solves: parity, a flip-flop, and brackets of two kinds (Dyck-2)."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.generated.draws import check_length
from gatedrnn.tasks.generated.step_classes import Puzzle, task_of
from gatedrnn.tasks.parts import Batch

if TYPE_CHECKING:
    from gatedrnn.tasks.task import Task

WRITES, IGNORES, READ = (0, 1), (2, 3), 4
"""Tokens of the flip-flop: write a bit, ignore a bit, read."""
WRITTEN, IGNORED = 0.1, 0.8
"""How often bits are written and ignored; else they are read."""
DEEPEST = 10
"""Brackets that are open at once at most."""


def bits(length: int, rng: np.random.Generator, count: int) -> Batch:
    """Draw sequences of 1 to ``length`` bits; asked is at each step whether the ones so far are odd in number.

    .. code-block:: text

        y_t = (x_1 + .. + x_t) mod 2

    ``x [length, count]`` and ``y`` are 0 or 1. Lengths differ, as parity is hardly learned from long sequences alone.

    Example:
        >>> batch = bits(6, np.random.default_rng(0), 1)
        >>> bool((batch.y == np.bitwise_xor.accumulate(batch.x)).all())
        True
    """
    lengths = rng.integers(1, length + 1, count)
    x = rng.integers(0, 2, (length, count), dtype=np.uint8)
    x[np.arange(length)[:, None] >= lengths] = 0
    return Batch(x, lengths, (np.cumsum(x, axis=0) % 2).astype(np.uint8))


def instructions(length: int, rng: np.random.Generator, count: int) -> Batch:
    """Draw sequences of instructions; asked is at each step which bit was written last.

    .. code-block:: text

        y_t = the bit of the last "write" among x_1 .. x_t        the first instruction is a "write"

    ``x [length, count]`` are tokens 0 to 4: write 0, write 1, ignore 0, ignore 1, read; ``y`` bits.

    Example:
        >>> batch = instructions(8, np.random.default_rng(0), 3)
        >>> written = batch.x < 2
        >>> bool(written[0].all()), bool((batch.y[written] == batch.x[written]).all())
        (True, True)
    """
    kind = rng.choice(3, size=(length, count), p=(WRITTEN, IGNORED, 1 - WRITTEN - IGNORED))
    kind[0] = 0
    bit = rng.integers(0, 2, (length, count))
    x = np.select([kind == 0, kind == 1], [bit, IGNORES[0] + bit], READ).astype(np.uint8)
    last = np.maximum.accumulate(np.where(kind == 0, np.arange(length)[:, None], 0), axis=0)
    return Batch(x, np.full(count, length), np.take_along_axis(bit, last, axis=0).astype(np.uint8))


def brackets(length: int, rng: np.random.Generator, count: int) -> Batch:
    """Draw prefixes of well-nested words of two kinds of brackets; asked is at each step which one has to close next.

    .. code-block:: text

        x_t = "(" or "[" with probability 1/2 (1 where none is open, 0 where DEEPEST are), else what closes
        y_t = 0: none is open; 1: ")" closes; 2: "]" closes

    ``x [length, count]`` are tokens 0 to 3: ( [ ) ]; ``y`` classes 0 to 2.

    Example:
        >>> batch = brackets(8, np.random.default_rng(0), 1)
        >>> open_now = np.cumsum(np.where(batch.x < 2, 1, -1), axis=0)
        >>> bool((open_now >= 0).all()), bool(((batch.y == 0) == (open_now == 0)).all())
        (True, True)
    """
    stack, depth = np.zeros((DEEPEST + 1, count), np.uint8), np.zeros(count, int)
    x, y = np.zeros((2, length, count), np.uint8)
    each = np.arange(count)
    for t in range(length):
        opens = ((rng.random(count) < 0.5) & (depth < DEEPEST)) | (depth == 0)
        kind = np.where(opens, rng.integers(0, 2, count), stack[depth, each] - 1)
        x[t] = np.where(opens, kind, 2 + kind)
        depth = np.where(opens, depth + 1, depth - 1)
        stack[depth, each] = np.where(opens, kind + 1, stack[depth, each])  # place 0 holds 0: none is open
        y[t] = stack[depth, each]
    return Batch(x, np.full(count, length), y)


def parity(length: int) -> Task:
    """Return the task of saying at each step whether there was an odd number of ones.

    Args:
        length: T, the bits of the longest sequence.

    Raises:
        InputError: where the length is no int of 1 or more.
    """
    check_length("length", length, 1)
    return task_of(
        Puzzle(
            f"parity-{length}",
            f"parity: whether the ones so far are odd in number, up to {length} bits",
            "M. Minsky and S. Papert 1969, Perceptrons; of sequences, as in S. Hochreiter and J. Schmidhuber 1997",
            ("0", "1"),
            ("even", "odd"),
            functools.partial(bits, length),
            math.log(2),
        )
    )


def flip_flop(length: int) -> Task:
    """Return the task of saying at each step which bit was written last.

    Args:
        length: T, the instructions of each sequence.

    Raises:
        InputError: where the length is no int of 1 or more.
    """
    check_length("length", length, 1)
    return task_of(
        Puzzle(
            f"flip-flop-{length}",
            f"flip-flop: the bit that was written last, {length} instructions",
            "B. Liu et al. 2023, arXiv 2306.00946v2, an instruction and its bit as one token",
            ("write 0", "write 1", "ignore 0", "ignore 1", "read"),
            ("0", "1"),
            functools.partial(instructions, length),
            math.log(2),
        )
    )


def dyck(length: int) -> Task:
    """Return the task of saying at each step which bracket has to close next.

    Args:
        length: T, the brackets of each sequence.

    Raises:
        InputError: where the length is no int of 1 or more.
    """
    check_length("length", length, 1)
    return task_of(
        Puzzle(
            f"dyck-{length}",
            f"Dyck-2: which bracket has to close next, {length} brackets, {DEEPEST} open at most",
            "M. Suzgun et al. 2019, arXiv 1911.03329v1; of bounded depth as in J. Hewitt et al. 2020, "
            "arXiv 2010.07515v1",
            ("(", "[", ")", "]"),
            ("none", ")", "]"),
            functools.partial(brackets, length),
            math.log(2),
        )
    )
