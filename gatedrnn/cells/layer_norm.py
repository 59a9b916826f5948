"""Layer normalisation, for cells whose gates read normed sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


def layer_norm(a: Array, epsilon: float, wide: Any) -> Float[Array, "..."]:
    """Return ``(a - mean(a)) / sqrt(variance(a) + epsilon)``, both over the last axis.

    Args:
        a: the sums that are normed, ``[..., N]``.
        epsilon: the number that is added to the variance: a row of zeros is normed to zeros.
        wide: the type in which means are reckoned; the result has that of ``a``.

    Example:
        >>> import jax.numpy as jnp
        >>> layer_norm(jnp.array([1.0, 3.0]), 0.0, "float32")
        Array([-1.,  1.], dtype=float32)
    """
    reckoned = a.astype(wide)
    centred = reckoned - reckoned.mean(-1, keepdims=True)
    return (centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + epsilon)).astype(a.dtype)
