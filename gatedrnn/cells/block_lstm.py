"""The LSTM whose recurrent map is in heads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.block_diagonal import check_heads, heads_product, orthogonal_heads
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm import LSTMCarry
from gatedrnn.cells.lstm_frame import LSTMFrame
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class BlockLSTMParams(NamedTuple):
    """Blocks in the order i, f, g, o: of H columns, in ``w_h`` of H / heads columns for each head."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "heads H/heads 4*H/heads"]
    b: Float[Array, "4*H"]

    gates = Gates(("input", "forget", "candidate", "output"), ("input", "forget", "output"), "forget", lets_in="input")


@config
class BlockLSTM(LSTMFrame):
    """Long short-term memory with a block-diagonal recurrent map: units of one head alone see each other.

    .. code-block:: text

        i, f, g, o, c' and h' as an LSTM's; in each head, with its units of h:  h_head W_head

    The recurrent map has 1 / heads of an LSTM's parameters and products. With one head it is an LSTM.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.
        heads: the number of groups of units, which divides H; unit 0 to H / heads - 1 are the first.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: the LSTM's, as in ``LSTM``; block-diagonal recurrent maps: Beck et al. 2024, arXiv 2405.04517v2.

    Example:
        >>> BlockLSTM(6, heads=2).init(jax.random.key(0), in_dim=2).w_h.shape
        (2, 3, 12)
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    heads: int = 1

    _kind = BlockLSTMParams
    gates = BlockLSTMParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        check_heads(self.hidden, self.heads)

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        units = self.hidden // self.heads
        return super()._shapes() | {"w_h": (self.heads, units, 4 * units)}

    def init(self, key: Key[Array, ""], in_dim: int) -> BlockLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        key_x, key_h = self._keys(key, in_dim)
        return BlockLSTMParams(
            w_x=self._input_map(key_x, in_dim),
            w_h=orthogonal_heads(key_h, self.hidden, self.heads, 4, self.policy.params),
            b=self._first_bias(),
        )

    def recur(self, params: BlockLSTMParams, carry: LSTMCarry) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``h_head W_head`` of all heads."""
        dtype = self.policy.compute_dtype(params.w_h)
        return heads_product(carry.h.astype(dtype), params.w_h.astype(dtype))

    def gate(
        self, params: BlockLSTMParams, z: Array, u: Array, carry: LSTMCarry
    ) -> tuple[LSTMCarry, Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        del params
        i, f, g, o = jnp.split(z + u, 4, axis=-1)
        kept, let_in = jax.nn.sigmoid(f) * carry.c, jax.nn.sigmoid(i) * self.activation(g)
        c = (kept + let_in).astype(self._cell_dtype(z.dtype))
        h = jax.nn.sigmoid(o) * self.activation(c).astype(z.dtype)
        return LSTMCarry(h, c), h
