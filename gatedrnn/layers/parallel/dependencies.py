"""Which results of a function depend on which of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


def dependencies(function: Callable[..., Any], *args: Any) -> list[set[int]]:
    """Return for each leaf of the result the numbers of the leaves of ``args`` that it may depend on.

    Example:
        >>> dependencies(lambda a, b, c: (a + b, 2 * c, 0.0), 1.0, 2.0, 3.0)
        [{0, 1}, {2}, set()]
    """
    jaxpr = jax.make_jaxpr(function)(*args).jaxpr
    # By identity: what is constant stands among the variables too, and has no hash.
    known = {id(var): {number} for number, var in enumerate(jaxpr.invars)}

    def of(var: Any) -> set[int]:
        return known.get(id(var), set())

    for equation in jaxpr.eqns:
        reached = set[int]().union(*(of(var) for var in equation.invars))
        known.update(dict.fromkeys(map(id, equation.outvars), reached))
    return [of(var) for var in jaxpr.outvars]
