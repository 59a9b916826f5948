"""Gated recurrent unit with the reset gate before the recurrent product."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.cells.gates import Gates
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class GRUResetBeforeParams(NamedTuple):
    """Blocks of H columns in the order r, z, n."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "H 3*H"]
    b: Float[Array, "3*H"]

    gates = Gates(("reset", "update", "candidate"), ("reset", "update"), "update")


@config
class GRUResetBefore:
    """Gated recurrent unit, reset gate applied to the state before the recurrent matrix product.

    .. code-block:: text

        r = sigmoid(x W_xr + h W_hr + b_r)              reset gate
        z = sigmoid(x W_xz + h W_hz + b_z)              update gate
        n = activation(x W_xn + (r * h) W_hn + b_n)     candidate
        h' = (1 - z) * n + z * h                        also the output

    The candidate's product has to wait for the gates, so this is a plain ``Cell``, with two matrix products a step in
    sequence, that the reference engine runs, and the native one where it is asked for.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Cho et al. 2014, arXiv 1406.1078v3; Chung et al. 2014, arXiv 1412.3555v1 (there z and 1 - z exchanged).

    Example:
        >>> cell = GRUResetBefore(3)
        >>> cell.init(jax.random.key(0), in_dim=2).w_h.shape
        (3, 9)
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    gates = GRUResetBeforeParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> GRUResetBeforeParams:
        """Draw parameters for inputs of ``in_dim`` features; biases are zero."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h = jax.random.split(key)
        return GRUResetBeforeParams(
            w_x=initializers.glorot(key_x, in_dim, self.hidden, 3, self.policy.params),
            w_h=initializers.orthogonal(key_h, self.hidden, 3, self.policy.params),
            b=jnp.zeros(3 * self.hidden, self.policy.params),
        )

    def initial_carry(self, params: GRUResetBeforeParams, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_h)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def prepare(self, params: GRUResetBeforeParams, xs: Any, key: Any = None) -> tuple[GRUResetBeforeParams, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_h)
        return GRUResetBeforeParams(*(p.astype(dtype) for p in params)), xs

    def step(
        self, params: GRUResetBeforeParams, carry: Array, x: Array
    ) -> tuple[Float[Array, "*B H"], Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.features(x, params.w_x)
        checks.state(carry, x, self.hidden)
        w_x, w_h, b = self.prepare(params, None)[0]
        h = carry.astype(w_h.dtype)
        z_gates, z_n = jnp.split(x.astype(w_x.dtype) @ w_x + b, [2 * self.hidden], axis=-1)
        w_gates, w_n = jnp.split(w_h, [2 * self.hidden], axis=-1)
        reset, keep = jnp.split(jax.nn.sigmoid(z_gates + h @ w_gates), 2, axis=-1)
        candidate = self.activation(z_n + (reset * h) @ w_n)
        new = ((1 - keep) * candidate + keep * carry).astype(self.policy.carry_dtype(w_h.dtype))
        return new, new.astype(w_h.dtype)

    def gate_sums(self, params: GRUResetBeforeParams, carry: Array, x: Array) -> Float[Array, "*B 3*{self.hidden}"]:
        """Return what both gates are the sigmoids of; the candidate's block is not what it is made of."""
        w_x, w_h, b = self.prepare(params, None)[0]
        return x.astype(w_x.dtype) @ w_x + b + carry.astype(w_h.dtype) @ w_h

    def _check(self, params: GRUResetBeforeParams) -> None:
        checks.params(
            params,
            GRUResetBeforeParams,
            w_h=(self.hidden, 3 * self.hidden),
            b=(3 * self.hidden,),
            w_x=(None, 3 * self.hidden),
        )
