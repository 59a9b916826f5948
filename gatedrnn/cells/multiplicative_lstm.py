"""The multiplicative LSTM: what recurs is a product of a map of the input and a map of the hidden state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm import LSTM, LSTMCarry, LSTMParams
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class MultiplicativeLSTMParams(NamedTuple):
    """Blocks of H columns in the order i, f, g, o; ``w_h`` maps the state that ``w_mx`` and ``w_mh`` make."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "H 4*H"]
    b: Float[Array, "4*H"]
    w_mx: Float[Array, "I H"]
    w_mh: Float[Array, "H H"]

    gates = Gates(("input", "forget", "candidate", "output"), ("input", "forget", "output"), "forget", lets_in="input")


@config
class MultiplicativeLSTM:
    """Long short-term memory whose recurrent map depends on the input.

    .. code-block:: text

        m = (x W_mx) * (h W_mh)                          intermediate state
        i, f, g, o as an LSTM's, of x W_x + m W_h + b
        c' = f * c + i * g
        h' = o * activation(c')                          also the output

    The recurrent products wait for m, so this is a plain ``Cell`` that only the reference engine runs. Forms differ in
    where they squash: this one does as an LSTM, as most implementations; in an early one the output gate stands inside
    the last activation, and the candidate is not squashed.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Krause, Lu, Murray and Renals 2016, arXiv 1609.07959v3.

    Example:
        >>> cell = MultiplicativeLSTM(3)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> params.w_mx.shape, params.w_mh.shape
        ((2, 3), (3, 3))
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    gates = MultiplicativeLSTMParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> MultiplicativeLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        checks.key("key", key)
        key_lstm, key_x, key_h = jax.random.split(key, 3)
        return MultiplicativeLSTMParams(
            *self._lstm.init(key_lstm, in_dim),
            w_mx=initializers.glorot(key_x, in_dim, self.hidden, 1, self.policy.params),
            w_mh=initializers.orthogonal(key_h, self.hidden, 1, self.policy.params),
        )

    def initial_carry(self, params: MultiplicativeLSTMParams, x: Any) -> LSTMCarry:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        return self._lstm.initial_carry(LSTMParams(*params[:3]), x)

    def prepare(
        self, params: MultiplicativeLSTMParams, xs: Any, key: Any = None
    ) -> tuple[MultiplicativeLSTMParams, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_h)
        return MultiplicativeLSTMParams(*(p.astype(dtype) for p in params)), xs

    def step(
        self, params: MultiplicativeLSTMParams, carry: LSTMCarry, x: Array
    ) -> tuple[LSTMCarry, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden, LSTMCarry)
        checks.features(x, params.w_mx)
        return self._lstm.step(*self._seen(params, carry, x), x)

    def gate_sums(
        self, params: MultiplicativeLSTMParams, carry: LSTMCarry, x: Array
    ) -> Float[Array, "*B 4*{self.hidden}"]:
        """Return what the gates are the sigmoids of, and the candidate's sum."""
        seen = self._seen(params, carry, x)
        return self._lstm.project(seen[0], x) + self._lstm.recur(*seen)

    def _seen(self, params: MultiplicativeLSTMParams, carry: LSTMCarry, x: Array) -> tuple[LSTMParams, LSTMCarry]:
        """Return the LSTM's parameters, and the carry that it sees: m in the place of h."""
        params = self.prepare(params, None)[0]
        h = carry.h.astype(params.w_mh.dtype)
        m = (x.astype(params.w_mx.dtype) @ params.w_mx) * (h @ params.w_mh)
        return LSTMParams(*params[:3]), LSTMCarry(m, carry.c)

    @property
    def _lstm(self) -> LSTM:
        """The LSTM that takes m for its hidden state."""
        return LSTM(self.hidden, self.activation, self.policy)

    def _check(self, params: MultiplicativeLSTMParams) -> None:
        checks.params(
            params,
            MultiplicativeLSTMParams,
            w_h=(self.hidden, 4 * self.hidden),
            b=(4 * self.hidden,),
            w_mx=(None, self.hidden),
            w_mh=(self.hidden, self.hidden),
            w_x=(None, 4 * self.hidden),
        )
