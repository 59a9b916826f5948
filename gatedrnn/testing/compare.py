"""Equal, and equal to rounding: comparisons whose failure says what differs, where and by how much."""

from __future__ import annotations

import math
from typing import Any

import chex
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
    assert_close(got, expected, what, rtol=0.0)


def assert_zero(got: Any, what: str) -> None:
    """Raise ``AssertionError`` unless all numbers of a tree are zero."""
    assert_equal(got, jax.tree.map(np.zeros_like, got), what)


def assert_close(got: Any, expected: Any, what: str, *, rtol: float) -> None:
    """Raise ``AssertionError`` unless both trees are alike and differ by at most ``rtol`` of a leaf's largest entry.

    Largest, and at least 1: a sum that cancels keeps the rounding errors of its terms. NaN and inf are never close.

    Args:
        got: the tree that is judged.
        expected: the tree that is right, of the same structure, types and shapes.
        what: what both are, with which the message begins.
        rtol: the relative error that is allowed, as ``tolerance`` derives it.

    Example:
        >>> assert_close(np.ones(2), np.array([1.0, 1.5]), "ones", rtol=1e-6)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        AssertionError: ones: [Chex] Assertion assert_trees_all_close failed: ...
    """
    got, expected = (jax.tree.map(np.asarray, tree) for tree in (got, expected))
    try:
        chex.assert_trees_all_equal_structs(got, expected)
        chex.assert_trees_all_equal_shapes_and_dtypes(got, expected)
        for (path, a), b in zip(jax.tree.leaves_with_path(got), jax.tree.leaves(expected), strict=True):
            # By name: the message then says which leaf it is. In float64, which holds all narrower types exactly.
            name = jax.tree_util.keystr(path) or "values"
            one, other = ({name: leaf.astype(np.float64)} for leaf in (a, b))
            # NumPy calls two NaN equal; beside an infinity, which allows an infinite error, anything would be close.
            chex.assert_tree_all_finite((one, other))
            allowed = rtol * max(1.0, np.abs(other[name]).max(initial=0.0))
            chex.assert_trees_all_close(one, other, rtol=0.0, atol=allowed)
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from None
