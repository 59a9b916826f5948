"""Derivatives of gates: what the fast engine keeps of a step in its forward scan, and makes of it in its reverse scan.

Any ``GatedCell`` has JAX's derivative of ``gate``; LSTM and GRU bring one written by hand, which keeps less than half
as many arrays (valid for tanh only) and stands beside its cell. All are equal up to rounding.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import jax

from gatedrnn.cells.cotangents import complete, known
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
        """Return the cotangent of ``z`` and ``u``, in whatever form is smallest, and that of the consumed carry.

        A leaf of a carry that has no derivative, such as a counter, has None for its cotangent.
        """
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
        d_z, d_u, d_consumed = saved((complete(d_carry, carry), d_y))
        return ((d_z,) if d_u is d_z else (d_z, d_u)), known(d_consumed)

    def of_z(self, d_linear: Any) -> Any:
        """Return the first."""
        return d_linear[0]

    def of_u(self, d_linear: Any) -> Any:
        """Return the last."""
        return d_linear[-1]
