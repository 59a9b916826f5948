"""Whether the numbers of a column are still told apart once they are centred, scaled and narrowed to float32."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jaxtyping import Float

LARGEST, LEAST = 1e140, 1e-140
"""Largest number, and least range, whose squares float64 holds, sums over all rows included."""
LEVELS = 16
"""Steps of float32 that must lie between the quartiles of a column."""
LOOKED_AT = 1 << 16
"""Rows from which quartiles are taken, and that are looked at at once."""


def check_representable(name: str, column: Float[np.ndarray, "N"]) -> None:
    """Refuse a column whose numbers become one another in float32, whatever they are centred and scaled by.

    Networks read float32. A mean that is large beside what varies does no harm, as it is taken off in float64; a single
    number that is large beside all others does, as it makes the deviation so large that the others fall together.

    Args:
        name: what the column is called.
        column: the numbers of the column, which are finite and not all alike.

    Raises:
        InputError: where that is so, or squares of the numbers leave float64; says what to do.

    Example:
        >>> check_representable("load", 1e8 + np.arange(40.0))
        >>> check_representable("load", np.array([1.0, 2.0, 3.0, 4.0, 1e100]))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: column 'load': expected numbers that stay apart in float32, got 1 to 1e+100: ...
    """
    low, high = float(column.min()), float(column.max())
    if max(-low, high) > LARGEST or high / 2 - low / 2 < LEAST:
        raise InputError(
            f"column {name!r}: expected numbers up to {LARGEST:g} that differ by {LEAST:g} or more, got {low:g} to "
            f"{high:g}; write it in another unit, or leave out the rows that are no measurements"
        )
    mean, deviation = _moments(column)
    first, middle, last = np.quantile(column[:: -(-len(column) // LOOKED_AT)].astype(np.float64), (0.25, 0.5, 0.75))
    step = float(np.spacing(np.float32(abs(middle - mean) / deviation)))
    if 0 < last - first < LEVELS * deviation * step:
        raise InputError(
            f"column {name!r}: expected numbers that stay apart in float32, got {low:g} to {high:g}: beside these, the "
            f"middle half, {first:g} to {last:g}, is one number; leave out the rows that are no measurements, or take "
            "logarithms"
        )


def _moments(column: Float[np.ndarray, "N"]) -> tuple[float, float]:
    """Return mean and deviation, in float64 and little memory."""
    parts = [slice(first, first + LOOKED_AT) for first in range(0, len(column), LOOKED_AT)]
    mean = sum(float(column[part].sum(dtype=np.float64)) for part in parts) / len(column)
    squares = sum(float(np.square(column[part].astype(np.float64) - mean).sum()) for part in parts)
    return mean, math.sqrt(squares / len(column))
