"""Mean and deviation of the columns of recorded data, of which a part may be too large to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.splitting import Stretches

CHUNK = 1 << 16
"""Rows that are read at a time."""


class Moments(NamedTuple):
    """Mean and deviation of each column, ``[I]``."""

    mean: Float[np.ndarray, "I"]
    deviation: Float[np.ndarray, "I"]


def moments(flat: Float[np.ndarray, "N I"], parts: tuple[Stretches, ...]) -> Moments:
    """Return mean and deviation of each column over all steps of these parts, in float64 and little memory.

    Example:
        >>> from gatedrnn.tasks.splitting import Stretches
        >>> part = Stretches(np.array([0, 3]), np.array([2, 4]), np.array([0, 1]))
        >>> [m.tolist() for m in moments(np.array([[1.0], [2.0], [9.0], [6.0]]), (part,))]
        [[3.0], [2.160246899469287]]
    """
    spans = [
        (first, min(first + CHUNK, stop))
        for part in parts
        for start, stop in zip(part.starts.tolist(), part.stops.tolist(), strict=True)
        for first in range(start, stop, CHUNK)
    ]
    total: Any = sum(flat[a:b].sum(0, dtype=np.float64) for a, b in spans)
    mean = total / sum(b - a for a, b in spans)
    squares: Any = sum(((flat[a:b] - mean) ** 2).sum(0) for a, b in spans)
    return Moments(mean, np.sqrt(squares / sum(b - a for a, b in spans)))
