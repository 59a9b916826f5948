"""Derivatives of gates: what the fast engine keeps of a step in its forward scan, and makes of it in its reverse scan.

Any ``GatedCell`` has JAX's derivative of ``gate``; LSTM and GRU bring one written by hand, which keeps less than half
as many arrays (valid for tanh only) and stands beside its cell. All are equal up to rounding.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from gatedrnn.cells.cotangents import complete, differentiable, known
from gatedrnn.cells.optional import optional_method

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


@runtime_checkable
class GateDerivative(Protocol):
    """A gate that says what to save, and its transpose.

    Where the gate reads parameters, ``of_params(d_linear, carries)`` returns their cotangents from what ``transpose``
    has returned in each step and the carries that the steps have consumed; None for those that it does not read.
    """

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
    """JAX's derivative of a gate; its VJP is a pytree, and saved as such.

    Parameters that the gate reads, as peepholes, get their cotangent in each step too, ``[T, ...]`` in all: after the
    scan, the gates of all steps would have to be computed once more for it.
    """

    cell: Any
    params: Params

    def save(self, z: Any, u: Any, carry: Carry) -> tuple[Carry, Array, Any]:
        """Return the next carry, the output, and the VJP."""
        leaves, tree = jax.tree.flatten(self.params)
        read = params_read(self.cell.gate, self.params, z, u, carry)

        def gate(own: list[Any], z: Any, u: Any, carry: Carry) -> tuple[Carry, Array]:
            given = [leaf if one is None else one for one, leaf in zip(own, leaves, strict=True)]
            return self.cell.gate(jax.tree.unflatten(tree, given), z, u, carry)

        pairs = zip(leaves, read, strict=True)
        own = [_beside(carry, leaf) if one and differentiable(leaf) else None for leaf, one in pairs]
        (new, y), vjp = jax.vjp(gate, own, z, u, carry)
        return new, y, vjp

    def transpose(self, saved: Any, carry: Carry, d_carry: Carry, d_y: Array) -> tuple[Any, Carry]:
        """Return ``(d_own, d_z, d_u)``, or ``(d_own, d_z)`` where a gate that adds them has one array for both."""
        d_own, d_z, d_u, d_consumed = saved((complete(d_carry, carry), d_y))
        return ((d_own, d_z) if d_u is d_z else (d_own, d_z, d_u)), known(d_consumed)

    def of_z(self, d_linear: Any) -> Any:
        """Return the second."""
        return d_linear[1]

    def of_u(self, d_linear: Any) -> Any:
        """Return the last."""
        return d_linear[-1]

    def of_params(self, d_linear: Any, carries: Carry) -> Params:
        """Return the cotangents of all parameters from those in each step; None for what the gate does not read."""
        leaves, tree = jax.tree.flatten(self.params)

        def total(leaf: Array, own: Any) -> Any:
            # Over devices they are summed here, once, and not in each step.
            return None if own is None else jax.vjp(partial(_beside, carries), leaf)[1](own.sum(0))[0]

        return jax.tree.unflatten(tree, [total(leaf, own) for leaf, own in zip(leaves, d_linear[0], strict=True)])


def params_read(gate: Any, params: Params, *others: Any) -> list[bool]:
    """Return for each leaf of the parameters whether ``gate`` computes anything with it, as peepholes do.

    Args:
        gate: the method of a cell.
        params: the parameters, the gate's first argument.
        others: the other arguments, of which types and shapes are read.

    Example:
        >>> import jax.numpy as jnp
        >>> params_read(lambda params, c: params["p"] * c, {"p": jnp.ones(2), "w": jnp.ones(2)}, jnp.ones(2))
        [True, False]
    """
    jaxpr = jax.make_jaxpr(gate)(params, *others).jaxpr
    own = jaxpr.invars[: len(jax.tree.leaves(params))]
    # By identity: what is constant stands among the variables too, and has no hash.
    used = {id(var) for var in [*jaxpr.outvars, *(var for equation in jaxpr.eqns for var in equation.invars)]}
    return [id(var) in used for var in own]


def _beside(carry: Carry, leaf: Array) -> Array:
    """Return a parameter that varies over the devices of a mesh as a carry does, which is not summed over them yet."""
    states = [state for state in jax.tree.leaves(carry) if differentiable(state)]
    return leaf + jnp.zeros_like(states[0]).sum().astype(leaf.dtype) if states else leaf
