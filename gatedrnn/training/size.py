"""How large a member's steps are, whether such members are faster one after another or at once, and what they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import jax
from jax.extend import core

if TYPE_CHECKING:
    from gatedrnn.training.plan import Plan
    from gatedrnn.training.run import Run

AT_ONCE = 128
"""Numbers that a loop carries up to which, on CPU, members are faster at once: what an operation costs whatever its
size is then most of its time. Of a recurrent layer they are ``B * H``."""


def inside_of(plan: Plan, run: Run, function: Callable[[Any], Any], members: Any) -> Literal["map", "vmap"]:
    """Return whether a device calls a function of one member for one after another, or for all at once."""
    # A run with a status of its own stops early; at once, all members would go on until the last has stopped.
    if plan.inside == "auto" and not hasattr(run, "status"):
        return faster_on_cpu(jax.make_jaxpr(lambda members: jax.lax.map(function, members))(members).jaxpr)
    return "vmap" if plan.inside == "vmap" else "map"


def faster_on_cpu(jaxpr: core.Jaxpr) -> Literal["map", "vmap"]:
    """Return what to do with members of which one takes these steps.

    The number comes from ``python benchmarks/plans.py``, on two cores of a CPU. A program without loops is mapped.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> def sums(xs):
        ...     return jax.lax.scan(lambda carry, x: (carry + x, carry), jnp.zeros_like(xs[0]), xs)
        >>> faster_on_cpu(jax.make_jaxpr(sums)(jnp.ones((7, 4, 32))).jaxpr)
        'vmap'
        >>> faster_on_cpu(jax.make_jaxpr(sums)(jnp.ones((7, 16, 32))).jaxpr)
        'map'
    """
    carried = list(innermost_carries(jaxpr))
    return "vmap" if carried and max(carried) <= AT_ONCE else "map"


def innermost_carries(jaxpr: core.Jaxpr) -> Iterator[int]:
    """Yield the numbers in each array that a scan carries, of scans that have no scan inside: loops over time."""
    for eqn in jaxpr.eqns:
        inside = [sub for value in eqn.params.values() for sub in programs(value)]
        inner = [size for sub in inside for size in innermost_carries(sub)]
        if eqn.primitive.name == "scan" and not inner:
            # What is stacked has the steps as one more axis than in the body of the loop.
            pairs: Any = zip(eqn.outvars, inside[0].outvars, strict=True)
            inner = [whole.aval.size for whole, step in pairs if whole.aval.ndim == step.aval.ndim]
        yield from inner


def programs(value: Any) -> Iterator[core.Jaxpr]:
    """Yield the programs in one parameter of an equation."""
    if isinstance(value, core.ClosedJaxpr):
        yield value.jaxpr
    elif isinstance(value, core.Jaxpr):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from programs(item)


def bytes_of(program: Any) -> int:
    """Return what a compiled program needs of a device: arguments, results and what is in between."""
    found = program.memory_analysis()
    return found.argument_size_in_bytes + found.output_size_in_bytes + found.temp_size_in_bytes if found else 0
