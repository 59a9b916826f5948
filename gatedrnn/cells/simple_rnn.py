"""The simple recurrent network: no gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class SimpleRNNParams(NamedTuple):
    """Input map, recurrent map, bias."""

    w_x: Float[Array, "I H"]
    w_h: Float[Array, "H H"]
    b: Float[Array, "H"]


@config
class SimpleRNN:
    """Simple recurrent network, the baseline of the literature on gates: ``h' = activation(x W_x + h W_h + b)``.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the sum of both products; tanh unless said.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Elman 1990, "Finding structure in time".

    Example:
        >>> cell = SimpleRNN(1, activation=lambda x: x)
        >>> params = SimpleRNNParams(w_x=jnp.ones((1, 1)), w_h=jnp.full((1, 1), 0.5), b=jnp.zeros(1))
        >>> cell.step(params, jnp.array([4.0]), jnp.array([1.0]))[1]
        Array([3.], dtype=float32)
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> SimpleRNNParams:
        """Draw parameters for inputs of ``in_dim`` features; the bias is zero."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h = jax.random.split(key)
        return SimpleRNNParams(
            w_x=initializers.glorot(key_x, in_dim, self.hidden, 1, self.policy.params),
            w_h=initializers.orthogonal(key_h, self.hidden, 1, self.policy.params),
            b=jnp.zeros(self.hidden, self.policy.params),
        )

    def initial_carry(self, params: SimpleRNNParams, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_h)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def prepare(self, params: SimpleRNNParams, xs: Any, key: Any = None) -> tuple[SimpleRNNParams, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_h)
        return SimpleRNNParams(*(p.astype(dtype) for p in params)), xs

    def project(self, params: SimpleRNNParams, x: Array) -> Float[Array, "... H"]:
        """Return ``x W_x + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        return x.astype(dtype) @ params.w_x.astype(dtype) + params.b.astype(dtype)

    def recur(self, params: SimpleRNNParams, carry: Array) -> Float[Array, "... H"]:
        """Return ``h W_h``."""
        dtype = self.policy.compute_dtype(params.w_h)
        return carry.astype(dtype) @ params.w_h.astype(dtype)

    def joint(self, params: SimpleRNNParams, x: Array, carry: Array) -> Float[Array, "... H"]:
        """Return ``[x, h] [W_x; W_h] + b``, one product: ``gate`` reads the sum of both alone."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        both = jnp.concatenate([x.astype(dtype), carry.astype(dtype)], axis=-1)
        return both @ jnp.concatenate([params.w_x, params.w_h]).astype(dtype) + params.b.astype(dtype)

    def gate(
        self, params: SimpleRNNParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Apply the activation."""
        del params, carry
        y = self.activation(z + u)
        return y.astype(self.policy.carry_dtype(z.dtype)), y

    def step(self, params: SimpleRNNParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        z = self.project(params, x)
        checks.state(carry, z, self.hidden)
        return self.gate(params, z, self.recur(params, carry), carry)

    def _check(self, params: SimpleRNNParams) -> None:
        checks.params(
            params,
            SimpleRNNParams,
            w_h=(self.hidden, self.hidden),
            b=(self.hidden,),
            w_x=(None, self.hidden),
        )
