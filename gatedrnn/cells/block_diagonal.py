"""Recurrent maps in heads: units of one head see each other, and no other head's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.arguments import whole
from gatedrnn.cells import initializers
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


def check_heads(hidden: int, heads: Any) -> None:
    """Raise ``InputError`` unless ``heads`` divides the number of units."""
    whole("heads", heads)
    if hidden % heads:
        raise InputError(f"heads: expected a number that divides hidden={hidden}, got {heads}")


def orthogonal_heads(
    key: Key[Array, ""], hidden: int, heads: int, gates: int, dtype: Any
) -> Float[Array, "heads D GD"]:
    """Draw ``[heads, D, G*D]`` with D = H / heads units a head; each ``[D, D]`` block is orthogonal."""
    keys = jax.random.split(key, heads)
    return jax.vmap(lambda k: initializers.orthogonal(k, hidden // heads, gates, dtype))(keys)


def heads_product(h: Float[Array, "... H"], w: Float[Array, "heads D GD"]) -> Float[Array, "... GH"]:
    """Return each head's product, a block of H columns for each gate, heads side by side in it.

    Example:
        >>> h = jnp.array([1.0, 2.0])  # two heads of one unit each, two gates
        >>> heads_product(h, jnp.array([[[10.0, 20.0]], [[30.0, 40.0]]])).tolist()
        [10.0, 60.0, 20.0, 80.0]
    """
    heads, units, columns = w.shape
    product = jnp.einsum("...nd,ndk->...nk", h.reshape(*h.shape[:-1], heads, units), w)
    gates = product.reshape(*h.shape[:-1], heads, columns // units, units)
    return jnp.swapaxes(gates, -3, -2).reshape(*h.shape[:-1], heads * columns)
