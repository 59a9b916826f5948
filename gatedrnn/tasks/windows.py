"""Windows: steps that a network reads together, of which the first may only warm it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Int

    from gatedrnn.tasks.splitting import Stretches

SHORTEST, LONGEST = 32, 128
"""Steps of a window where none are asked for, unless two seasons are more."""
READ, MOST, FEWEST = 8192, 128, 16
"""Steps that training windows of a short series have together, about, and how many windows that may be."""


class Windows(NamedTuple):
    """Where each window starts, how many steps it has, of which sequence it is, and how many steps only warm up."""

    starts: Int[np.ndarray, "W"]
    lengths: Int[np.ndarray, "W"]
    sequences: Int[np.ndarray, "W"]
    warm: Int[np.ndarray, "W"]


def default_window(steps: int, season: int | None) -> int:
    """Return the steps of a window of a series: two seasons or more, and a fiftieth of a long one.

    Args:
        steps: the steps of the longest training stretch.
        season: the steps of a season; None where there is none.

    Example:
        >>> [default_window(steps, season) for steps, season in ((92, 12), (1461, 52), (11_000, 24))]
        [32, 104, 128]
    """
    wanted = max(SHORTEST, min(steps // 50, LONGEST), 2 * (season or 0))
    return max(2, min(wanted, steps // 2))


def scored_windows(part: Stretches, first: Int[np.ndarray, "K"], window: int, ahead: int) -> Windows:
    """Cut stretches so that each step is scored once, after real history.

    Each window scores half of its steps; the other half, before them, is what came before, also where that is of an
    earlier part. A sequence's own start has no history.

    Args:
        part: the stretches that are scored.
        first: the first step of each stretch's sequence, where its history begins.
        window: steps that are read.
        ahead: steps from an input to its target, which lies within the stretch.

    Example:
        >>> from gatedrnn.tasks.splitting import Stretches
        >>> part = Stretches(np.array([2]), np.array([9]), np.array([7]))
        >>> [a.tolist() for a in scored_windows(part, np.array([0]), 4, ahead=1)]
        [[0, 2, 4], [4, 4, 4], [7, 7, 7], [2, 2, 2]]
    """
    block = max(1, window - window // 2)
    steps = np.maximum(part.stops - part.starts - ahead, 0)
    if (steps <= window).all() and (first == part.starts).all():
        block = window  # a sequence that is read as a whole from its start
    of, within = _blocks(steps, np.full(len(steps), block))
    begins = part.starts[of] + within
    starts = np.maximum(begins - (window - block), first[of])
    ends = np.minimum(begins + block, part.starts[of] + steps[of])
    return Windows(starts, ends - starts, part.sequences[of], begins - starts)


def training_windows(part: Stretches, window: int, ahead: int, *, overlap: bool = True) -> Windows:
    """Cut stretches into windows to be trained on, none of which reads beyond its stretch.

    Windows follow each other where there are many; of a short series they overlap, so that an epoch is more than one
    step of the optimiser. What an overlap has already scored only warms up, half a window at most.

    Args:
        part: the stretches that are trained on.
        window: steps that are read.
        ahead: steps from an input to its target, which lies within the stretch.
        overlap: whether windows of a short series may overlap.

    Example:
        >>> from gatedrnn.tasks.splitting import Stretches
        >>> part = Stretches(np.array([0]), np.array([11]), np.array([7]))
        >>> [a.tolist() for a in training_windows(part, 8, ahead=1)]
        [[0, 1, 2], [8, 8, 8], [7, 7, 7], [0, 4, 4]]
    """
    steps = np.maximum(part.stops - part.starts - ahead, 0)
    if (steps <= window).all():
        of = np.flatnonzero(steps)
        return Windows(part.starts[of], steps[of], part.sequences[of], np.zeros(len(of), int))
    wanted = np.clip(READ // window, FEWEST, MOST)
    stride = int(np.clip((steps.sum() - len(steps) * window) // wanted, 1, window)) if overlap else window
    counts = np.where(steps > 0, np.maximum(-(-(steps - window) // stride), 0) + 1, 0)
    of = np.repeat(np.arange(len(counts)), counts)
    within = (np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)) * stride
    # The last window ends where the stretch does: shifted back, it is as long as the others.
    within = np.where(stride < window, np.minimum(within, np.maximum(steps[of] - window, 0)), within)
    lengths = np.minimum(window, steps[of] - within)
    warm = np.where(within > 0, min(window - stride, window // 2), 0)
    return Windows(part.starts[of] + within, lengths, part.sequences[of], warm)


def _blocks(steps: Int[np.ndarray, "K"], size: Int[np.ndarray, "K"]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each block of so many steps its stretch, and where in it the block begins."""
    counts = -(-steps // size)
    of = np.repeat(np.arange(len(counts)), counts)
    return of, (np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)) * size[of]
