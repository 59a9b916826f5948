"""Scans over blocks of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry


def scan_blocks(
    body: Callable[[Carry, Any, Any], tuple[Carry, Any]],
    carry: Carry,
    xs: Any,
    edges: Any,
    size: int,
    *,
    reverse: bool,
) -> tuple[Carry, Any]:
    """Do what ``jax.lax.scan`` does, where ``body(carry, block, edge)`` consumes and returns ``size`` steps at a time.

    Where ``size`` does not divide the number of steps, the last block in time is shorter; that costs a copy of
    ``xs`` and of the result.

    Args:
        body: maps a carry, ``[size, ...]`` of ``xs`` and an entry of ``edges`` to a carry and ``[size, ...]``.
        carry: the carry to start from.
        xs: one entry for each step.
        edges: one entry for each block, in the order of time.
        size: steps of a block.
        reverse: consume the last block first.
    """
    length = jax.tree.leaves(xs)[0].shape[0]
    if length <= size:
        return body(carry, xs, jax.tree.map(lambda edge: edge[0], edges))
    count, rest = divmod(length, size)
    whole = count * size

    def scan_whole(carry: Carry) -> tuple[Carry, Any]:
        head = jax.tree.map(lambda x: x[:whole].reshape(count, size, *x.shape[1:]), xs)
        before = jax.tree.map(lambda edge: edge[:count], edges)
        carry, ys = jax.lax.scan(lambda carry, one: body(carry, *one), carry, (head, before), reverse=reverse)
        return carry, jax.tree.map(lambda y: y.reshape(whole, *y.shape[2:]), ys)

    if not rest:
        return scan_whole(carry)
    tail, edge = jax.tree.map(lambda x: x[whole:], xs), jax.tree.map(lambda edge: edge[-1], edges)
    if reverse:
        carry, last = body(carry, tail, edge)
        carry, first = scan_whole(carry)
    else:
        carry, first = scan_whole(carry)
        carry, last = body(carry, tail, edge)
    # Two traces of one function differ in the identity of what they save for a derivative, not in its order.
    pairs = zip(*map(jax.tree.leaves, (first, last)), strict=True)
    return carry, jax.tree.unflatten(jax.tree.structure(first), [jnp.concatenate(pair) for pair in pairs])


def divisor_near(length: int, size: int) -> int:
    """Return the divisor of ``length`` that is nearest to ``size`` within a factor of two, else ``size``.

    Blocks of a size that does not divide the number of steps cost copies.
    """
    near = [k for k in range(-(-size // 2), 2 * size + 1) if length % k == 0]
    return min(near, key=lambda k: max(k / size, size / k), default=size)


def block_edges(values: Array, start: Array, size: int, *, reverse: bool) -> Array:
    """Return what stands just before each block of ``values [T, ...]``, in the order in which a scan runs."""
    if reverse:
        return jnp.concatenate([values[size::size], start[None]])
    return jnp.concatenate([start[None], values[size - 1 :: size]])[: max(-(-values.shape[0] // size), 1)]


def shifted(values: Array, edge: Array, *, reverse: bool) -> Array:
    """Return what stands before each of ``values [T, ...]``, in the order in which a scan runs."""
    if reverse:
        return jnp.concatenate([values, edge[None]])[1:]
    return jnp.concatenate([edge[None], values])[:-1]


def step_of(tree: Any, t: Array, width: int) -> Any:
    """Return entry ``t`` of arrays ``[T, *B, G*width]``.

    Gates lie side by side in the last axis. Each is sliced out by itself: a slice of columns from a slice of one
    step is index arithmetic that XLA's CPU backend does for each number, and does not vectorise.
    """

    def one(leaf: Array) -> Array:
        columns = leaf.shape[-1]
        if columns == width or columns % width:
            return jax.lax.dynamic_index_in_dim(leaf, t, keepdims=False)
        origin, shape = (0,) * (leaf.ndim - 2), (1, *leaf.shape[1:-1], width)
        gates = [jax.lax.dynamic_slice(leaf, (t, *origin, k), shape)[0] for k in range(0, columns, width)]
        return jnp.concatenate(gates, axis=-1)

    return jax.tree.map(one, tree)


def flat(function: Callable[..., Any], *trees: Any, leading: int) -> Any:
    """Apply ``function`` to arrays whose ``leading`` axes are merged into one, and part them again in the result."""
    if spread_explicitly(trees):
        return function(*trees)
    axes = jax.tree.leaves(trees)[0].shape[:leading]
    out = function(*merged(trees, leading))
    return jax.tree.map(lambda leaf: leaf.reshape(*axes, *leaf.shape[1:]), out)


def merged(tree: Any, leading: int) -> Any:
    """Merge the ``leading`` axes of each array: on CPU, XLA's product over several axes is slower than over one.

    ``python benchmarks/flat_products.py`` measures it. An axis spread over an explicit mesh has no place in the
    merged one, so nothing is merged there.
    """
    if spread_explicitly(tree):
        return tree
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[leading:]), tree)


def spread_explicitly(tree: Any) -> bool:
    """Whether an array is spread over the axes of an explicit mesh."""
    return any(axis is not None for leaf in jax.tree.leaves(tree) for axis in jax.typeof(leaf).sharding.spec)
