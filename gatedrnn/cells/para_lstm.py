"""The LSTM whose recurrent map is diagonal, as ParaRNN trains it in parallel over time."""

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
class ParaLSTMParams(NamedTuple):
    """Blocks of H columns in the order f, g, o; ``a`` is the diagonal recurrent map, peepholes ``p`` are of f and o."""

    w_x: Float[Array, "I 3*H"]
    b: Float[Array, "3*H"]
    a: Float[Array, "3*H"]
    p: Float[Array, "2*H"]

    gates = Gates(("forget", "candidate", "output"), ("forget", "output"), "forget", see_more=True)


@config
class ParaLSTM(LSTMFrame):
    """Long short-term memory with coupled gates and peepholes of which each unit sees its own state alone.

    .. code-block:: text

        f = sigmoid(x W_xf + a_f * h + p_f * c + b_f)     forget gate
        g = activation(x W_xg + a_g * h + b_g)            candidate
        c' = f * c + (1 - f) * g
        o = sigmoid(x W_xo + a_o * h + p_o * c' + b_o)    output gate, which sees the new cell state
        h' = o * activation(c')                           also the output

    Units meet in the next layer's input map only. Peepholes start at 0 and the diagonal uniform in ±1/2, which is our
    choice: a recurrence that begins as a contraction.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Danieli et al. 2025, "ParaRNN", arXiv 2510.21450v1, section 3: coupled gates with peepholes, maps of the
    state diagonal; and the program published with it, whose input map is in heads.

    Example:
        >>> params = ParaLSTM(3).init(jax.random.key(0), in_dim=2)
        >>> params.a.shape, params.p.shape
        ((9,), (6,))
    """

    _kind = ParaLSTMParams
    diagonal = True
    gates = ParaLSTMParams.gates

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        units = self.hidden
        return {"b": (3 * units,), "a": (3 * units,), "p": (2 * units,), "w_x": (None, 3 * units)}

    def init(self, key: Key[Array, ""], in_dim: int) -> ParaLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        key_x, key_a = self._keys(key, in_dim)
        a = jax.random.uniform(key_a, (3 * self.hidden,), minval=-0.5, maxval=0.5).astype(self.policy.params)
        return ParaLSTMParams(self._input_map(key_x, in_dim), self._first_bias(), a, self._zeros(2))

    def recur(self, params: ParaLSTMParams, carry: LSTMCarry) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``a * h`` for each block."""
        dtype = self.policy.compute_dtype(params.a)
        h = carry.h.astype(dtype)
        return jnp.concatenate([h, h, h], axis=-1) * params.a.astype(dtype)

    def gate(
        self, params: ParaLSTMParams, z: Array, u: Array, carry: LSTMCarry
    ) -> tuple[LSTMCarry, Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        f, g, o = jnp.split(z + u, 3, axis=-1)
        p_f, p_o = jnp.split(params.p, 2)
        f = jax.nn.sigmoid(f + seen(p_f, carry.c, z))
        c = (f * carry.c + (1 - f) * self.activation(g)).astype(self._cell_dtype(z.dtype))
        h = jax.nn.sigmoid(o + seen(p_o, c, z)) * self.activation(c).astype(z.dtype)
        return LSTMCarry(h, c), h

    def gate_sums(self, params: ParaLSTMParams, carry: LSTMCarry, x: Array) -> Float[Array, "*B 3*{self.hidden}"]:
        """Return what the gates are the sigmoids of, peepholes included, and the candidate's sum."""
        z, u = self.project(params, x), self.recur(params, carry)
        c = self.gate(params, z, u, carry)[0].c
        p_f, p_o = jnp.split(params.p, 2)
        return z + u + jnp.concatenate([seen(p_f, carry.c, z), jnp.zeros_like(c, z.dtype), seen(p_o, c, z)], axis=-1)
