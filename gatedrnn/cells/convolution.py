"""Convolutions in place of matrix products: maps of sequences of signals or images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.arguments import whole
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key

LAYOUTS = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC")}
"""Axes of input, kernel and output by the number of axes of space."""


def check_kernel(space: Any, size: Any) -> None:
    """Raise ``InputError`` unless there are one or two axes of space, and a kernel has a middle."""
    whole("space", space, most=2)
    whole("size", size)
    if size % 2 == 0:
        raise InputError(f"size: expected an odd number, so that a kernel has a middle; got {size}")


def convolve(x: Float[Array, "..."], w: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return ``x [*B, *space, I]`` convolved with ``w [*size, I, O]``: ``[*B, *space, O]``, zeros beyond its edges.

    As networks have it, kernels are not turned around: ``y[t] = sum over k of x[t + k - size // 2] w[k]``.

    Raises:
        InputError: where x has fewer axes than that, or other features.

    Example:
        >>> convolve(jnp.array([[1.0], [2.0], [3.0]]), jnp.array([[[10.0]], [[1.0]], [[0.0]]])).ravel().tolist()
        [1.0, 12.0, 23.0]
    """
    axes = w.ndim - 2
    if x.ndim <= axes or x.shape[-1] != w.shape[-2]:
        raise InputError(f"x: expected [..., {w.shape[-2]}] behind {axes} axes of space, got shape {x.shape}")
    batch, rest = x.shape[: -1 - axes], x.shape[x.ndim - 1 - axes :]
    flat = x.reshape(math.prod(batch), *rest)
    y = jax.lax.conv_general_dilated(flat, w, (1,) * axes, "SAME", dimension_numbers=LAYOUTS[axes])
    return y.reshape(*batch, *y.shape[1:])


def kernels(init: Any, key: Key[Array, ""], shape: tuple[int, ...], gates: int, dtype: Any) -> Float[Array, "..."]:
    """Draw ``gates`` kernels of ``shape``, ``[*size, I, O]``, side by side in the last axis."""
    wide = jnp.promote_types(dtype, jnp.float32)
    drawn = jax.vmap(lambda one: init(one, shape, wide))(jax.random.split(key, gates))
    return jnp.moveaxis(drawn, 0, -2).reshape(*shape[:-1], gates * shape[-1]).astype(dtype)
