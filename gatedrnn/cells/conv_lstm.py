"""The convolutional LSTM, for sequences of signals or images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.cells.conv_frame import ConvFrame
from gatedrnn.cells.convolution import convolve
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.lstm import LSTMCarry
from gatedrnn.config import config
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


@exportable
class ConvLSTMParams(NamedTuple):
    """Kernels ``[*size, I or H, 4*H]``, blocks of H channels in the order i, f, g, o."""

    w_x: Float[Array, "..."]
    w_h: Float[Array, "..."]
    b: Float[Array, "4*H"]

    gates = Gates(("input", "forget", "candidate", "output"), ("input", "forget", "output"), "forget", lets_in="input")


@config
class ConvLSTM(ConvFrame):
    """Long short-term memory whose products are convolutions: a state of H channels at each place of a signal or image.

    .. code-block:: text

        i, f, g, o, c' and h' as an LSTM's, of  w_x conv x + w_h conv h + b;  x [*B, *space, I], h and c [*B, *space, H]

    It has no peepholes, which in the paper are one weight a channel and place. Beyond the edges are zeros. It is a
    plain ``Cell``, which the reference engine runs; lengths, masks and resets are those of sequences, as of every cell.

    Attributes:
        hidden: H, the number of channels.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.
        space: the number of axes of space: 1 for signals, 2 for images.
        size: the length of a kernel along each axis of space, an odd number.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Shi et al. 2015, arXiv 1506.04214v2, without its peepholes.

    Example:
        >>> cell = ConvLSTM(4, space=1)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> x = jnp.ones((5, 7, 2))  # a batch of 5 signals of 7 places
        >>> cell.step(params, cell.initial_carry(params, x), x)[1].shape
        (5, 7, 4)
    """

    _kind = ConvLSTMParams
    gates = ConvLSTMParams.gates

    def initial_carry(self, params: ConvLSTMParams, x: Any) -> LSTMCarry:
        """Return zeros ``[*B, *space, H]`` for an input ``[*B, *space, I]``."""
        self._check(params)
        shape = (*jnp.shape(x)[:-1], self.hidden)
        compute = self.policy.compute_dtype(params.w_h)
        return LSTMCarry(jnp.zeros(shape, compute), jnp.zeros(shape, self._cell_dtype(compute)))

    def _first_bias(self) -> Float[Array, "GH"]:
        """Return zeros, and 1 for the forget gate."""
        return super()._first_bias().at[self.hidden : 2 * self.hidden].set(1.0)

    def output(self, carry: LSTMCarry) -> Float[Array, "*B H"]:
        """Return what stands in the carry: inputs need axes of space, so that ``gr.final`` can't find it by itself."""
        return carry.h

    def step(self, params: ConvLSTMParams, carry: LSTMCarry, x: Any) -> tuple[LSTMCarry, Float[Array, "*B H"]]:
        """Consume one input ``[*B, *space, I]``."""
        w_x, w_h, b = self.prepare(params, None)[0]
        z = convolve(x.astype(w_x.dtype), w_x)
        checks.state(carry, x, self.hidden, LSTMCarry)
        a = z + convolve(carry.h.astype(w_h.dtype), w_h) + b
        i, f, g, o = jnp.split(a, 4, axis=-1)
        kept, let_in = jax.nn.sigmoid(f) * carry.c, jax.nn.sigmoid(i) * self.activation(g)
        c = (kept + let_in).astype(self._cell_dtype(a.dtype))
        h = jax.nn.sigmoid(o) * self.activation(c).astype(a.dtype)
        return LSTMCarry(h, c), h

    def _cell_dtype(self, compute: Any) -> Any:
        return self.policy.carry_dtype(compute, at_least="float32")
