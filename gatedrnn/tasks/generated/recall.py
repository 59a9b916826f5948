"""Copying from memory: symbols are read, a long time passes, and all of them are asked for in their order."""

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

SYMBOLS, COPIED = 8, 10
"""Kinds of symbols, and how many of them are to be remembered."""
BLANK, MARK = 0, SYMBOLS + 1
"""Tokens beside the symbols, which are 1 to ``SYMBOLS``; the answer has blanks too."""
NAMES = ("blank", *(f"symbol {k}" for k in range(1, SYMBOLS + 1)), "mark")


def copied(pause: int, rng: np.random.Generator, count: int) -> Batch:
    """Draw sequences whose first ten symbols are to be repeated ``pause`` steps after the last of them.

    .. code-block:: text

        x = s_1 .. s_10, blank (T - 1 times), mark (11 times)
        y = blank (T + 10 times), s_1 .. s_10

    ``x [T + 20, count]`` and ``y`` are tokens, T is ``pause``; every step is scored, as in the source, so that chance
    is 10 log(8) / (T + 20) nats per step.

    Example:
        >>> batch = copied(3, np.random.default_rng(0), 1)
        >>> bool((batch.x[:10] == batch.y[-10:]).all()), batch.x[10:, 0].tolist()
        (True, [0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9])
    """
    symbols = rng.integers(1, SYMBOLS + 1, (COPIED, count))
    length = pause + 2 * COPIED
    x, y = np.zeros((2, length, count), np.uint8)
    x[:COPIED], x[-COPIED - 1 :], y[-COPIED:] = symbols, MARK, symbols
    return Batch(x, np.full(count, length), y)


def selected(length: int, rng: np.random.Generator, count: int) -> Batch:
    """Draw sequences in which ten symbols stand anywhere among blanks, and are to be repeated in their order.

    .. code-block:: text

        x = s_1 .. s_10 at steps t_1 < .. < t_10 of T, else blank; then mark (10 times)
        y = s_1 .. s_10 at the marks

    ``x [T + 10, count]`` and ``y`` are tokens, T is ``length``; the marks alone are scored, chance is log(8) nats.

    Example:
        >>> batch = selected(20, np.random.default_rng(0), 1)
        >>> x = batch.x[:20, 0]
        >>> bool((x[x > 0] == batch.y[-10:, 0]).all()), batch.scored().sum().item()
        (True, 10)
    """
    symbols = rng.integers(1, SYMBOLS + 1, (COPIED, count))
    places = np.sort(rng.random((length, count)).argsort(0)[:COPIED], axis=0)
    x, y = np.zeros((2, length + COPIED, count), np.uint8)
    np.put_along_axis(x, places, symbols.astype(np.uint8), axis=0)
    x[-COPIED:], y[-COPIED:] = MARK, symbols
    return Batch(x, np.full(count, length + COPIED), y, warm=np.full(count, length))


def copy_memory(pause: int) -> Task:
    """Return the task of repeating ten symbols after a pause.

    Args:
        pause: T, the steps between a symbol and its repetition, less ten.

    Raises:
        InputError: where the pause is no int of 1 or more.

    Example:
        >>> task = copy_memory(30)
        >>> strongest = task.baselines(task.split(0))[0]
        >>> round(strongest.validation["nats"], 2), round(10 * float(np.log(8)) / 50, 2)  # and when the first comes
        (0.48, 0.42)
    """
    check_length("pause", pause, 1)
    return task_of(
        Puzzle(
            f"copy-memory-{pause}",
            f"copy memory: ten symbols, {pause} steps later",
            "S. Hochreiter and J. Schmidhuber 1997, as in S. Bai, J. Kolter and V. Koltun 2018, arXiv 1803.01271v2",
            NAMES,
            NAMES[:-1],
            functools.partial(copied, pause),
            COPIED * math.log(SYMBOLS) / (pause + 2 * COPIED),
        )
    )


def selective_copying(length: int) -> Task:
    """Return the task of repeating ten symbols that stand anywhere among blanks.

    Args:
        length: T, the steps before the first symbol is asked for.

    Raises:
        InputError: where the length is no int of 10 or more.

    Example:
        >>> task = selective_copying(30)
        >>> round(task.baselines(task.split(0))[0].validation["nats"], 1)  # log(8)
        2.1
    """
    check_length("length", length, COPIED)
    return task_of(
        Puzzle(
            f"selective-copying-{length}",
            f"selective copying: ten symbols anywhere in {length} steps",
            "A. Gu and T. Dao 2023, arXiv 2312.00752v2, with fewer steps and symbols",
            NAMES,
            NAMES[:-1],
            functools.partial(selected, length),
            math.log(SYMBOLS),
        )
    )
