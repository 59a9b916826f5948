"""``gr.lyapunov``: whether trajectories of a cell come together or part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.arguments import whole
from gatedrnn.cells import checks
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.parallel.steps import real, with_real
from gatedrnn.layers.scan import prepare

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

    from gatedrnn.types import Carry, Cell, Params


def lyapunov(cell: Cell, params: Params, xs: Any, *, carry: Carry | None = None, skip: int = 0) -> Float[Array, "*B"]:
    """Return the largest Lyapunov exponent along a trajectory: how fast small differences of the carry grow in a step.

    .. code-block:: text

        v[t] = J[t] v[t - 1] / |v[t - 1]|         J[t] = d carry[t] / d carry[t - 1]
        exponent = mean over t of log |v[t]|      for t from ``skip`` on

    It says whether ``gr.parallel`` will work. Below -0.1 or so differences are gone after some ten steps, and few
    iterations are needed; near 0 they last as long as the sequence; above 0 they grow, rounding errors among them, and
    no parallel evaluation converges before the scan that answers for it. It costs some two scans.

    Args:
        cell: any cell, with a carry of real numbers; what else a carry holds has no differences.
        params: the parameters that ``init`` drew.
        xs: the input sequences, ``[T, *B, I]``.
        carry: the carry to start from; None is the initial one.
        skip: the number of first steps that do not count, in which differences turn to where they grow fastest.

    Raises:
        InputError: where ``skip`` leaves no step, or cell, inputs or carry do not fit.

    Source: Benettin et al. 1980, "Lyapunov characteristic exponents for smooth dynamical systems", Meccanica 15, the
    largest exponent; on parallel evaluation: Gonzalez et al. 2025, arXiv 2508.16817.

    Example:
        >>> import math, gatedrnn as gr
        >>> half = gr.SimpleRNNParams(w_x=jnp.zeros((1, 2)), w_h=jnp.eye(2) / 2, b=jnp.zeros(2))
        >>> exponent = gr.lyapunov(gr.SimpleRNN(2), half, jnp.zeros((50, 1)))  # tanh at 0 has slope 1
        >>> abs(float(exponent) - math.log(0.5)) < 1e-6
        True
    """
    checks.cell("cell", cell)
    xs = sequence.numbers("xs", xs)
    if xs.ndim < 2:
        raise InputError(f"xs: expected [T, *B, I], got shape {xs.shape}")
    whole("skip", skip, least=0, most=xs.shape[0] - 1)
    x, leading = sequence.first_input(xs), xs.ndim - 2
    params, prepared = prepare(cell, params, xs, None)
    start, _ = sequence.starting_carries(cell, params, (x, sequence.first_input(prepared)), leading, carry)
    first = [_direction(leaf) for leaf in real(start)]

    def step(at: tuple[Carry, list[Array]], x: Any) -> tuple[tuple[Carry, list[Array]], Array]:
        carry, direction = at

        def new(leaves: list[Array]) -> tuple[list[Array], Carry]:
            carried = cell.step(params, with_real(carry, leaves), x)[0]
            return real(carried), carried

        _, moved, carried = jax.jvp(new, (real(carry),), (direction,), has_aux=True)
        length = _length(moved, leading)
        # A difference that is nothing stays nothing, and its logarithm is that of the smallest number.
        length = jnp.maximum(length, jnp.finfo(length.dtype).tiny)
        scaled = [d / _beside(length, d).astype(d.dtype) for d in moved]
        return (carried, scaled), jnp.log(length)

    length = _length(first, leading)
    begun = [d / _beside(length, d).astype(d.dtype) for d in first]
    return jax.lax.scan(step, (start, begun), prepared)[1][skip:].mean(0)


def _direction(leaf: Array) -> Array:
    """Return numbers that no direction of a network is likely to be at right angles to."""
    return (1 + jnp.sin(1.0 + jnp.arange(leaf.size)).reshape(leaf.shape) / 2).astype(leaf.dtype) + 0 * leaf


def _length(leaves: list[Array], leading: int) -> Float[Array, "*B"]:
    """Return the Euclidean length of each sequence's difference, in float32 at least."""
    wide = [leaf.astype(jnp.promote_types(leaf.dtype, jnp.float32)) for leaf in leaves]
    return jnp.sqrt(sum((jnp.sum(d**2, axis=tuple(range(leading, d.ndim))) for d in wide), jnp.float32(0.0)))


def _beside(length: Float[Array, "*B"], like: Array) -> Array:
    return length.reshape(length.shape + (1,) * (like.ndim - length.ndim))
