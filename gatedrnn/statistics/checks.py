"""Messages for numbers of which no statistics can be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def check_level(level: float) -> None:
    """Raise a ``ValueError`` where ``level`` is no coverage, as where it is in percent."""
    if not 0 < level < 1:
        raise InputError(f"level: expected a number between 0 and 1, got {level!r}")


def finite(name: str, values: ArrayLike, least: int = 2) -> NDArray:
    """Return an array of floats whose last axis has ``least`` or more; a ``ValueError`` names what is wrong with it."""
    array = np.asarray(values, float)
    if array.ndim == 0 or array.shape[-1] < least:
        raise InputError(f"{name}: expected {least} replicates or more, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{name}: expected finite numbers, got {array[~np.isfinite(array)][0]}")
    return array


def paired_values(a: ArrayLike, b: ArrayLike) -> NDArray:
    """Return A - B for each replicate ``[n]``; a ``ValueError`` says where they are not pairs."""
    a, b = finite("a", a), finite("b", b)
    if a.ndim != 1 or a.shape != b.shape:
        raise InputError(f"a, b: expected one number for each replicate, got shapes {a.shape} and {b.shape}")
    return a - b
