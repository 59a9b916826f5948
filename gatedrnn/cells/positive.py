"""The squashing of candidates that have to be positive, and its logarithm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


def positive(a: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return ``a + 1/2`` for ``a >= 0`` and ``sigmoid(a)`` below: positive, continuous and ascending.

    Source: Feng et al. 2024, "Were RNNs All We Needed?", arXiv 2410.01201v3, appendix B, where it is g.

    Example:
        >>> positive(jnp.array([-1000.0, 0.0, 2.0])).tolist()
        [0.0, 0.5, 2.5]
    """
    return jnp.where(a >= 0, a + 0.5, jax.nn.sigmoid(a))


def log_positive(a: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return ``log(positive(a))``, exact where ``positive(a)`` itself is too small to be told from 0.

    Example:
        >>> log_positive(jnp.array([-1000.0, 0.5])).tolist()
        [-1000.0, 0.0]
    """
    # The inner choice keeps the logarithm of a negative number, and its derivative, out of the branch not taken.
    return jnp.where(a >= 0, jnp.log(jnp.where(a >= 0, a, 0) + 0.5), jax.nn.log_sigmoid(a))
