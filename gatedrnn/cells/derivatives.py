"""Derivatives of gates written by hand: what the fast engine keeps of a step, and what it makes of it.

Optional: without them it takes JAX's derivative of ``gate``, which keeps about twice as many arrays. Both save in
the forward scan what their transpose needs in the reverse scan. Equal to JAX's up to rounding; valid for tanh only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry


@runtime_checkable
class GateDerivative(Protocol):
    """A gate that says what to save, and its transpose."""

    def save(self, z: Any, u: Any, carry: Carry) -> tuple[Carry, Array, Any]:
        """Return what ``gate`` does, and what ``transpose`` needs."""
        ...

    def transpose(self, saved: Any, carry: Carry, d_carry: Carry, d_y: Array) -> tuple[Any, Any, Carry]:
        """Return the cotangents of ``z``, ``u`` and the consumed carry."""
        ...


class LSTMDerivative:
    """Saves the four gates and the squashed cell state: 5 arrays ``[*B, H]``."""

    def __init__(self, cell_dtype: Any) -> None:
        self._cell_dtype = cell_dtype

    def save(self, z: Array, u: Array, carry: Any) -> tuple[Any, Array, Any]:
        """Return the next carry, the output, and ``(i, f, g, o, tanh(c'))``."""
        i, f, g, o = jnp.split(z + u, 4, axis=-1)
        i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
        c = (f * carry.c + i * g).astype(self._cell_dtype(z.dtype))
        squashed = jnp.tanh(c)
        h = o * squashed.astype(z.dtype)
        return type(carry)(h, c), h, (i, f, g, o, squashed)

    def transpose(self, saved: Any, carry: Any, d_carry: Any, d_y: Array) -> tuple[Array, Array, Any]:
        """Return one array for ``z`` and ``u``, which the gate only adds."""
        i, f, g, o, squashed = saved
        d_h = d_carry.h + d_y
        d_c = d_carry.c + (d_h * o).astype(squashed.dtype) * (1 - squashed**2)
        blocks = (
            d_c * (g * i * (1 - i)),
            d_c * (carry.c * f * (1 - f)),
            d_c * (i * (1 - g**2)),
            d_h * squashed * (o * (1 - o)),
        )
        d_a = jnp.concatenate([block.astype(o.dtype) for block in blocks], axis=-1)
        return d_a, d_a, type(carry)(jnp.zeros_like(d_h), (d_c * f).astype(d_carry.c.dtype))


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

    def transpose(self, saved: Any, carry: Array, d_carry: Array, d_y: Array) -> tuple[Array, Array, Array]:
        """Return the cotangents; those of ``z`` and ``u`` differ in the candidate's block."""
        reset, keep, candidate, u_n = saved
        d_h = d_carry + d_y.astype(d_carry.dtype)
        d_n = (d_h * ((1 - keep) * (1 - candidate**2))).astype(keep.dtype)
        d_r = d_n * u_n * (reset * (1 - reset))
        d_k = (d_h * (carry - candidate) * (keep * (1 - keep))).astype(keep.dtype)
        d_z = jnp.concatenate([d_r, d_k, d_n], axis=-1)
        d_u = jnp.concatenate([d_r, d_k, d_n * reset], axis=-1)
        return d_z, d_u, d_h * keep
