"""sLSTM: exponential gating with a normaliser and a stabiliser, and memory mixing within heads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.block_diagonal import check_heads, heads_product, orthogonal_heads
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm_frame import LSTMFrame
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key

NOTHING_YET = -1e30
"""The stabiliser before the first step: below every logarithm that a gate could have, and finite as infinity is not."""


@exportable
class SLSTMParams(NamedTuple):
    """Blocks in the order i, f, g, o: of H columns, in ``w_h`` of H / heads columns for each head."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "heads H/heads 4*H/heads"]
    b: Float[Array, "4*H"]

    gates = Gates(
        ("input", "forget", "candidate", "output"),
        ("input", "forget", "output"),
        "forget",
        lets_in="input",
        see_more=True,
    )


@exportable
class SLSTMCarry(NamedTuple):
    """Hidden state, which is also the output, cell state, normaliser and stabiliser."""

    h: Float[Array, "*B H"]
    c: Float[Array, "*B H"]
    n: Float[Array, "*B H"]
    m: Float[Array, "*B H"]


@config
class SLSTM(LSTMFrame):
    """Scalar LSTM of xLSTM: the input gate is an exponential, and the cell state is divided by the sum of its weights.

    .. code-block:: text

        a_i, a_f, a_g, a_o = x W_x + h W_h + b                      h W_h within each head
        l = log(sigmoid(a_f))                                       logarithm of the forget gate
        m' = max(l + m, a_i)                                        stabiliser
        i = exp(a_i - m'),  f = exp(l + m - m')                     both gates, at most 1
        c' = f * c + i * activation(a_g)
        n' = f * n + i                                              normaliser
        h' = sigmoid(a_o) * c' / n'                                 also the output

    The stabiliser changes no output, but keeps exponentials in range. Of the paper's two forget gates, sigmoid and
    exponential, this is the first. c, n and m begin at 0, 0 and far below 0, so that the first step forgets nothing.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; c, n and m are at least float32 unless ``policy.carry`` says otherwise.
        heads: the number of groups of units that see each other alone, which divides H.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Beck et al. 2024, "xLSTM: Extended long short-term memory", arXiv 2405.04517v2, section 2.2 and appendix A.

    Example:
        >>> cell = SLSTM(1)
        >>> params = SLSTMParams(jnp.array([[0.0, 0.0, 1.0, 0.0]]), jnp.zeros((1, 1, 4)), jnp.zeros(4))
        >>> x = jnp.array([0.5])  # after one step c / n is the candidate, tanh(0.5), and half of it is put out
        >>> round(float(cell.step(params, cell.initial_carry(params, x), x)[1][0]), 4)
        0.2311
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    heads: int = 1

    _kind = SLSTMParams
    _carry = SLSTMCarry
    gates = SLSTMParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        check_heads(self.hidden, self.heads)

    def _shapes(self) -> dict[str, tuple[int | None, ...]]:
        units = self.hidden // self.heads
        return super()._shapes() | {"w_h": (self.heads, units, 4 * units)}

    def init(self, key: Key[Array, ""], in_dim: int) -> SLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        key_x, key_h = self._keys(key, in_dim)
        return SLSTMParams(
            w_x=self._input_map(key_x, in_dim),
            w_h=orthogonal_heads(key_h, self.hidden, self.heads, 4, self.policy.params),
            b=self._first_bias(),
        )

    def initial_carry(self, params: SLSTMParams, x: Any) -> SLSTMCarry:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``; the stabiliser is far below."""
        h, c = super().initial_carry(params, x)
        return SLSTMCarry(h, c, c, jnp.full_like(c, NOTHING_YET))

    def recur(self, params: SLSTMParams, carry: SLSTMCarry) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``h_head W_head`` of all heads."""
        dtype = self.policy.compute_dtype(params.w_h)
        return heads_product(carry.h.astype(dtype), params.w_h.astype(dtype))

    def gate(
        self, params: SLSTMParams, z: Array, u: Array, carry: SLSTMCarry
    ) -> tuple[SLSTMCarry, Float[Array, "... H"]]:
        """Weigh what is kept and what is let in, elementwise over units."""
        del params
        i, f, g, o = jnp.split(z + u, 4, axis=-1)
        dtype = self._cell_dtype(z.dtype)
        i, kept = i.astype(dtype), jax.nn.log_sigmoid(f.astype(dtype)) + carry.m
        m = jnp.maximum(kept, i)
        i, f = jnp.exp(i - m), jnp.exp(kept - m)
        c = f * carry.c + i * self.activation(g).astype(dtype)
        n = f * carry.n + i
        h = jax.nn.sigmoid(o) * (c / n).astype(z.dtype)
        return SLSTMCarry(h, c, n, m), h
