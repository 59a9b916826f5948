"""Dreamer's GRU: in heads, its joint sums normalised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.arguments import number
from gatedrnn.cells import checks
from gatedrnn.cells.block_diagonal import check_heads, heads_product, orthogonal_heads
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.hidden_frame import HiddenFrame
from gatedrnn.cells.layer_norm import layer_norm
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class DreamerGRUParams(NamedTuple):
    """Blocks in the order r, n, u: of H columns, in ``w_h`` of H / heads columns for each head."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "heads H/heads 3*H/heads"]
    b: Float[Array, "3*H"]
    gain: Float[Array, "3*H"]

    gates = Gates(("reset", "candidate", "update"), ("reset", "update"), "update", complement=True, see_more=True)


@config
class DreamerGRU(HiddenFrame):
    """Gated recurrent unit with a block-diagonal recurrent map and normalised sums, as world models of Dreamer have it.

    .. code-block:: text

        norm(a) = (a - mean(a)) / sqrt(variance(a) + epsilon)          over all columns of a
        a = gain * norm(x W_x + [h_head W_head of each head]) + b      all three blocks together
        r, u = sigmoid(a_r), sigmoid(a_u)                              reset and update gate
        h' = u * activation(r * a_n) + (1 - u) * h                     also the output

    The reset gate closes the whole candidate, inputs included. The update gate lets in, and its bias starts at -1, in
    the parameters; gains start at 1. The gate mixes units, as means are over all of them; the fast engine takes it, a
    search over several widths not.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h; means are reckoned in float32 at least.
        heads: the number of groups of units, which divides H; unit 0 to H / heads - 1 are the first.
        epsilon: the number that is added to each variance, above 0.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Hafner et al. 2023, "Mastering Diverse Domains through World Models", arXiv 2301.04104v2: its gates, heads
    and bias. In the program published with it the norm stands in a hidden layer before the gates; here it is of their
    sums, as in Dreamer's earlier versions.

    Example:
        >>> params = DreamerGRU(6, heads=2).init(jax.random.key(0), in_dim=2)
        >>> params.w_h.shape, params.b[12:].tolist()
        ((2, 3, 9), [-1.0, -1.0, -1.0, -1.0, -1.0, -1.0])
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    heads: int = 1
    epsilon: float = 1e-5

    mixes_units = True
    _kind = DreamerGRUParams
    _blocks = 3
    _recurrent = 3
    gates = DreamerGRUParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        super().__post_init__()
        check_heads(self.hidden, self.heads)
        number("epsilon", self.epsilon, above=0.0)

    def init(self, key: Key[Array, ""], in_dim: int) -> DreamerGRUParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        params = super().init(key, in_dim)
        return params._replace(b=params.b.at[2 * self.hidden :].set(-1.0))

    def _further(self) -> dict[str, int]:
        return {"gain": 3}

    def _first_recurrent(self, key: Key[Array, ""]) -> Array:
        return orthogonal_heads(key, self.hidden, self.heads, 3, self.policy.params)

    def _recurrent_shape(self) -> tuple[int, ...]:
        units = self.hidden // self.heads
        return (self.heads, units, 3 * units)

    def project(self, params: DreamerGRUParams, x: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``x W_x``; b is added to what is normed."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        return x.astype(dtype) @ params.w_x.astype(dtype)

    def recur(self, params: DreamerGRUParams, carry: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``h_head W_head`` of all heads."""
        dtype = self.policy.compute_dtype(params.w_h)
        return heads_product(carry.astype(dtype), params.w_h.astype(dtype))

    def gate(
        self, params: DreamerGRUParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Norm the sums, and open and close the gates."""
        reset, candidate, update = jnp.split(self._sums(params, z, u), 3, axis=-1)
        return self._mixed(carry, jax.nn.sigmoid(update), self.activation(jax.nn.sigmoid(reset) * candidate))

    def step(self, params: DreamerGRUParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        return self.gate(params, self.project(params, x), self.recur(params, carry), carry)

    def gate_sums(self, params: DreamerGRUParams, carry: Array, x: Array) -> Float[Array, "*B 3*{self.hidden}"]:
        """Return what both gates are the sigmoids of, and the candidate's sum before its reset."""
        return self._sums(params, self.project(params, x), self.recur(params, carry))

    def _sums(self, params: DreamerGRUParams, z: Array, u: Array) -> Array:
        normed = layer_norm(z + u, self.epsilon, jnp.promote_types(z.dtype, jnp.float32))
        return params.gain.astype(z.dtype) * normed + params.b.astype(z.dtype)
