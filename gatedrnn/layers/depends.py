"""Whether what a function returns depends on its argument, as its program tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


def depends(function: Callable[[Any], Any], argument: Any) -> bool:
    """Return whether anything that the function returns depends on its argument.

    It is traced, not run, and read backwards from its outputs; what is in loops and branches counts as a whole.

    Example:
        >>> depends(lambda x: x + 1, 1.0), depends(lambda x: x.shape, jax.numpy.ones(2))
        (True, False)
    """
    program = jax.make_jaxpr(function)(argument).jaxpr
    live = {id(v) for v in program.outvars}
    for equation in reversed(program.eqns):
        if any(id(v) in live for v in equation.outvars):
            live.update(id(v) for v in equation.invars)
    return any(id(v) in live for v in program.invars)
