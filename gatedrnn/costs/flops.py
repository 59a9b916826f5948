"""Counting in a traced program: FLOPs of its matrix products, and entries that go through a sigmoid."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jax.extend import core
from jax.interpreters.partial_eval import dce_jaxpr

from gatedrnn.training.size import programs


def gemm_flops(jaxpr: core.Jaxpr) -> int:
    """Sum ``2 m n k`` over the matrix products of a traced program, a scan's body times its length.

    Of a conditional's branches the most expensive counts; the body of a while loop counts once, as nobody knows
    how often it runs.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> a, b = jnp.ones((2, 3)), jnp.ones((3, 5))
        >>> gemm_flops(jax.make_jaxpr(jnp.dot)(a, b).jaxpr)
        60
    """

    def product(eqn: Any) -> int:
        (contracted, _), _ = eqn.params["dimension_numbers"]
        shape = eqn.invars[0].aval.shape
        return 2 * math.prod(shape[axis] for axis in contracted) * eqn.outvars[0].aval.size

    return _sum(jaxpr, "dot_general", product)


def sigmoids(jaxpr: core.Jaxpr) -> int:
    """Count the entries that a traced program sends through ``jax.nn.sigmoid``.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> sigmoids(jax.make_jaxpr(jax.nn.sigmoid)(jnp.ones((2, 3))).jaxpr)
        6
    """
    return _sum(jaxpr, "logistic", lambda eqn: eqn.outvars[0].aval.size)


def live(jaxpr: core.Jaxpr) -> tuple[core.Jaxpr, list[bool]]:
    """Drop what no output needs, as XLA does; say which inputs are left."""
    return dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))


def _sum(jaxpr: core.Jaxpr, primitive: str, count: Callable[[Any], int]) -> int:
    total = 0
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == primitive:
            total += count(eqn)
        inner = [_sum(sub, primitive, count) for value in eqn.params.values() for sub in programs(value)]
        if eqn.primitive.name == "cond":
            total += max(inner)
        else:
            total += sum(inner) * eqn.params.get("length", 1)
    return total
