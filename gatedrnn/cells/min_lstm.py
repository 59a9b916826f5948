"""The minimal LSTM, whose gates and candidate see the input alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm_frame import LSTMFrame
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class MinLSTMParams(NamedTuple):
    """Blocks of H columns in the order f, i, n; there is no recurrent map."""

    w_x: Float[Array, "I 3*H"]
    b: Float[Array, "3*H"]

    gates = Gates(("forget", "input", "candidate"), ("forget", "input"), "forget", lets_in="input", see_more=True)


@config
class MinLSTM(LSTMFrame):
    """Minimal LSTM: a forget and an input gate that add up to 1, both and the candidate of the input alone.

    .. code-block:: text

        f = sigmoid(x W_xf + b_f)        forget gate
        i = sigmoid(x W_xi + b_i)        input gate
        n = activation(x W_xn + b_n)     candidate
        h' = f / (f + i) * h + i / (f + i) * n        also the output

    Each unit is a linear recurrence whose factor the input sets; ``recur`` returns ``()``. The paper writes h~ for n.

    Attributes:
        hidden: H, the number of units.
        activation: the function applied to the candidate: the identity unless said, as in the paper's section 3.2. The
            form with positive candidates is ``LogMinLSTM``.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Feng et al. 2024, "Were RNNs All We Needed?", arXiv 2410.01201v3.

    Example:
        >>> cell = MinLSTM(1)
        >>> params = MinLSTMParams(w_x=jnp.array([[0.0, 0.0, 3.0]]), b=jnp.zeros(3))  # f = i, n = 3 x
        >>> cell.step(params, jnp.array([4.0]), jnp.array([2.0]))[1]
        Array([5.], dtype=float32)
    """

    hidden: int
    activation: Callable[[Array], Array] = jax.nn.identity
    policy: Policy = Policy()

    _kind = MinLSTMParams
    _carry = None
    gates = MinLSTMParams.gates

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        return {"b": (3 * self.hidden,), "w_x": (None, 3 * self.hidden)}

    def init(self, key: Key[Array, ""], in_dim: int) -> MinLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        return MinLSTMParams(self._input_map(self._keys(key, in_dim)[0], in_dim), self._first_bias())

    def initial_carry(self, params: MinLSTMParams, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_x)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def recur(self, params: MinLSTMParams, carry: Array) -> tuple[()]:
        """Return nothing: there is no recurrent map."""
        del params, carry
        return ()

    def gate(
        self, params: MinLSTMParams, z: Array, u: tuple[()], carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Weigh each unit and its candidate by the two gates."""
        del u
        keep, let_in = self.linear(params, z)
        h = (keep * carry + let_in).astype(self.policy.carry_dtype(z.dtype))
        return h, h.astype(z.dtype)

    def linear(self, params: MinLSTMParams, z: Array) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Return ``(a, b)`` of ``h' = a * h + b``, which the associative engine runs in parallel over time."""
        del params
        kept, n = log_odds(z)
        return jax.nn.sigmoid(kept), jax.nn.sigmoid(-kept) * self.activation(n)


def log_odds(z: Array) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
    """Return the logarithm of f / i, whose sigmoid is f / (f + i), and what the candidate is made of.

    By a difference of logarithms, as both gates closed would divide nothing by nothing.
    """
    f, i, n = jnp.split(z, 3, axis=-1)
    return jax.nn.log_sigmoid(f) - jax.nn.log_sigmoid(i), n
