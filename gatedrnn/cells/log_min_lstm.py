"""The minimal LSTM with positive candidates, which runs in log space."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.cells.min_lstm import MinLSTM, MinLSTMParams, log_odds
from gatedrnn.cells.positive import log_positive, positive
from gatedrnn.config import config

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


@config
class LogMinLSTM(MinLSTM):
    """Minimal LSTM in log space: a ``MinLSTM`` whose candidates, and so its states, are positive.

    .. code-block:: text

        f = sigmoid(x W_xf + b_f)        forget gate
        i = sigmoid(x W_xi + b_i)        input gate
        n = g(x W_xn + b_n)              candidate; g(a) = a + 1/2 for a >= 0, sigmoid(a) below
        log h' = logaddexp(log(f / (f + i)) + log h, log(i / (f + i)) + log n)        h' is also the output

    The state before the first step, carries and engines are those of ``LogMinGRU``.

    Attributes:
        hidden: H, the number of units.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Feng et al. 2024, "Were RNNs All We Needed?", arXiv 2410.01201v3, appendix B.

    Example:
        >>> import jax.numpy as jnp
        >>> cell = LogMinLSTM(1)
        >>> params = MinLSTMParams(w_x=jnp.array([[0.0, 0.0, 1.0]]), b=jnp.zeros(3))  # f = i, n = g(x)
        >>> cell.step(params, cell.initial_carry(params, jnp.ones(1)), jnp.array([1.0]))[1]
        Array([1.], dtype=float32)
    """

    activation: Callable[[Array], Array] = dataclasses.field(default_factory=lambda: positive, init=False, repr=False)

    def initial_carry(self, params: MinLSTMParams, x: Any) -> Float[Array, "*B H"]:
        """Return g(0) = 1/2 for each unit, ``[*B, H]``, for an input ``[*B, I]``."""
        return super().initial_carry(params, x) + 0.5

    def log_linear(self, params: MinLSTMParams, z: Array) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Return ``(log a, log b)`` of ``h' = a * h + b``, for the associative engine."""
        del params
        kept, n = log_odds(z)
        return jax.nn.log_sigmoid(kept), jax.nn.log_sigmoid(-kept) + log_positive(n)
