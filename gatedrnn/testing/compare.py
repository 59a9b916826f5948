"""Equal, and equal to rounding: comparisons whose failure says what differs, where and by how much."""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np


def tolerance(eps: float, operations: int) -> float:
    """Return the relative error that ``operations`` roundings in a row may make: ``8 sqrt(operations) eps``.

    Rounding errors are mostly independent, so they add up like a random walk; a multiple of 8 is exceeded with a
    probability below 1e-13.

    Source: Higham and Mary 2019, "A new approach to probabilistic rounding error analysis", theorem 2.4.

    Example:
        >>> tolerance(2.0**-23, operations=100) < 1e-5
        True
    """
    return 8 * math.sqrt(operations) * eps


def assert_equal(got: Any, expected: Any, what: str) -> None:
    """Raise ``AssertionError`` unless both trees are equal in every bit that counts: structure, type, shape, value."""
    _compare(got, expected, what, 0.0)


def assert_close(got: Any, expected: Any, what: str, *, rtol: float) -> None:
    """Raise ``AssertionError`` unless both trees are alike and differ by at most ``rtol`` of a leaf's largest entry.

    Largest, and at least 1: a sum that cancels keeps the rounding errors of its terms. NaN is never close.

    Example:
        >>> assert_close(np.ones(2), np.array([1.0, 1.5]), "ones", rtol=1e-6)
        Traceback (most recent call last):
        ...
        AssertionError: ones: 1 of 2 entries differ, the most at (1,): got 1.0, expected 1.5, allowed ±1.5e-06
    """
    _compare(got, expected, what, rtol)


def _compare(got: Any, expected: Any, what: str, rtol: float) -> None:
    structures = jax.tree.structure(got), jax.tree.structure(expected)
    if structures[0] != structures[1]:
        raise AssertionError(f"{what}: expected the structure {structures[1]}, got {structures[0]}")
    for (path, a), b in zip(jax.tree.leaves_with_path(got), jax.tree.leaves(expected), strict=True):
        _compare_leaf(np.asarray(a), np.asarray(b), what + jax.tree_util.keystr(path), rtol)


def _compare_leaf(got: np.ndarray, expected: np.ndarray, what: str, rtol: float) -> None:
    if (got.shape, got.dtype) != (expected.shape, expected.dtype):
        raise AssertionError(
            f"{what}: expected {expected.dtype}{list(expected.shape)}, got {got.dtype}{list(got.shape)}"
        )
    if got.size == 0:
        return
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    allowed = rtol * max(1.0, np.abs(expected).max())
    error = np.abs(got - expected)
    wrong = ~(error <= allowed)  # true for NaN as well
    if wrong.any():
        worst = np.unravel_index(np.argmax(np.where(wrong & np.isnan(error), np.inf, error)), error.shape)
        where = tuple(int(i) for i in worst)
        raise AssertionError(
            f"{what}: {wrong.sum()} of {wrong.size} entries differ, the most at {where}: "
            f"got {got[worst]}, expected {expected[worst]}, allowed ±{allowed:.2g}"
        )
