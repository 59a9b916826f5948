"""The GRU whose recurrent map is diagonal, as ParaRNN trains it in parallel over time."""

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
    from jaxtyping import Float, Key


@exportable
class ParaGRUParams(NamedTuple):
    """Blocks of H in the order r, z, n; ``w_h`` holds one weight for each unit and gate."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "3*H"]
    b: Float[Array, "3*H"]

    gates = Gates(("reset", "update", "candidate"), ("reset", "update"), "update", complement=True)


@config
class ParaGRU(HiddenFrame):
    """Gated recurrent unit in which each unit sees its own past alone.

    .. code-block:: text

        r = sigmoid(x W_xr + a_r * h + b_r)                 reset gate
        z = sigmoid(x W_xz + a_z * h + b_z)                 update gate
        n = activation(x W_xn + a_n * (r * h) + b_n)        candidate
        h' = (1 - z) * h + z * n                            also the output

    ``w_h`` is a_r, a_z, a_n side by side. As a is diagonal, the reset gate before and after the product is one form.
    z lets in; in ``GRU`` it keeps. Recurrent weights are drawn uniform in [-1, 1).

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Danieli et al. 2025, "ParaRNN", arXiv 2510.21450v1, and the program published with it, whose input map is in
    heads.

    Example:
        >>> cell = ParaGRU(1)
        >>> params = ParaGRUParams(w_x=jnp.zeros((1, 3)), w_h=jnp.zeros(3), b=jnp.zeros(3))  # z = 1/2, n = 0
        >>> cell.step(params, jnp.array([4.0]), jnp.array([1.0]))[1]
        Array([2.], dtype=float32)
    """

    _kind = ParaGRUParams
    diagonal = True
    _blocks = 3
    _recurrent = 3
    gates = ParaGRUParams.gates

    def _first_recurrent(self, key: Key[Array, ""]) -> Float[Array, "3*{self.hidden}"]:
        wide = jnp.promote_types(self.policy.params, jnp.float32)
        return jax.random.uniform(key, (3 * self.hidden,), wide, -1.0, 1.0).astype(self.policy.params)

    def _recurrent_shape(self) -> tuple[int, ...]:
        return (3 * self.hidden,)

    def recur(self, params: ParaGRUParams, carry: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``a * h`` for each block."""
        dtype = self.policy.compute_dtype(params.w_h)
        h = carry.astype(dtype)
        return jnp.concatenate([h, h, h], axis=-1) * params.w_h.astype(dtype)

    def gate(
        self, params: ParaGRUParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        del params
        z_r, z_z, z_n = jnp.split(z, 3, axis=-1)
        u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
        candidate = self.activation(z_n + jax.nn.sigmoid(z_r + u_r) * u_n)
        return self._mixed(carry, jax.nn.sigmoid(z_z + u_z), candidate)

    def step(self, params: ParaGRUParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)
