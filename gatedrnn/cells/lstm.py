"""Long short-term memory."""

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
class LSTMParams(NamedTuple):
    """Blocks of H columns in the order i, f, g, o."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "H 4*H"]
    b: Float[Array, "4*H"]

    gates = Gates(("input", "forget", "candidate", "output"), ("input", "forget", "output"), "forget", lets_in="input")


@exportable
class LSTMCarry(NamedTuple):
    """Hidden state, which is also the output, and cell state."""

    h: Float[Array, "*B H"]
    c: Float[Array, "*B H"]


@config
class LSTM:
    r"""Long short-term memory without peepholes: three gates and a separate cell state.

    .. code-block:: text

        i = sigmoid(x W_xi + h W_hi + b_i)        input gate
        f = sigmoid(x W_xf + h W_hf + b_f)        forget gate
        g = activation(x W_xg + h W_hg + b_g)     candidate
        o = sigmoid(x W_xo + h W_ho + b_o)        output gate
        c' = f * c + i * g
        h' = o * activation(c')                   also the output

    One bias per gate (PyTorch has two, which add up to it). The forget bias starts at 1, in the parameters,
    and nothing is added at run time. Recurrent blocks start orthogonal, input blocks Glorot-uniform.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000; this form:
    Graves 2013, arXiv 1308.0850v5, without its peepholes.

    Example:
        >>> cell = LSTM(3)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> x = jnp.ones((5, 2))
        >>> carry, y = cell.step(params, cell.initial_carry(params, x), x)
        >>> y.shape, carry.c.shape
        ((5, 3), (5, 3))
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    gates = LSTMParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> LSTMParams:
        """Draw parameters for inputs of ``in_dim`` features."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h = jax.random.split(key)
        b = jnp.zeros(4 * self.hidden, self.policy.params)
        return LSTMParams(
            w_x=initializers.glorot(key_x, in_dim, self.hidden, 4, self.policy.params),
            w_h=initializers.orthogonal(key_h, self.hidden, 4, self.policy.params),
            b=b.at[self.hidden : 2 * self.hidden].set(1.0),
        )

    def initial_carry(self, params: LSTMParams, x: Any) -> LSTMCarry:
        """Return zeros ``[*B, H]`` for an input ``[*B, I]``."""
        self._check(params)
        shape = (*jnp.shape(x)[:-1], self.hidden)
        compute = self.policy.compute_dtype(params.w_h)
        return LSTMCarry(jnp.zeros(shape, compute), jnp.zeros(shape, self._cell_dtype(compute)))

    def prepare(self, params: LSTMParams, xs: Any, key: Any = None) -> tuple[LSTMParams, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_h)
        return LSTMParams(*(p.astype(dtype) for p in params)), xs

    def project(self, params: LSTMParams, x: Array) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``x W_x + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        return x.astype(dtype) @ params.w_x.astype(dtype) + params.b.astype(dtype)

    def recur(self, params: LSTMParams, carry: LSTMCarry) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``h W_h``."""
        dtype = self.policy.compute_dtype(params.w_h)
        return carry.h.astype(dtype) @ params.w_h.astype(dtype)

    def joint(self, params: LSTMParams, x: Array, carry: LSTMCarry) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``[x, h] [W_x; W_h] + b``, one product: ``gate`` reads the sum of both alone."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        both = jnp.concatenate([x.astype(dtype), carry.h.astype(dtype)], axis=-1)
        return both @ jnp.concatenate([params.w_x, params.w_h]).astype(dtype) + params.b.astype(dtype)

    def gate(self, params: LSTMParams, z: Array, u: Array, carry: LSTMCarry) -> tuple[LSTMCarry, Float[Array, "... H"]]:
        """Open and close the gates, elementwise over units."""
        del params
        c, h, _ = equations(z, u, carry.c, self.activation, self._cell_dtype)
        return LSTMCarry(h, c), h

    def step(self, params: LSTMParams, carry: LSTMCarry, x: Any) -> tuple[LSTMCarry, Float[Array, "*B H"]]:
        """Consume one input ``[*B, I]``."""
        z = self.project(params, x)
        checks.state(carry, z, self.hidden, LSTMCarry)
        return self.gate(params, z, self.recur(params, carry), carry)

    def _check(self, params: LSTMParams) -> None:
        checks.params(
            params,
            LSTMParams,
            w_h=(self.hidden, 4 * self.hidden),
            b=(4 * self.hidden,),
            w_x=(None, 4 * self.hidden),
        )

    @property
    def gate_derivative(self) -> LSTMDerivative | None:
        """The derivative of ``gate`` written by hand, for the fast engine; None for another activation than tanh."""
        return LSTMDerivative(self._cell_dtype) if self.activation is jnp.tanh else None

    def _cell_dtype(self, compute: Any) -> Any:
        return self.policy.carry_dtype(compute, at_least="float32")


def equations(
    z: Array, u: Array, c: Array, activation: Callable[[Array], Array], cell_dtype: Callable[[Any], Any]
) -> tuple[Array, Array, tuple[Array, Array, Array, Array]]:
    """Return the next cell state, the output, and ``(i, f, g, o)``: what a step does, with or without a derivative."""
    i, f, g, o = (a + b for a, b in zip(jnp.split(z, 4, axis=-1), jnp.split(u, 4, axis=-1), strict=True))
    i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), activation(g), jax.nn.sigmoid(o)
    c = _next_cell_state(i, f, g, c, cell_dtype)
    h = o * activation(c).astype(z.dtype)
    return c, h, (i, f, g, o)


def _next_cell_state(i: Array, f: Array, g: Array, c: Array, cell_dtype: Callable[[Any], Any]) -> Array:
    return (f * c + i * g).astype(cell_dtype(i.dtype))


class LSTMDerivative:
    """Saves the four gates: 4 arrays ``[*B, H]``; the squashed cell state is computed again."""

    def __init__(self, cell_dtype: Any) -> None:
        self._cell_dtype = cell_dtype

    def save(self, z: Array, u: Array, carry: LSTMCarry) -> tuple[LSTMCarry, Array, Any]:
        """Return the next carry, the output, and ``(i, f, g, o)``."""
        c, h, gates = equations(z, u, carry.c, jnp.tanh, self._cell_dtype)
        return LSTMCarry(h, c), h, gates

    def transpose(self, saved: Any, carry: LSTMCarry, d_carry: LSTMCarry, d_y: Array) -> tuple[Array, LSTMCarry]:
        """Return one array for ``z`` and ``u``, which the gate only adds."""
        i, f, g, o = saved
        squashed = jnp.tanh(_next_cell_state(i, f, g, carry.c, self._cell_dtype))
        d_h = d_carry.h + d_y
        d_c = d_carry.c + (d_h * o).astype(squashed.dtype) * (1 - squashed**2)
        blocks = (
            d_c * (g * i * (1 - i)),
            d_c * (carry.c * f * (1 - f)),
            d_c * (i * (1 - g**2)),
            d_h * squashed * (o * (1 - o)),
        )
        d_a = jnp.concatenate([block.astype(o.dtype) for block in blocks], axis=-1)
        return d_a, LSTMCarry(jnp.zeros_like(d_h), (d_c * f).astype(d_carry.c.dtype))

    def of_z(self, d_linear: Array) -> Array:
        """Return it as it is."""
        return d_linear

    def of_u(self, d_linear: Array) -> Array:
        """Return it as it is."""
        return d_linear
