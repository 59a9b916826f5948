"""The convolutional gated recurrent unit, for sequences of signals or images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.cells.conv_frame import ConvFrame
from gatedrnn.cells.convolution import convolve
from gatedrnn.cells.gates import Gates
from gatedrnn.config import config
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float


@exportable
class ConvGRUParams(NamedTuple):
    """Kernels ``[*size, I or H, 3*H]``, blocks of H channels in the order r, z, n."""

    w_x: Float[Array, "..."]
    w_h: Float[Array, "..."]
    b: Float[Array, "3*H"]

    gates = Gates(("reset", "update", "candidate"), ("reset", "update"), "update")


@config
class ConvGRU(ConvFrame):
    """Gated recurrent unit whose products are convolutions: a state of H channels at each place of a signal or image.

    .. code-block:: text

        r = sigmoid(w_xr conv x + w_hr conv h + b_r)             reset gate;  x [*B, *space, I], h [*B, *space, H]
        z = sigmoid(w_xz conv x + w_hz conv h + b_z)             update gate
        n = activation(w_xn conv x + w_hn conv (r * h) + b_n)    candidate
        h' = (1 - z) * n + z * h                                 also the output

    z keeps, as in ``GRU``; in the paper 1 - z does. Beyond the edges are zeros. It is a plain ``Cell``, which the
    reference engine runs; ``lengths``, ``mask`` and ``resets`` are ``[*b]``, as of every cell.

    Attributes:
        hidden: H, the number of channels.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.
        space: the number of axes of space: 1 for signals, 2 for images.
        size: the length of a kernel along each axis of space, an odd number.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Ballas et al. 2016, arXiv 1511.06432v4, with z and 1 - z exchanged.

    Example:
        >>> cell = ConvGRU(4, space=1)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> x = jnp.ones((5, 7, 2))  # a batch of 5 signals of 7 places
        >>> cell.step(params, cell.initial_carry(params, x), x)[1].shape
        (5, 7, 4)
    """

    _kind = ConvGRUParams
    gates = ConvGRUParams.gates

    def initial_carry(self, params: ConvGRUParams, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, *space, H]`` for an input ``[*B, *space, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_h)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def output(self, carry: Array) -> Float[Array, "*B H"]:
        """Return what stands in the carry: inputs need axes of space, so that ``gr.final`` can't find it by itself."""
        return carry

    def step(self, params: ConvGRUParams, carry: Array, x: Any) -> tuple[Float[Array, "*B H"], Float[Array, "*B H"]]:
        """Consume one input ``[*B, *space, I]``."""
        w_x, w_h, b = self.prepare(params, None)[0]
        z_gates, z_n = jnp.split(convolve(x.astype(w_x.dtype), w_x) + b, [2 * self.hidden], axis=-1)
        checks.state(carry, x, self.hidden)
        h = carry.astype(w_h.dtype)
        w_gates, w_n = jnp.split(w_h, [2 * self.hidden], axis=-1)
        reset, keep = jnp.split(jax.nn.sigmoid(z_gates + convolve(h, w_gates)), 2, axis=-1)
        candidate = self.activation(z_n + convolve(reset * h, w_n))
        new = ((1 - keep) * candidate + keep * carry).astype(self.policy.carry_dtype(w_h.dtype))
        return new, new.astype(w_h.dtype)
