"""The GRU with layer normalisation of its products."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.arguments import number
from gatedrnn.cells import checks
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.hidden_frame import HiddenFrame
from gatedrnn.cells.layer_norm import layer_norm
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


@exportable
class LayerNormGRUParams(NamedTuple):
    """Blocks of H columns in the order r, z, n; ``b_h`` is the bias inside the reset product."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "H 3*H"]
    b: Float[Array, "3*H"]
    b_h: Float[Array, "H"]
    gain_x: Float[Array, "3*H"]
    gain_h: Float[Array, "3*H"]

    gates = Gates(("reset", "update", "candidate"), ("reset", "update"), "update", see_more=True)


@config
class LayerNormGRU(HiddenFrame):
    """Gated recurrent unit whose products are normalised over their columns, in each row of a batch.

    .. code-block:: text

        norm(a) = (a - mean(a)) / sqrt(variance(a) + epsilon)          r and z together, n by itself
        p, q = gain_x * norm(x W_x) + b, gain_h * norm(h W_h)
        r, z = sigmoid(p_r + q_r), sigmoid(p_z + q_z)                  reset and update gate
        n = activation(p_n + r * (q_n + b_h))                          candidate
        h' = (1 - z) * n + z * h                                       also the output

    z keeps, as in ``GRU``; the paper's z is 1 - z. Its two shifts of the gates add up to one b. Gains start at 1. The
    gate mixes units, as means are over all of them; the fast engine takes it, a search over several widths not.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h; means are reckoned in float32 at least.
        epsilon: the number that is added to each variance, above 0: a product of zeros is normed to zeros.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Ba, Kiros and Hinton 2016, arXiv 1607.06450v1, the GRU of its supplement.

    Example:
        >>> cell = LayerNormGRU(3)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> params.gain_x.shape, params.b_h.shape
        ((9,), (3,))
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    epsilon: float = 1e-5

    mixes_units = True
    _kind = LayerNormGRUParams
    _blocks = 3
    _recurrent = 3
    gates = LayerNormGRUParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        number("epsilon", self.epsilon, above=0.0)

    def _further(self) -> dict[str, int]:
        return {"b_h": 1, "gain_x": 3, "gain_h": 3}

    def project(self, params: LayerNormGRUParams, x: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``gain_x * norm(x W_x) + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        product = x.astype(dtype) @ params.w_x.astype(dtype)
        return params.gain_x.astype(dtype) * self._norm(product) + params.b.astype(dtype)

    def recur(self, params: LayerNormGRUParams, carry: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``h W_h``."""
        dtype = self.policy.compute_dtype(params.w_h)
        return carry.astype(dtype) @ params.w_h.astype(dtype)

    def gate(
        self, params: LayerNormGRUParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Norm the recurrent product, and open and close the gates."""
        p_r, p_z, p_n = jnp.split(z, 3, axis=-1)
        q_r, q_z, q_n = jnp.split(params.gain_h.astype(z.dtype) * self._norm(u), 3, axis=-1)
        candidate = self.activation(p_n + jax.nn.sigmoid(p_r + q_r) * (q_n + params.b_h.astype(z.dtype)))
        return self._mixed(carry, 1 - jax.nn.sigmoid(p_z + q_z), candidate)

    def step(self, params: LayerNormGRUParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)

    def gate_sums(self, params: LayerNormGRUParams, carry: Array, x: Array) -> Float[Array, "*B 3*{self.hidden}"]:
        """Return what both gates are the sigmoids of; the candidate's block is not what it is made of."""
        z, u = self.project(params, x), self.recur(params, carry)
        return z + params.gain_h.astype(z.dtype) * self._norm(u)

    def _norm(self, a: Array) -> Float[Array, "..."]:
        """Return the columns of both gates with mean 0 and variance 1, and those of the candidate."""
        wide = jnp.promote_types(a.dtype, jnp.float32)
        parts = jnp.split(a, [2 * self.hidden], axis=-1)
        return jnp.concatenate([layer_norm(part, self.epsilon, wide) for part in parts], axis=-1)
