"""The minimal gated recurrent unit with positive candidates, which runs in log space."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.min_gru import MinGRU, MinGRUParams
from gatedrnn.cells.positive import log_positive, positive
from gatedrnn.config import config

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


@config
class LogMinGRU(MinGRU):
    """Minimal gated recurrent unit in log space: a ``MinGRU`` whose candidates, and so its states, are positive.

    .. code-block:: text

        z = sigmoid(x W_xz + b_z)                        update gate
        n = g(x W_xn + b_n)                              candidate; g(a) = a + 1/2 for a >= 0, sigmoid(a) below
        log h' = logaddexp(log(1 - z) + log h, log z + log n)        h' is also the output

    The state before the first step is g(0) = 1/2, as the paper's parallel form makes of zeros. A carry is h itself and
    is not squashed again, so that a sequence in chunks is the sequence in one. ``step`` and scans compute the sum of
    positive terms that the last line is; ``engine="associative"`` computes the logarithms, in parallel over time.

    Attributes:
        hidden: H, the number of units.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Feng et al. 2024, "Were RNNs All We Needed?", arXiv 2410.01201v3, appendix B.

    Example:
        >>> cell = LogMinGRU(1)
        >>> params = MinGRUParams(w_x=jnp.array([[0.0, 1.0]]), b=jnp.zeros(2))  # z = 1/2, n = g(x)
        >>> cell.step(params, cell.initial_carry(params, jnp.ones(1)), jnp.array([1.0]))[1]
        Array([1.], dtype=float32)
    """

    activation: Callable[[Array], Array] = dataclasses.field(default_factory=lambda: positive, init=False, repr=False)

    def initial_carry(self, params: MinGRUParams, x: Any) -> Float[Array, "*B H"]:
        """Return g(0) = 1/2 for each unit, ``[*B, H]``, for an input ``[*B, I]``."""
        return super().initial_carry(params, x) + 0.5

    def log_linear(self, params: MinGRUParams, z: Array) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Return ``(log a, log b)`` of ``h' = a * h + b``, for the associative engine."""
        del params
        z_z, z_n = jnp.split(z, 2, axis=-1)
        return jax.nn.log_sigmoid(-z_z), jax.nn.log_sigmoid(z_z) + log_positive(z_n)
