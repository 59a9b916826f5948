"""``gr.last``: the output at the end of each sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.inputs import numbers

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Int, Shaped


def last(ys: Shaped[Array, "T *B O"], lengths: Int[Array, "*b"] | None = None) -> Shaped[Array, "*B O"]:
    """Return ``ys[lengths - 1]`` for each sequence, zeros where the length is 0.

    After a bidirectional layer that holds the backward cell's output after one single input, that of the last step;
    what both directions have read of the whole sequence is ``gr.final(layer, carry)``.

    Args:
        ys: outputs ``[T, *B, O]``.
        lengths: steps of each sequence, clipped to [0, T]; None is T for all.

    Raises:
        InputError: where ``lengths`` has no integers, or a shape that does not fit.

    Example:
        >>> ys = jnp.arange(6.0).reshape(3, 2, 1)
        >>> last(ys, jnp.array([1, 3])).ravel()
        Array([0., 5.], dtype=float32)
    """
    ys = numbers("ys", ys)
    if ys.ndim < 2:
        raise InputError(f"ys: expected [T, *B, O], got shape {ys.shape}")
    if lengths is None:
        lengths = jnp.full((), ys.shape[0])
    valid = sequence.valid_steps(ys.shape[:-1], lengths, None)
    assert valid is not None
    ends = valid & ~jnp.concatenate([valid[1:], jnp.zeros_like(valid[:1])])
    return sequence.zero_padding(ends, ys).sum(0, dtype=ys.dtype)
