"""The three mutated units that a search over ten thousand architectures found."""

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
    from jaxtyping import Float

_GATES = Gates(("update", "reset", "candidate"), ("update", "reset"), "update", complement=True)


@exportable
class MUTParams(NamedTuple):
    """Blocks of H columns in the order z, r, n; a MUT1 has no recurrent block of z."""

    w_x: Float[Array, "I 3*H"]
    w_h: Float[Array, "H RH"]
    b: Float[Array, "3*H"]

    gates = _GATES


@config
class MUT1(HiddenFrame):
    """Mutated unit 1: the update gate sees the input alone, and the candidate's input is squashed on its way.

    .. code-block:: text

        z = sigmoid(x W_xz + b_z)                                      update gate
        r = sigmoid(x W_xr + h W_hr + b_r)                             reset gate
        n = activation((r * h) W_hn + activation(x W_xn) + b_n)        candidate
        h' = (1 - z) * h + z * n                                       also the output

    The paper has tanh(x) in the candidate, for inputs as wide as the state; here x W_xn stands for it, so that inputs
    may have any width. Its z lets in. The reference engine runs it.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate and to its input.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Jozefowicz, Zaremba and Sutskever 2015, "An empirical exploration of recurrent network architectures".

    Example:
        >>> cell = MUT1(2)
        >>> cell.init(jax.random.key(0), in_dim=3).w_h.shape  # blocks r and n
        (2, 4)
    """

    _kind = MUTParams
    _blocks = 3
    _recurrent = 2
    gates = _GATES

    def step(self, params: MUTParams, carry: Array, x: Any) -> tuple[Float[Array, "*B H"], Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        z_z, z_r, _ = jnp.split(self.project(params, x), 3, axis=-1)
        dtype = z_z.dtype
        w_r, w_n = jnp.split(params.w_h.astype(dtype), 2, axis=-1)
        h = carry.astype(dtype)
        reset = jax.nn.sigmoid(z_r + h @ w_r)
        # The bias of the candidate stands outside the inner activation.
        w_xn, b_n = params.w_x[:, 2 * self.hidden :].astype(dtype), params.b[2 * self.hidden :].astype(dtype)
        inner = self.activation(x.astype(dtype) @ w_xn)
        return self._mixed(carry, jax.nn.sigmoid(z_z), self.activation((reset * h) @ w_n + inner + b_n))

    def gate_sums(self, params: MUTParams, carry: Array, x: Array) -> Float[Array, "*B 3*{self.hidden}"]:
        """Return what both gates are the sigmoids of; the candidate's block is not what it is made of."""
        z = self.project(params, x)
        w_h = jnp.pad(params.w_h, ((0, 0), (self.hidden, 0)))  # the update gate has no recurrent block
        return z + carry.astype(z.dtype) @ w_h.astype(z.dtype)


@config
class MUT2(HiddenFrame):
    """Mutated unit 2, which differs from a GRU in its reset gate.

    .. code-block:: text

        z = sigmoid(x W_xz + h W_hz + b_z)              update gate
        r = sigmoid(x W_xr + h W_hr + b_r)              reset gate
        n = activation((r * h) W_hn + x W_xn + b_n)     candidate
        h' = (1 - z) * h + z * n                        also the output

    The paper's reset gate has x itself, for inputs as wide as the state, where x W_xr stands here, so that inputs may
    have any width: with W_xr the identity it is the paper's. With W_xr free it computes what a GRU with its reset
    before the product does, z and 1 - z exchanged. The reference engine runs it.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Jozefowicz, Zaremba and Sutskever 2015, "An empirical exploration of recurrent network architectures".

    Example:
        >>> cell = MUT2(1)
        >>> params = MUTParams(w_x=jnp.zeros((1, 3)), w_h=jnp.zeros((1, 3)), b=jnp.zeros(3))  # z = 1/2, n = 0
        >>> cell.step(params, jnp.array([4.0]), jnp.array([1.0]))[1]
        Array([2.], dtype=float32)
    """

    _kind = MUTParams
    _blocks = 3
    _recurrent = 3
    gates = _GATES

    def step(self, params: MUTParams, carry: Array, x: Any) -> tuple[Float[Array, "*B H"], Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        h = carry.astype(self.policy.compute_dtype(params.w_h))
        return _stepped(self, params, carry, x, seen=h)

    def gate_sums(self, params: MUTParams, carry: Array, x: Array) -> Float[Array, "*B 3*{self.hidden}"]:
        """Return what both gates are the sigmoids of; the candidate's block is not what it is made of."""
        return _sums(self, params, carry, x, seen=carry)


@config
class MUT3(HiddenFrame):
    """Mutated unit 3: its update gate sees the state squashed.

    .. code-block:: text

        z = sigmoid(x W_xz + activation(h) W_hz + b_z)     update gate
        r = sigmoid(x W_xr + h W_hr + b_r)                 reset gate
        n = activation((r * h) W_hn + x W_xn + b_n)        candidate
        h' = (1 - z) * h + z * n                           also the output

    z lets in. The reference engine runs it.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the state that the update gate sees.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Jozefowicz, Zaremba and Sutskever 2015, "An empirical exploration of recurrent network architectures".

    Example:
        >>> cell = MUT3(1)
        >>> params = MUTParams(w_x=jnp.zeros((1, 3)), w_h=jnp.zeros((1, 3)), b=jnp.zeros(3))  # z = 1/2, n = 0
        >>> cell.step(params, jnp.array([4.0]), jnp.array([1.0]))[1]
        Array([2.], dtype=float32)
    """

    _kind = MUTParams
    _blocks = 3
    _recurrent = 3
    gates = _GATES

    def step(self, params: MUTParams, carry: Array, x: Any) -> tuple[Float[Array, "*B H"], Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, self.hidden)
        h = carry.astype(self.policy.compute_dtype(params.w_h))
        return _stepped(self, params, carry, x, seen=self.activation(h))

    def gate_sums(self, params: MUTParams, carry: Array, x: Array) -> Float[Array, "*B 3*{self.hidden}"]:
        """Return what both gates are the sigmoids of; the candidate's block is not what it is made of."""
        return _sums(self, params, carry, x, seen=self.activation(carry))


def _stepped(cell: Any, params: MUTParams, carry: Array, x: Array, *, seen: Array) -> tuple[Array, Array]:
    """Take a step of a MUT2 or a MUT3, whose update gate sees the state as ``seen``."""
    z_z, z_r, z_n = jnp.split(cell.project(params, x), 3, axis=-1)
    w_z, w_r, w_n = jnp.split(params.w_h.astype(z_z.dtype), 3, axis=-1)
    h = carry.astype(z_z.dtype)
    update, reset = jax.nn.sigmoid(z_z + seen @ w_z), jax.nn.sigmoid(z_r + h @ w_r)
    return cell._mixed(carry, update, cell.activation(z_n + (reset * h) @ w_n))


def _sums(cell: Any, params: MUTParams, carry: Array, x: Array, *, seen: Array) -> Array:
    """Return the sums of a MUT2 or a MUT3, whose update gate sees the state as ``seen``."""
    z = cell.project(params, x)
    states = (one.astype(z.dtype) for one in (seen, carry, carry))
    blocks = jnp.split(params.w_h.astype(z.dtype), 3, axis=-1)
    return z + jnp.concatenate([state @ block for state, block in zip(states, blocks, strict=True)], axis=-1)
