"""The LSTM with layer normalisation of its products and of its cell state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.arguments import number
from gatedrnn.cells import checks
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.layer_norm import layer_norm
from gatedrnn.cells.lstm import LSTMCarry
from gatedrnn.cells.lstm_frame import LSTMFrame
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class LayerNormLSTMParams(NamedTuple):
    """Blocks of H columns in the order i, f, g, o; gains of the products and the cell state, and its shift."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "H 4*H"]
    b: Float[Array, "4*H"]
    gain_x: Float[Array, "4*H"]
    gain_h: Float[Array, "4*H"]
    gain_c: Float[Array, "H"]
    b_c: Float[Array, "H"]

    gates = Gates(
        ("input", "forget", "candidate", "output"),
        ("input", "forget", "output"),
        "forget",
        lets_in="input",
        see_more=True,
    )


@config
class LayerNormLSTM(LSTMFrame):
    """Long short-term memory whose products and cell state are normalised over their columns, in each row of a batch.

    .. code-block:: text

        norm(a) = (a - mean(a)) / sqrt(variance(a) + epsilon)          over all columns of a
        a = gain_x * norm(x W_x) + gain_h * norm(h W_h) + b            all four blocks together
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), activation(a_g), sigmoid(a_o)
        c' = f * c + i * g
        h' = o * activation(gain_c * norm(c') + b_c)                   also the output

    The paper's shifts of both normed products and its bias add up to one b. Gains start at 1, the cell state's shift at
    0. The gate mixes units, as means are over all of them; the fast engine takes it, a search over several widths not.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise, and so are means.
        epsilon: the number that is added to each variance, above 0: a product of zeros is normed to zeros.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Ba, Kiros and Hinton 2016, arXiv 1607.06450v1, the LSTM of its supplement.

    Example:
        >>> cell = LayerNormLSTM(3)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> params.gain_x.shape, params.gain_c.shape
        ((12,), (3,))
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    epsilon: float = 1e-5

    mixes_units = True
    _kind = LayerNormLSTMParams
    gates = LayerNormLSTMParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        number("epsilon", self.epsilon, above=0.0)

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        columns, units = (4 * self.hidden,), (self.hidden,)
        return super()._shapes() | {"gain_x": columns, "gain_h": columns, "gain_c": units, "b_c": units}

    def init(self, key: Key[Array, ""], in_dim: int) -> LayerNormLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        none = self._zeros(4)
        return LayerNormLSTMParams(
            **self._drawn(key, in_dim),
            gain_x=none + 1,
            gain_h=none + 1,
            gain_c=self._zeros(1) + 1,
            b_c=self._zeros(1),
        )

    def project(self, params: LayerNormLSTMParams, x: Array) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``gain_x * norm(x W_x) + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        product = x.astype(dtype) @ params.w_x.astype(dtype)
        return params.gain_x.astype(dtype) * self._norm(product) + params.b.astype(dtype)

    def gate(
        self, params: LayerNormLSTMParams, z: Array, u: Array, carry: LSTMCarry
    ) -> tuple[LSTMCarry, Float[Array, "... H"]]:
        """Norm the recurrent product, open and close the gates, and norm the cell state where it leaves."""
        i, f, g, o = jnp.split(self._sums(params, z, u), 4, axis=-1)
        kept, let_in = jax.nn.sigmoid(f) * carry.c, jax.nn.sigmoid(i) * self.activation(g)
        c = (kept + let_in).astype(self._cell_dtype(z.dtype))
        normed = (params.gain_c * self._norm(c) + params.b_c).astype(z.dtype)
        h = jax.nn.sigmoid(o) * self.activation(normed)
        return LSTMCarry(h, c), h

    def gate_sums(self, params: LayerNormLSTMParams, carry: LSTMCarry, x: Array) -> Float[Array, "*B 4*{self.hidden}"]:
        """Return what the gates are the sigmoids of, and the candidate's sum."""
        return self._sums(params, self.project(params, x), self.recur(params, carry))

    def _sums(self, params: LayerNormLSTMParams, z: Array, u: Array) -> Array:
        return z + params.gain_h.astype(z.dtype) * self._norm(u)

    def _norm(self, a: Array) -> Float[Array, "..."]:
        """Return it with mean 0 and variance 1 over its columns; reckoned in the cell state's type."""
        return layer_norm(a, self.epsilon, self._cell_dtype(a.dtype))
