"""Whether a call is being differentiated in forward mode, which engines with a backward pass of their own have not."""

from __future__ import annotations

from typing import Any

import jax
from jax.interpreters.ad import JVPTracer

from gatedrnn.layers.engines.base import EngineRefusal


def in_forward_mode(*arguments: Any) -> bool:
    """Return whether a derivative in forward mode is asked for, as far as arguments show it.

    Inside a compiled program nothing shows. Of a gradient that is itself differentiated in forward mode, what the
    gradient is taken by shows as being linearised: that is reverse mode, which such engines have.

    Args:
        arguments: trees of all that the call reads.

    Example:
        >>> import jax.numpy as jnp
        >>> seen = []
        >>> def double(x):
        ...     seen.append(in_forward_mode(x))
        ...     return 2 * x
        >>> gradient = jax.grad(double)
        >>> _ = gradient(1.0), jax.jvp(double, (1.0,), (1.0,)), jax.jvp(gradient, (1.0,), (1.0,))
        >>> seen
        [False, True, False]
    """
    leaves = jax.tree.leaves(arguments)
    # JAX has no public name for the other class.
    is_linearised = any(type(leaf).__name__ == "LinearizeTracer" for leaf in leaves)
    return not is_linearised and any(isinstance(leaf, JVPTracer) for leaf in leaves)


def refuse_forward_mode(name: str, *arguments: Any) -> None:
    """Refuse a derivative in forward mode, naming the engine that has it.

    Args:
        name: the engine that is asked for it.
        arguments: trees of all that the call reads.

    Raises:
        EngineRefusal: where ``in_forward_mode`` sees one.
    """
    if in_forward_mode(*arguments):
        raise EngineRefusal(f'engine: expected "reference" for forward mode (jax.jvp, jax.jacfwd), got "{name}"')
