"""The LSTM whose input gate is what its forget gate leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm import LSTMCarry
from gatedrnn.cells.lstm_frame import LSTMFrame
from gatedrnn.config import config
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class CoupledLSTMParams(NamedTuple):
    """Blocks of H columns in the order f, g, o."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "H 3*H"]
    b: Float[Array, "3*H"]

    gates = Gates(("forget", "candidate", "output"), ("forget", "output"), "forget")


@config
class CoupledLSTM(LSTMFrame):
    """Long short-term memory with coupled input and forget gates: what is forgotten makes room for the candidate.

    .. code-block:: text

        f = sigmoid(x W_xf + h W_hf + b_f)        forget gate
        g = activation(x W_xg + h W_hg + b_g)     candidate
        o = sigmoid(x W_xo + h W_ho + b_o)        output gate
        c' = f * c + (1 - f) * g
        h' = o * activation(c')                   also the output

    Three quarters of an LSTM's parameters. With peepholes it is ``GreffLSTM(hidden, variant="CIFG")``, which draws the
    input gate and forgets 1 less that.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Greff et al. 2017, arXiv 1503.04069v2, its variant CIFG without peepholes.

    Example:
        >>> cell = CoupledLSTM(3)
        >>> cell.init(jax.random.key(0), in_dim=2).w_h.shape
        (3, 9)
    """

    _kind = CoupledLSTMParams
    gates = CoupledLSTMParams.gates

    def init(self, key: Key[Array, ""], in_dim: int) -> CoupledLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        return CoupledLSTMParams(**self._drawn(key, in_dim))

    def gate(
        self, params: CoupledLSTMParams, z: Array, u: Array, carry: LSTMCarry
    ) -> tuple[LSTMCarry, Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        del params
        f, g, o = jnp.split(z + u, 3, axis=-1)
        f = jax.nn.sigmoid(f)
        c = (f * carry.c + (1 - f) * self.activation(g)).astype(self._cell_dtype(z.dtype))
        h = jax.nn.sigmoid(o) * self.activation(c).astype(z.dtype)
        return LSTMCarry(h, c), h
