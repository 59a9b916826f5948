"""The GRU whose recurrent map is in heads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.cells.block_diagonal import check_heads, heads_product, orthogonal_heads
from gatedrnn.cells.gru import GRUDerivative, GRUParams
from gatedrnn.cells.hidden_frame import HiddenFrame
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class BlockGRUParams(NamedTuple):
    """Blocks in the order r, z, n: of H columns, in ``w_h`` of H / heads columns for each head."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "heads H/heads 3*H/heads"]
    b: Float[Array, "3*H"]
    b_h: Float[Array, "H"]

    gates = GRUParams.gates


@config
class BlockGRU(HiddenFrame):
    """Gated recurrent unit with a block-diagonal recurrent map: units of one head alone see each other.

    .. code-block:: text

        r, z, n and h' as a GRU's with its reset gate after the product; in each head:  h_head W_head

    The recurrent map has 1 / heads of a GRU's parameters and products. With one head it is a GRU.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.
        heads: the number of groups of units, which divides H; unit 0 to H / heads - 1 are the first.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: the GRU's, as in ``GRU``; block-diagonal recurrent maps: Beck et al. 2024, arXiv 2405.04517v2.

    Example:
        >>> BlockGRU(6, heads=2).init(jax.random.key(0), in_dim=2).w_h.shape
        (2, 3, 9)
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    heads: int = 1

    _kind = BlockGRUParams
    _blocks = 3
    _recurrent = 3
    gates = BlockGRUParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        check_heads(self.hidden, self.heads)

    def _further(self) -> dict[str, int]:
        return {"b_h": 1}

    def _first_recurrent(self, key: Key[Array, ""]) -> Array:
        return orthogonal_heads(key, self.hidden, self.heads, 3, self.policy.params)

    def _recurrent_shape(self) -> tuple[int, ...]:
        units = self.hidden // self.heads
        return (self.heads, units, 3 * units)

    def recur(self, params: BlockGRUParams, carry: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``h_head W_head`` of all heads, with ``b_h`` added to the last block."""
        dtype = self.policy.compute_dtype(params.w_h)
        inside_reset = jnp.pad(params.b_h.astype(dtype), (2 * self.hidden, 0))
        return heads_product(carry.astype(dtype), params.w_h.astype(dtype)) + inside_reset

    def gate(
        self, params: BlockGRUParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units; z keeps, as in ``GRU``."""
        del params
        z_r, z_z, z_n = jnp.split(z, 3, axis=-1)
        u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
        candidate = self.activation(z_n + jax.nn.sigmoid(z_r + u_r) * u_n)
        return self._mixed(carry, 1 - jax.nn.sigmoid(z_z + u_z), candidate)

    def step(self, params: BlockGRUParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)

    @property
    def gate_derivative(self) -> GRUDerivative | None:
        """The GRU's own, as the gate is the same; None for another activation than tanh."""
        return GRUDerivative(self.policy.carry_dtype) if self.activation is jnp.tanh else None
