"""Initial weights, drawn for each gate on its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


_ORTHOGONAL = jax.nn.initializers.orthogonal()
_GLOROT = jax.nn.initializers.glorot_uniform()


# One program instead of a dozen where a cell is drawn outside of any; inlined, it leaves those around it as they are.
@partial(jax.jit, static_argnums=(0, 2, 3, 4), inline=True)
def _blocks(init: Any, key: Key[Array, ""], shape: tuple[int, int], gates: int, dtype: Any) -> Array:
    """Draw ``gates`` blocks of ``shape`` side by side; below float32 in float32, then rounded."""
    wide = jnp.promote_types(dtype, jnp.float32)
    blocks = jax.vmap(lambda k: init(k, shape, wide))(jax.random.split(key, gates))
    return jnp.moveaxis(blocks, 0, 1).reshape(shape[0], gates * shape[1]).astype(dtype)


def orthogonal(key: Key[Array, ""], hidden: int, gates: int, dtype: Any = "float32") -> Float[Array, "H GH"]:
    """Draw a recurrent map ``[H, G*H]`` whose every ``[H, H]`` block is orthogonal.

    One joint orthogonal draw over ``[H, G*H]`` would give each gate's block a scale that depends on the number
    of gates, and so would confound a comparison of LSTM (four blocks) with GRU (three).

    Source: Saxe, McClelland and Ganguli 2014, arXiv 1312.6120v3.
    """
    return _blocks(_ORTHOGONAL, key, (hidden, hidden), gates, dtype)


def glorot(key: Key[Array, ""], in_dim: int, hidden: int, gates: int, dtype: Any = "float32") -> Float[Array, "I GH"]:
    """Draw an input map ``[I, G*H]``, each ``[I, H]`` block uniform in ±sqrt(6 / (I + H)).

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward networks".
    """
    return _blocks(_GLOROT, key, (in_dim, hidden), gates, dtype)
