"""The LSTM with uniform gate initialisation and a refine gate."""

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
class URLSTMParams(NamedTuple):
    """Blocks of H columns in the order f, r, g, o."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "H 4*H"]
    b: Float[Array, "4*H"]

    gates = Gates(("forget", "refine", "candidate", "output"), ("forget", "refine", "output"), "forget", see_more=True)


@config
class URLSTM(LSTMFrame):
    """Long short-term memory whose forget gate is refined by a second one, and starts uniform.

    .. code-block:: text

        f = sigmoid(x W_xf + h W_hf + b_f)              forget gate
        r = sigmoid(x W_xr + h W_hr + b_r)              refine gate
        k = r * (1 - (1 - f)^2) + (1 - r) * f^2         what is kept, between f^2 and 1 - (1 - f)^2
        g = activation(x W_xg + h W_hg + b_g)           candidate
        o = sigmoid(x W_xo + h W_ho + b_o)              output gate
        c' = k * c + (1 - k) * g
        h' = o * activation(c')                         also the output

    The forget bias starts at log(u / (1 - u)) with u uniform in [1/H, 1 - 1/H], one draw a unit, and the refine
    bias at its negative. In the paper they are one parameter, read as b_f and -b_f; here they are two that start so.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Gu, Gulcehre, Paine, Hoffman and Pascanu 2020, arXiv 1910.09890v2.

    Example:
        >>> b = URLSTM(4).init(jax.random.key(0), in_dim=2).b
        >>> bool((b[:4] == -b[4:8]).all()), bool((jax.nn.sigmoid(b[:4]) > 0.24).all())
        (True, True)
    """

    _kind = URLSTMParams
    gates = URLSTMParams.gates

    def init(self, key: Key[Array, ""], in_dim: int) -> URLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        drawn = self._drawn(key, in_dim)
        # With one unit nothing is left between 1/H and 1 - 1/H but the middle.
        least = min(1 / self.hidden, 0.5)
        u = jax.random.uniform(jax.random.fold_in(key, 1), (self.hidden,), minval=least, maxval=1 - least)
        forget = (jnp.log(u) - jnp.log1p(-u)).astype(self.policy.params)
        zeros = jnp.zeros_like(forget)
        return URLSTMParams(drawn["w_x"], drawn["w_h"], jnp.concatenate([forget, -forget, zeros, zeros]))

    def gate(
        self, params: URLSTMParams, z: Array, u: Array, carry: LSTMCarry
    ) -> tuple[LSTMCarry, Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        del params
        f, r, g, o = jnp.split(z + u, 4, axis=-1)
        f, r = jax.nn.sigmoid(f), jax.nn.sigmoid(r)
        keep = r * (1 - (1 - f) ** 2) + (1 - r) * f**2
        c = (keep * carry.c + (1 - keep) * self.activation(g)).astype(self._cell_dtype(z.dtype))
        h = jax.nn.sigmoid(o) * self.activation(c).astype(z.dtype)
        return LSTMCarry(h, c), h
