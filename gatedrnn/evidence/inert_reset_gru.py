"""The GRU of the counting experiment of Weiss et al. 2018 as published: its reset gate has no effect."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from gatedrnn.cells.gru import GRUParams, GRUResetAfter
from gatedrnn.config import config


@config
class InertResetGRU(GRUResetAfter):
    """Gated recurrent unit whose candidate reads the carried output as it is.

    .. code-block:: text

        z = sigmoid(x W_xz + h W_hz + b_z)            update gate
        n = activation(x W_xn + b_n + h W_hn + b_hn)  candidate: r is computed in the paper's code, and not used
        h' = (1 - z) * n + z * h                      also the output

    Parameters are those of ``GRUResetAfter``; the block of r has no gradient, so that as many parameters as a GRU's
    stand in the count, a third fewer learn.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Weiss, Goldberg and Yahav 2018, arXiv 1805.04908v1, by their code, tech-srl/counting_dimensions, GRU.py.

    Example:
        >>> cell = InertResetGRU(1)
        >>> one = jnp.ones(3)
        >>> params = GRUParams(w_x=one[None], w_h=one[None], b=0 * one, b_h=jnp.zeros(1))
        >>> closed = params._replace(b=jnp.array([-9.0, 0.0, 0.0]))  # a reset gate that shuts
        >>> h, x = jnp.array([0.5]), jnp.array([0.3])
        >>> bool((cell.step(params, h, x)[1] == cell.step(closed, h, x)[1]).all())
        True
    """

    def gate(self, params: GRUParams, z: jax.Array, u: jax.Array, carry: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Open and close the update gate, elementwise over units."""
        del params
        (_, z_z, z_n), (_, u_z, u_n) = (jnp.split(each, 3, axis=-1) for each in (z, u))
        keep = jax.nn.sigmoid(z_z + u_z)
        h = ((1 - keep) * self.activation(z_n + u_n) + keep * carry).astype(self.policy.carry_dtype(z.dtype))
        return h, h.astype(z.dtype)

    @property
    def gate_derivative(self) -> None:
        """None: the derivative is JAX's."""
        return
