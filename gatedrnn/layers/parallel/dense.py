"""Whole Jacobians of all steps, and the linear recurrence that they make: n^3 work a step for a carry of n numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.gated import gated
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.parallel.recurrence import solve_linear
from gatedrnn.layers.parallel.steps import real, with_real
from gatedrnn.layers.sequence import Steps, select

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

    from gatedrnn.types import Carry, Params


class Dense(NamedTuple):
    """The derivative of the carry that each step leaves by the one before it; its rows are of the former."""

    matrix: Float[Array, "T *B n n"]

    def solve(self, summand: list[Array], *, reverse: bool) -> list[Array]:
        """Return ``d`` of ``d[t] = A[t] d[t - 1] + summand[t]``, from 0, in the direction of the scan."""
        return _solved(self.matrix, summand, reverse=reverse)

    def solve_transposed(self, summand: list[Array], *, reverse: bool) -> list[Array]:
        """Return ``d`` of ``d[t] = A[t]^T d[t + 1] + summand[t]``, from 0, against the direction of the scan."""
        return _solved(jnp.swapaxes(self.matrix, -1, -2), summand, reverse=not reverse)


def dense(plan: ScanPlan, params: Params, linear: tuple[Any, Any], consumed: Carry, steps: Steps) -> Dense:
    """Return the Jacobians of all steps, by one JVP of the gate for each of the carry's n numbers.

    What the recurrent map makes of a number is the same at each step, as the map is linear, so it is applied n times
    in all, and not n times a step.

    Args:
        plan: a ``GatedCell``, whose gate need not be elementwise, and how many axes lead in its inputs.
        params: the parameters as the cell has prepared them.
        linear: ``z`` and ``u``, what ``project`` and ``recur`` gave, ``[T, *B, ...]``.
        consumed: the carry that each step consumed, ``[T, *B, ...]``.
        steps: which steps exist, and where the carry is reset.
    """
    cell, leading = plan.cell, plan.axes
    z, u = linear
    one = [jnp.zeros(leaf.shape[leading:], leaf.dtype) for leaf in real(consumed)]
    basis = _basis(one)

    def recurred(leaves: list[Array]) -> Any:
        rest = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape[leading:], leaf.dtype), consumed)
        return cell.recur(params, with_real(rest, leaves))

    def column(direction: list[Array]) -> Array:
        d_u = jax.jvp(recurred, (one,), (direction,))[1]
        spread = lambda d, like: jnp.broadcast_to(d, like.shape).astype(like.dtype)  # noqa: E731
        tangents = jax.tree.map(spread, (d_u, direction), (u, real(consumed)))

        def new(u: Any, leaves: list[Array]) -> list[Array]:
            return real(gated(cell, params, z, u, with_real(consumed, leaves))[0])

        return joined_vector(jax.jvp(new, (u, real(consumed)), tangents)[1], leading)

    matrix = jnp.moveaxis(jax.vmap(column)(basis), 0, -1)
    if steps.valid is not None:
        matrix = select(steps.valid, matrix, jnp.eye(matrix.shape[-1], dtype=matrix.dtype))
    if steps.reset is not None:
        matrix = select(steps.reset, jnp.zeros_like(matrix), matrix)
    return Dense(matrix)


def joined_vector(leaves: list[Array], leading: int) -> Float[Array, "*T n"]:
    """Return all numbers of each step as one vector, of the widest of their types."""
    dtype = jnp.result_type(jnp.float32, *leaves)
    return jnp.concatenate([leaf.reshape(*leaf.shape[:leading], -1).astype(dtype) for leaf in leaves], axis=-1)


def parted_vector(vector: Float[Array, "*T n"], like: list[Array]) -> list[Array]:
    """Return what ``joined_vector`` has joined."""
    leading, leaves, at = vector.ndim - 1, [], 0
    for leaf in like:
        size = math.prod(leaf.shape[leading:])
        leaves.append(vector[..., at : at + size].reshape(leaf.shape).astype(leaf.dtype))
        at += size
    return leaves


def _basis(one: list[Array]) -> list[Array]:
    """Return the unit vectors of a carry without axes of time and batch, along a first axis."""
    size = sum(math.prod(leaf.shape) for leaf in one)
    like = [jnp.zeros((size, *leaf.shape), leaf.dtype) for leaf in one]
    return parted_vector(jnp.eye(size, dtype=jnp.result_type(jnp.float32, *one)), like)


def _solved(matrix: Array, summand: list[Array], *, reverse: bool) -> list[Array]:
    vector = joined_vector(summand, matrix.ndim - 2)
    return parted_vector(solve_linear(_composed, _applied, (matrix, vector), reverse=reverse), summand)


def _composed(one: tuple[Array, Array], two: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return two maps ``d -> A d + b`` as one; at full precision, as each error is carried on by all later steps."""
    return jnp.einsum("...ij,...jk->...ik", two[0], one[0], precision="highest"), _applied(two, one[1])


def _applied(one: tuple[Array, Array], d: Array) -> Array:
    """Return ``A d + b``."""
    return jnp.einsum("...ij,...j->...i", one[0], d, precision="highest") + one[1]
