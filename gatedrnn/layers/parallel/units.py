"""Jacobians of all steps unit by unit, and the linear recurrences that they make: work in proportion to the units."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

from gatedrnn.cells.cotangents import differentiable
from gatedrnn.cells.gated import gated, mixes_units
from gatedrnn.layers.parallel.dependencies import dependencies
from gatedrnn.layers.parallel.recurrence import solve_linear
from gatedrnn.layers.sequence import Steps, select

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params

Entries: TypeAlias = "dict[tuple[int, int], Array]"
"""Entry (i, j) of each unit's matrix, ``[T, *B, H]``; what is always 0 is not there."""


class Units(NamedTuple):
    """For each unit the derivative of its numbers in the carry that a step leaves by its own in the carry before."""

    entries: Entries

    def solve(self, summand: list[Array], *, reverse: bool) -> list[Array]:
        """Return ``d`` of ``d[t] = A[t] d[t - 1] + summand[t]``, from 0, in the direction of the scan."""
        return _solved(self.entries, summand, reverse=reverse)

    def solve_transposed(self, summand: list[Array], *, reverse: bool) -> list[Array]:
        """Return ``d`` of ``d[t] = A[t]^T d[t + 1] + summand[t]``, from 0, against the direction of the scan."""
        return _solved({(j, i): a for (i, j), a in self.entries.items()}, summand, reverse=not reverse)


def why_not_by_unit(cell: Any, carry: Carry) -> str | None:
    """Return what a cell's carry has that can't be seen unit by unit; None where it can."""
    leaves = jax.tree.leaves(carry)
    if mixes_units(cell) or hasattr(cell, "emit"):
        return "gates that act on each unit alone"
    if len({leaf.shape for leaf in leaves}) > 1 or not all(differentiable(leaf) for leaf in leaves):
        return "a carry of one real number for each unit in each of its arrays"
    return None


def units(
    cell: Any, params: Params, linear: tuple[Any, Any], consumed: Carry, steps: Steps, *, through_recur: bool
) -> Units:
    """Return each unit's Jacobians of all steps, by one JVP of the gate for each array of the carry.

    Args:
        cell: a ``GatedCell`` whose gate is elementwise, its carry of arrays ``[*B, H]``.
        params: the parameters as the cell has prepared them.
        linear: ``z`` and ``u``, what ``project`` and ``recur`` gave, ``[T, *B, ...]``.
        consumed: the carry that each step consumed, ``[T, *B, H]``.
        steps: which steps exist, and where the carry is reset.
        through_recur: whether what a unit makes of itself through the recurrent map counts; else ``u`` is held fixed.
    """
    z, u = linear
    leaves, tree = jax.tree.flatten(consumed)
    reached = _reached(cell, params, linear, consumed, through_recur=through_recur)
    entries: Entries = {}
    for j in range(len(leaves)):
        rows = [i for i, those in enumerate(reached) if j in those]
        if not rows:
            continue
        ones = [jnp.ones_like(leaf) if k == j else jnp.zeros_like(leaf) for k, leaf in enumerate(leaves)]
        d_u = _own(cell, params, consumed, j, u) if through_recur else jax.tree.map(jnp.zeros_like, u)
        of_gate = lambda u, carry: gated(cell, params, z, u, carry)[0]  # noqa: E731
        column = jax.tree.leaves(jax.jvp(of_gate, (u, consumed), (d_u, tree.unflatten(ones)))[1])
        entries |= {(i, j): column[i].astype(jnp.promote_types(column[i].dtype, jnp.float32)) for i in rows}
    return Units(_closed(_flagged(entries, leaves, steps)))


def _reached(
    cell: Any, params: Params, linear: tuple[Any, Any], consumed: Carry, *, through_recur: bool
) -> list[set[int]]:
    """Return for each array of a carry which arrays of the carry before it follows from."""

    def step(*leaves: Array) -> Any:
        carry = jax.tree.structure(consumed).unflatten(leaves)
        u = cell.recur(params, carry) if through_recur else linear[1]
        return gated(cell, params, linear[0], u, carry)[0]

    return dependencies(step, *jax.tree.leaves(consumed))


def _own(cell: Any, params: Params, consumed: Carry, j: int, u: Any) -> Any:
    """Return how ``u`` changes with array ``j`` of the carry, for each unit with its own number alone."""
    leaves, tree = jax.tree.flatten(consumed)
    width = leaves[j].shape[-1]
    zeros = [jnp.zeros((width, width), leaf.dtype) for leaf in leaves]
    each_unit = [jnp.eye(width, dtype=zero.dtype) if k == j else zero for k, zero in enumerate(zeros)]
    recur = partial(cell.recur, params)
    of_units = jax.jvp(recur, (tree.unflatten(zeros),), (tree.unflatten(each_unit),))[1]

    def own(d: Array, like: Array) -> Array:
        # Blocks lie side by side: column p belongs to unit p modulo H.
        mine = jnp.diagonal(d.reshape(width, -1, width), axis1=0, axis2=2)
        return jnp.broadcast_to(mine.reshape(d.shape[1:]), like.shape).astype(like.dtype)

    return jax.tree.map(own, of_units, u)


def _flagged(entries: Entries, leaves: list[Array], steps: Steps) -> Entries:
    """Hand on what a step that does not exist hands on, and nothing where the carry is reset."""
    if steps.valid is not None:
        for i, leaf in enumerate(leaves):
            entries.setdefault((i, i), jnp.zeros(leaf.shape, jnp.promote_types(leaf.dtype, jnp.float32)))
        entries = {(i, j): select(steps.valid, a, jnp.full_like(a, i == j)) for (i, j), a in entries.items()}
    if steps.reset is not None:
        entries = {key: select(steps.reset, jnp.zeros_like(a), a) for key, a in entries.items()}
    return entries


def _closed(entries: Entries) -> Entries:
    """Add zeros where a product of two such matrices has another number, so that products have this form too."""
    while missing := {(i, k) for i, j in entries for m, k in entries if m == j} - entries.keys():
        entries = entries | {key: jnp.zeros_like(next(iter(entries.values()))) for key in missing}
    return entries


def _solved(entries: Entries, summand: list[Array], *, reverse: bool) -> list[Array]:
    if not entries:
        return summand
    wide = [b.astype(jnp.promote_types(b.dtype, jnp.float32)) for b in summand]
    found = solve_linear(_composed, _applied, (entries, wide), reverse=reverse)
    return [d.astype(b.dtype) for d, b in zip(found, summand, strict=True)]


def _composed(one: tuple[Entries, list[Array]], two: tuple[Entries, list[Array]]) -> tuple[Entries, list[Array]]:
    """Return two maps ``d -> A d + b`` as one, unit by unit."""
    (a1, b1), (a2, _) = one, two
    made: Entries = {}
    for (i, j), left in a2.items():
        for (m, k), right in a1.items():
            if m == j:
                made[i, k] = made[i, k] + left * right if (i, k) in made else left * right
    return {key: made.get(key, jnp.zeros_like(a)) for key, a in a2.items()}, _applied(two, b1)


def _applied(one: tuple[Entries, list[Array]], d: list[Array]) -> list[Array]:
    """Return ``A d + b``, unit by unit."""
    entries, total = one[0], list(one[1])
    for (i, j), a in entries.items():
        total[i] = total[i] + a * d[j]
    return total
