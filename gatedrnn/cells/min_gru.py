"""The minimal gated recurrent unit, whose gate and candidate see the input alone."""

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
class MinGRUParams(NamedTuple):
    """Blocks of H columns in the order z, n; there is no recurrent map."""

    w_x: Float[Array, "I 2*H"]
    b: Float[Array, "2*H"]

    gates = Gates(("update", "candidate"), ("update",), "update", complement=True)


@config
class MinGRU:
    """Minimal gated recurrent unit: the carried output enters neither the gate nor the candidate.

    .. code-block:: text

        z = sigmoid(x W_xz + b_z)        update gate
        n = activation(x W_xn + b_n)     candidate
        h' = (1 - z) * h + z * n         also the output

    Here z lets the candidate in and 1 - z keeps, as in its paper; in ``GRU`` z keeps and 1 - z lets in. The paper
    writes h~ for n. Each unit is a linear recurrence whose factor the input sets; ``recur`` returns ``()``.

    Attributes:
        hidden: H, the number of units.
        activation: the function applied to the candidate: the identity unless said, as in the paper's section 3.1. The
            form with positive candidates is ``LogMinGRU``.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Feng et al. 2024, "Were RNNs All We Needed?", arXiv 2410.01201v3.

    Example:
        >>> cell = MinGRU(1)
        >>> params = MinGRUParams(w_x=jnp.array([[0.0, 3.0]]), b=jnp.zeros(2))  # z = 1/2, n = 3 x
        >>> cell.step(params, jnp.array([4.0]), jnp.array([2.0]))[1]
        Array([5.], dtype=float32)
    """

    hidden: int
    activation: Callable[[Array], Array] = jax.nn.identity
    policy: Policy = Policy()

    gates = MinGRUParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> MinGRUParams:
        """Draw parameters for inputs of ``in_dim`` features; biases are zero."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        return MinGRUParams(
            w_x=initializers.glorot(key, in_dim, self.hidden, 2, self.policy.params),
            b=jnp.zeros(2 * self.hidden, self.policy.params),
        )

    def initial_carry(self, params: MinGRUParams, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_x)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def prepare(self, params: MinGRUParams, xs: Any, key: Any = None) -> tuple[MinGRUParams, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_x)
        return MinGRUParams(*(p.astype(dtype) for p in params)), xs

    def project(self, params: MinGRUParams, x: Array) -> Float[Array, "... 2*{self.hidden}"]:
        """Return ``x W_x + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        return x.astype(dtype) @ params.w_x.astype(dtype) + params.b.astype(dtype)

    def recur(self, params: MinGRUParams, carry: Array) -> tuple[()]:
        """Return nothing: there is no recurrent map."""
        del params, carry
        return ()

    def gate(
        self, params: MinGRUParams, z: Array, u: tuple[()], carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Move each unit towards its candidate, as far as the update gate is open."""
        del params, u
        z_z, z_n = jnp.split(z, 2, axis=-1)
        update = jax.nn.sigmoid(z_z)
        h = ((1 - update) * carry + update * self.activation(z_n)).astype(self.policy.carry_dtype(z.dtype))
        return h, h.astype(z.dtype)

    def linear(self, params: MinGRUParams, z: Array) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Return ``(a, b)`` of ``h' = a * h + b``, which the associative engine runs in parallel over time."""
        del params
        z_z, z_n = jnp.split(z, 2, axis=-1)
        return jax.nn.sigmoid(-z_z), jax.nn.sigmoid(z_z) * self.activation(z_n)

    def step(self, params: MinGRUParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        z = self.project(params, x)
        checks.state(carry, z, self.hidden)
        return self.gate(params, z, (), carry)

    def _check(self, params: MinGRUParams) -> None:
        checks.params(
            params,
            MinGRUParams,
            b=(2 * self.hidden,),
            w_x=(None, 2 * self.hidden),
        )
