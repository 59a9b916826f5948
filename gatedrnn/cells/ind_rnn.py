"""The independently recurrent network: each unit sees its own past alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.cells.hidden_frame import HiddenFrame
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class IndRNNParams(NamedTuple):
    """Input map, one recurrent weight for each unit, bias."""

    w_x: Float[Array, "I H"]
    w_h: Float[Array, "H"]
    b: Float[Array, "H"]


@config
class IndRNN(HiddenFrame):
    """Independently recurrent network: ``h' = activation(x W_x + w_h * h + b)``, elementwise in the state.

    Units see each other through the layer above alone. Recurrent weights are drawn uniform in [0, 1), so that no unit
    begins with a gradient that grows.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the sum; ReLU unless said, as in the paper.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Li et al. 2018, "Independently recurrent neural network (IndRNN)", arXiv 1803.04831v3.

    Example:
        >>> cell = IndRNN(1)
        >>> params = IndRNNParams(w_x=jnp.ones((1, 1)), w_h=jnp.array([0.5]), b=jnp.zeros(1))
        >>> cell.step(params, jnp.array([4.0]), jnp.array([1.0]))[1]
        Array([3.], dtype=float32)
    """

    hidden: int
    activation: Callable[[Array], Array] = jax.nn.relu
    policy: Policy = Policy()

    _kind = IndRNNParams
    diagonal = True
    _blocks = 1
    _recurrent = 1

    def _first_recurrent(self, key: Key[Array, ""]) -> Float[Array, "H"]:
        wide = jnp.promote_types(self.policy.params, jnp.float32)
        return jax.random.uniform(key, (self.hidden,), wide).astype(self.policy.params)

    def _recurrent_shape(self) -> tuple[int, ...]:
        return (self.hidden,)

    def recur(self, params: IndRNNParams, carry: Array) -> Float[Array, "... H"]:
        """Return ``w_h * h``."""
        dtype = self.policy.compute_dtype(params.w_h)
        return carry.astype(dtype) * params.w_h.astype(dtype)

    def gate(
        self, params: IndRNNParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Apply the activation."""
        del params, carry
        y = self.activation(z + u)
        return y.astype(self.policy.carry_dtype(z.dtype)), y

    def step(self, params: IndRNNParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)
