"""Derivatives of gates: what the fast engine keeps of a step in its forward scan, and makes of it in its reverse scan.

Any ``GatedCell`` has JAX's derivative of ``gate``; LSTM and GRU bring one written by hand, which keeps less than half
as many arrays (valid for tanh only). All are equal up to rounding.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from gatedrnn.cells.optional import optional_method

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


@runtime_checkable
class GateDerivative(Protocol):
    """A gate that says what to save, and its transpose."""

    def save(self, z: Any, u: Any, carry: Carry) -> tuple[Carry, Array, Any]:
        """Return what ``gate`` does, and what ``transpose`` needs beside the consumed carry."""
        ...

    def transpose(self, saved: Any, carry: Carry, d_carry: Carry, d_y: Array) -> tuple[Any, Carry]:
        """Return the cotangent of ``z`` and ``u``, in whatever form is smallest, and that of the consumed carry."""
        ...

    def of_z(self, d_linear: Any) -> Any:
        """Return the cotangent of ``z``."""
        ...

    def of_u(self, d_linear: Any) -> Any:
        """Return the cotangent of ``u``."""
        ...


def derivative_of(cell: Any, params: Params) -> GateDerivative:
    """Return the cell's own derivative where it has one, else JAX's."""
    return optional_method(cell, "gate_derivative") or TracedDerivative(cell, params)


class TracedDerivative(NamedTuple):
    """JAX's derivative of a gate; its VJP is a pytree, and saved as such."""

    cell: Any
    params: Params

    def save(self, z: Any, u: Any, carry: Carry) -> tuple[Carry, Array, Any]:
        """Return the next carry, the output, and the VJP."""
        (new, y), vjp = jax.vjp(partial(self.cell.gate, self.params), z, u, carry)
        return new, y, vjp

    def transpose(self, saved: Any, carry: Carry, d_carry: Carry, d_y: Array) -> tuple[Any, Carry]:
        """Return ``(d_z, d_u)``, or ``(d_z,)`` where a gate that adds them has one array for both."""
        del carry
        d_z, d_u, d_consumed = saved((d_carry, d_y))
        return ((d_z,) if d_u is d_z else (d_z, d_u)), d_consumed

    def of_z(self, d_linear: Any) -> Any:
        """Return the first."""
        return d_linear[0]

    def of_u(self, d_linear: Any) -> Any:
        """Return the last."""
        return d_linear[-1]


class LSTMDerivative:
    """Saves the four gates: 4 arrays ``[*B, H]``; the squashed cell state is computed again."""

    def __init__(self, cell_dtype: Any) -> None:
        self._cell_dtype = cell_dtype

    def save(self, z: Array, u: Array, carry: Any) -> tuple[Any, Array, Any]:
        """Return the next carry, the output, and ``(i, f, g, o)``."""
        i, f, g, o = (a + b for a, b in zip(jnp.split(z, 4, axis=-1), jnp.split(u, 4, axis=-1), strict=True))
        i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
        c = self._next(i, f, g, carry)
        h = o * jnp.tanh(c).astype(z.dtype)
        return type(carry)(h, c), h, (i, f, g, o)

    def transpose(self, saved: Any, carry: Any, d_carry: Any, d_y: Array) -> tuple[Array, Any]:
        """Return one array for ``z`` and ``u``, which the gate only adds."""
        i, f, g, o = saved
        squashed = jnp.tanh(self._next(i, f, g, carry))
        d_h = d_carry.h + d_y
        d_c = d_carry.c + (d_h * o).astype(squashed.dtype) * (1 - squashed**2)
        blocks = (
            d_c * (g * i * (1 - i)),
            d_c * (carry.c * f * (1 - f)),
            d_c * (i * (1 - g**2)),
            d_h * squashed * (o * (1 - o)),
        )
        d_a = jnp.concatenate([block.astype(o.dtype) for block in blocks], axis=-1)
        return d_a, type(carry)(jnp.zeros_like(d_h), (d_c * f).astype(d_carry.c.dtype))

    def of_z(self, d_linear: Array) -> Array:
        """Return it as it is."""
        return d_linear

    def of_u(self, d_linear: Array) -> Array:
        """Return it as it is."""
        return d_linear

    def _next(self, i: Array, f: Array, g: Array, carry: Any) -> Array:
        return (f * carry.c + i * g).astype(self._cell_dtype(i.dtype))


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
