"""Gated recurrent unit, with the reset gate after the recurrent product, and the choice between both forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.cells.gates import Gates
from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class GRUParams(NamedTuple):
    """Blocks of H columns in the order r, z, n; ``b_h`` is the bias inside the reset product."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "H 3*H"]
    b: Float[Array, "3*H"]
    b_h: Float[Array, "H"]

    gates = Gates(("reset", "update", "candidate"), ("reset", "update"), "update")


@config
class GRUResetAfter:
    """Gated recurrent unit, reset gate applied after the recurrent matrix product.

    .. code-block:: text

        r = sigmoid(x W_xr + h W_hr + b_r)                 reset gate
        z = sigmoid(x W_xz + h W_hz + b_z)                 update gate
        n = activation(x W_xn + b_n + r * (h W_hn + b_h))  candidate
        h' = (1 - z) * n + z * h                           also the output

    This is the form of cuDNN, PyTorch and flax, and it is a ``GatedCell``: its recurrent product needs no gate,
    so that one matrix product serves all three blocks. In Cho et al. 2014 the reset gate acts before the product
    (``GRU(hidden, reset="before")``) and z and 1 - z are exchanged in some papers.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Cho et al. 2014, arXiv 1406.1078v3, in the variant of its version 1 (reset after the product).

    Example:
        >>> cell = GRUResetAfter(3)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> h, y = cell.step(params, jnp.zeros(3), jnp.ones(2))
        >>> bool((h == y).all())
        True
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    gates = GRUParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> GRUParams:
        """Draw parameters for inputs of ``in_dim`` features; biases are zero."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h = jax.random.split(key)
        return GRUParams(
            w_x=initializers.glorot(key_x, in_dim, self.hidden, 3, self.policy.params),
            w_h=initializers.orthogonal(key_h, self.hidden, 3, self.policy.params),
            b=jnp.zeros(3 * self.hidden, self.policy.params),
            b_h=jnp.zeros(self.hidden, self.policy.params),
        )

    def initial_carry(self, params: GRUParams, x: Any) -> Float[Array, "*B H"]:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        compute = self.policy.compute_dtype(params.w_h)
        return jnp.zeros((*jnp.shape(x)[:-1], self.hidden), self.policy.carry_dtype(compute))

    def prepare(self, params: GRUParams, xs: Any, key: Any = None) -> tuple[GRUParams, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_h)
        return GRUParams(*(p.astype(dtype) for p in params)), xs

    def project(self, params: GRUParams, x: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``x W_x + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        return x.astype(dtype) @ params.w_x.astype(dtype) + params.b.astype(dtype)

    def recur(self, params: GRUParams, carry: Array) -> Float[Array, "... 3*{self.hidden}"]:
        """Return ``h W_h``, with ``b_h`` added to its last block."""
        dtype = self.policy.compute_dtype(params.w_h)
        inside_reset = jnp.pad(params.b_h.astype(dtype), (2 * self.hidden, 0))
        return carry.astype(dtype) @ params.w_h.astype(dtype) + inside_reset

    def gate(
        self, params: GRUParams, z: Array, u: Array, carry: Array
    ) -> tuple[Float[Array, "... H"], Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        del params
        z_r, z_z, z_n = jnp.split(z, 3, axis=-1)
        u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
        candidate = self.activation(z_n + jax.nn.sigmoid(z_r + u_r) * u_n)
        keep = jax.nn.sigmoid(z_z + u_z)
        h = ((1 - keep) * candidate + keep * carry).astype(self.policy.carry_dtype(z.dtype))
        return h, h.astype(z.dtype)

    def step(self, params: GRUParams, carry: Array, x: Any) -> tuple[Array, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        z = self.project(params, x)
        checks.state(carry, z, self.hidden)
        return self.gate(params, z, self.recur(params, carry), carry)

    def _check(self, params: GRUParams) -> None:
        checks.params(
            params,
            GRUParams,
            w_h=(self.hidden, 3 * self.hidden),
            b=(3 * self.hidden,),
            b_h=(self.hidden,),
            w_x=(None, 3 * self.hidden),
        )

    @property
    def gate_derivative(self) -> GRUDerivative | None:
        """The derivative of ``gate`` written by hand, for the fast engine; None for another activation than tanh."""
        return GRUDerivative(self.policy.carry_dtype) if self.activation is jnp.tanh else None


class GRUDerivative:
    """Saves both gates, the candidate and its recurrent part: 4 arrays ``[*B, H]``."""

    def __init__(self, carry_dtype: Any) -> None:
        self._carry_dtype = carry_dtype

    def save(self, z: Array, u: Array, carry: Array) -> tuple[Array, Array, Any]:
        """Return the next carry, the output, and ``(r, z, n, h W_hn + b_h)``."""
        z_r, z_z, z_n = jnp.split(z, 3, axis=-1)
        u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
        reset, keep = jax.nn.sigmoid(z_r + u_r), jax.nn.sigmoid(z_z + u_z)
        candidate = jnp.tanh(z_n + reset * u_n)
        h = ((1 - keep) * candidate + keep * carry).astype(self._carry_dtype(z.dtype))
        return h, h.astype(z.dtype), (reset, keep, candidate, u_n)

    def transpose(self, saved: Any, carry: Array, d_carry: Array, d_y: Array) -> tuple[Any, Array]:
        """Return the cotangent of ``u``, and of the candidate's block of ``z``, the only one that differs."""
        reset, keep, candidate, u_n = saved
        d_h = d_carry + d_y.astype(d_carry.dtype)
        d_n = (d_h * ((1 - keep) * (1 - candidate**2))).astype(keep.dtype)
        d_r = d_n * u_n * (reset * (1 - reset))
        d_k = (d_h * (carry - candidate) * (keep * (1 - keep))).astype(keep.dtype)
        return (jnp.concatenate([d_r, d_k, d_n * reset], axis=-1), d_n), d_h * keep

    def of_z(self, d_linear: tuple[Array, Array]) -> Array:
        """Exchange the candidate's block."""
        d_u, d_n = d_linear
        return jnp.concatenate([d_u[..., : -d_n.shape[-1]], d_n], axis=-1)

    def of_u(self, d_linear: tuple[Array, Array]) -> Array:
        """Return the first."""
        return d_linear[0]


def GRU(
    hidden: int,
    *,
    reset: Literal["after", "before"] = "after",
    activation: Callable[[Array], Array] = jnp.tanh,
    policy: Policy = Policy(),
) -> GRUResetAfter | GRUResetBefore:
    """Build a gated recurrent unit: two gates and one state.

    Args:
        hidden: H, the number of units.
        reset: where the reset gate acts: "after" the recurrent matrix product (cuDNN, PyTorch, flax; one product),
            or "before" it (Cho et al. 2014 version 3, Chung et al. 2014). Papers differ; neither is better in general.
        activation: the function that is applied to the candidate.
        policy: types of parameters, arithmetic and carry.

    Raises:
        InputError: where ``reset`` is neither, or ``hidden`` is no positive int.

    Example:
        >>> GRU(64), GRU(64, reset="before")
        (GRUResetAfter(hidden=64), GRUResetBefore(hidden=64))
    """
    forms = {"after": GRUResetAfter, "before": GRUResetBefore}
    if reset not in forms:
        raise InputError(f'reset: expected "after" or "before", got {reset!r}')
    return forms[reset](hidden, activation, policy)
