"""JANET: just another network, a forget gate alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.arguments import number
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm_frame import LSTMFrame
from gatedrnn.config import config
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class JANETParams(NamedTuple):
    """Blocks of H columns in the order f, g."""

    w_x: Float[Array, "I 2*H"]
    w_h: Float[Array, "H 2*H"]
    b: Float[Array, "2*H"]

    gates = Gates(("forget", "candidate"), ("forget",), "forget")


@config
class JANET(LSTMFrame):
    """An LSTM of which the forget gate alone is left, and whose cell state is its output.

    .. code-block:: text

        s = x W_xf + h W_hf + b_f
        g = activation(x W_xg + h W_hg + b_g)                        candidate
        h' = sigmoid(s) * h + (1 - sigmoid(s - beta)) * g            also the output

    Its paper starts the forget bias by chrono, ``gr.chrono_bias``; here it starts at 1, as an LSTM's. A beta above
    0 lets in more than is forgotten.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.
        beta: the number by which the gate that lets in is opened further than what is forgotten; 1 in the paper.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: van der Westhuizen and Lasenby 2018, "The unreasonable effectiveness of the forget gate", arXiv
    1804.04849v3.

    Example:
        >>> cell = JANET(1, beta=0.0)
        >>> params = JANETParams(w_x=jnp.zeros((1, 2)), w_h=jnp.zeros((1, 2)), b=jnp.zeros(2))  # s = 0, g = 0
        >>> cell.step(params, jnp.array([4.0]), jnp.array([1.0]))[1]
        Array([2.], dtype=float32)
    """

    beta: float = 1.0

    _kind = JANETParams
    _carry = None
    gates = JANETParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        number("beta", self.beta)

    def init(self, key: Key[Array, ""], in_dim: int) -> JANETParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        return JANETParams(**self._drawn(key, in_dim))

    def initial_carry(self, params: JANETParams, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_x)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def recur(self, params: JANETParams, carry: Array) -> Float[Array, "... 2*{self.hidden}"]:
        """Return ``h W_h``."""
        dtype = self.policy.compute_dtype(params.w_h)
        return carry.astype(dtype) @ params.w_h.astype(dtype)

    def gate(
        self, params: JANETParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Forget and let in, elementwise over units."""
        del params
        s, g = jnp.split(z + u, 2, axis=-1)
        let_in = 1 - jax.nn.sigmoid(s - self.beta)
        h = jax.nn.sigmoid(s) * carry + let_in * self.activation(g)
        h = h.astype(self.policy.carry_dtype(z.dtype))
        return h, h.astype(z.dtype)
