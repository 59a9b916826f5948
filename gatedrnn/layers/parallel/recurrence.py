"""Linear recurrences of all steps at once, by loops of few steps over many parts: work in proportion to the steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from gatedrnn.layers.blocks import divisor_near, shifted

PART = 32
"""Steps that a loop composes one after the other, in all parts at once."""


def solve_linear(compose: Callable[..., Any], apply: Callable[..., Any], maps: Any, *, reverse: bool) -> Any:
    """Return ``d`` of ``d[t] = apply(maps[t], d[t - 1])``, from ``d = 0``, for all t, ``[T, ...]``.

    Steps are parted; a loop composes those of each part, in place. What whole parts make of a vector is a recurrence of
    fewer steps, solved in the same way; then each step is applied to what comes before its part. It is what
    ``lax.associative_scan`` does with parts of two steps, where it needs arrays of every level at once, and
    programs that grow with them.

    Args:
        compose: maps two maps, the earlier one first, to what both do one after the other.
        apply: applies maps ``(a, b)`` to vectors, each array with any leading axes.
        maps: pairs ``(a, b)`` of trees of arrays ``[T, ...]``, affine maps whose value at 0 is b.
        reverse: whether the last step comes first.
    """
    length = jax.tree.leaves(maps)[0].shape[0]
    nothing = jax.tree.map(lambda leaf: jnp.zeros_like(leaf[0]), maps[1])
    if length <= 2 * PART:

        def step(d: Any, one: Any) -> tuple[Any, Any]:
            d = apply(one, d)
            return d, d

        return jax.lax.scan(step, nothing, maps, reverse=reverse)[1]
    size = divisor_near(length, PART)
    parts = jax.tree.map(partial(_parted, size=size, reverse=reverse), maps)

    def fold(number: Any, parts: Any) -> Any:
        here = size - 1 - number if reverse else number
        before = here + 1 if reverse else here - 1
        new = compose(_column(parts, before), _column(parts, here))
        return jax.tree.map(lambda leaf, new: jax.lax.dynamic_update_index_in_dim(leaf, new, here, 1), parts, new)

    parts = jax.lax.fori_loop(1, size, fold, parts)
    totals = jax.tree.map(lambda leaf: leaf[:, 0 if reverse else -1], parts)
    ends = solve_linear(compose, apply, totals, reverse=reverse)
    begins = jax.tree.map(lambda leaf, zero: shifted(leaf, zero, reverse=reverse)[:, None], ends, nothing)
    found = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), apply(parts, begins))
    return jax.tree.map(lambda leaf: leaf[-length:] if reverse else leaf[:length], found)


def _column(parts: Any, at: Any) -> Any:
    return jax.tree.map(lambda leaf: jax.lax.dynamic_index_in_dim(leaf, at, 1, keepdims=False), parts)


def _parted(leaf: Any, size: int, *, reverse: bool) -> Any:
    """Return steps in parts ``[T / size, size, ...]``, with zeros after the last that comes."""
    missing = -leaf.shape[0] % size
    if missing:
        zeros = jnp.zeros_like(leaf[:missing])
        leaf = jnp.concatenate([zeros, leaf] if reverse else [leaf, zeros])
    return leaf.reshape(-1, size, *leaf.shape[1:])
