"""The LSTM with peepholes: its gates see the cell state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm import LSTMCarry
from gatedrnn.cells.lstm_frame import LSTMFrame, seen
from gatedrnn.config import config
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class PeepholeLSTMParams(NamedTuple):
    """Blocks of H columns in the order i, f, g, o; peepholes ``p`` in the order i, f, o."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "H 4*H"]
    b: Float[Array, "4*H"]
    p: Float[Array, "3*H"]

    gates = Gates(
        ("input", "forget", "candidate", "output"),
        ("input", "forget", "output"),
        "forget",
        lets_in="input",
        see_more=True,
    )


@config
class PeepholeLSTM(LSTMFrame):
    """Long short-term memory with diagonal peepholes: each gate of a unit sees the cell state of that unit.

    .. code-block:: text

        i = sigmoid(x W_xi + h W_hi + p_i * c + b_i)     input gate
        f = sigmoid(x W_xf + h W_hf + p_f * c + b_f)     forget gate
        g = activation(x W_xg + h W_hg + b_g)            candidate
        c' = f * c + i * g
        o = sigmoid(x W_xo + h W_ho + p_o * c' + b_o)    output gate, which sees the new cell state
        h' = o * activation(c')                          also the output

    Peepholes start at 0, so that it begins as the LSTM that its other parameters are.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Gers, Schraudolph and Schmidhuber 2002, "Learning precise timing with LSTM recurrent networks"; this form:
    Graves 2013, arXiv 1308.0850v5.

    Example:
        >>> cell = PeepholeLSTM(3)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> x = jnp.ones((5, 2))
        >>> carry, y = cell.step(params, cell.initial_carry(params, x), x)
        >>> y.shape, params.p.shape
        ((5, 3), (9,))
    """

    _kind = PeepholeLSTMParams
    gates = PeepholeLSTMParams.gates

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of each parameter by its name."""
        return super()._shapes() | {"p": (3 * self.hidden,)}

    def init(self, key: Key[Array, ""], in_dim: int) -> PeepholeLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        return PeepholeLSTMParams(**self._drawn(key, in_dim), p=self._zeros(3))

    def gate(
        self, params: PeepholeLSTMParams, z: Array, u: Array, carry: LSTMCarry
    ) -> tuple[LSTMCarry, Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        i, f, g, o = jnp.split(z + u, 4, axis=-1)
        p_i, p_f, p_o = jnp.split(params.p, 3)
        i = jax.nn.sigmoid(i + seen(p_i, carry.c, z))
        f = jax.nn.sigmoid(f + seen(p_f, carry.c, z))
        c = (f * carry.c + i * self.activation(g)).astype(self._cell_dtype(z.dtype))
        h = jax.nn.sigmoid(o + seen(p_o, c, z)) * self.activation(c).astype(z.dtype)
        return LSTMCarry(h, c), h

    def gate_sums(self, params: PeepholeLSTMParams, carry: LSTMCarry, x: Array) -> Float[Array, "*B 4*{self.hidden}"]:
        """Return what the gates are the sigmoids of, peepholes included, and the candidate's sum."""
        z, u = self.project(params, x), self.recur(params, carry)
        c = self.gate(params, z, u, carry)[0].c
        p_i, p_f, p_o = jnp.split(params.p, 3)
        peeps = seen(p_i, carry.c, z), seen(p_f, carry.c, z), jnp.zeros_like(c, z.dtype), seen(p_o, c, z)
        return z + u + jnp.concatenate(peeps, axis=-1)
