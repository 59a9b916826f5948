"""The minimal gated unit: a GRU whose reset gate is its update gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.hidden_frame import HiddenFrame
from gatedrnn.config import config
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


@exportable
class MGUParams(NamedTuple):
    """Blocks of H columns in the order f, n."""

    w_x: Float[Array, "I 2*H"]
    w_h: Float[Array, "H 2*H"]
    b: Float[Array, "2*H"]

    gates = Gates(("forget", "candidate"), ("forget",), "forget", complement=True)


@config
class MGU(HiddenFrame):
    """Minimal gated unit: one gate resets what the candidate sees, and lets the candidate in.

    .. code-block:: text

        f = sigmoid(x W_xf + h W_hf + b_f)              forget gate
        n = activation(x W_xn + (f * h) W_hn + b_n)     candidate
        h' = (1 - f) * h + f * n                        also the output

    The paper calls f the forget gate, though 1 - f is kept. The candidate's product has to wait for the gate, so this
    is a plain ``Cell`` that the reference engine runs.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Zhou et al. 2016, "Minimal gated unit for recurrent neural networks", arXiv 1603.09420v1.

    Example:
        >>> cell = MGU(1)
        >>> params = MGUParams(w_x=jnp.zeros((1, 2)), w_h=jnp.zeros((1, 2)), b=jnp.zeros(2))  # f = 1/2, n = 0
        >>> cell.step(params, jnp.array([4.0]), jnp.array([1.0]))[1]
        Array([2.], dtype=float32)
    """

    _kind = MGUParams
    _blocks = 2
    _recurrent = 2
    gates = MGUParams.gates

    def step(self, params: MGUParams, carry: Array, x: Any) -> tuple[Float[Array, "*B H"], Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        z_f, z_n = jnp.split(self.project(params, x), 2, axis=-1)
        w_f, w_n = jnp.split(params.w_h.astype(z_f.dtype), 2, axis=-1)
        h = carry.astype(z_f.dtype)
        forget = jax.nn.sigmoid(z_f + h @ w_f)
        return self._mixed(carry, forget, self.activation(z_n + (forget * h) @ w_n))

    def gate_sums(self, params: MGUParams, carry: Array, x: Array) -> Float[Array, "*B 2*{self.hidden}"]:
        """Return what the gate is the sigmoid of; the candidate's block is not what it is made of."""
        z = self.project(params, x)
        return z + carry.astype(z.dtype) @ params.w_h.astype(z.dtype)
