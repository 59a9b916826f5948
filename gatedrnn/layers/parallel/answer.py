"""What was found in parallel where it is right, else what a scan finds: in one compiled program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def answered(converged: Any, found: Any, one_by_one: Callable[[], Any]) -> Any:
    """Return ``found`` where ``converged`` holds, else ``one_by_one()``, which is only run where it is needed.

    A loop of no turn or one, and no ``lax.cond``: under ``jax.vmap`` ``cond`` would run both branches for each, where
    the loop runs only while a member needs it, and what it replaces needs no second place in memory. Devices
    of ``shard_map`` share one question, as they may have to add up gradients in that turn, each waiting for all others.

    Args:
        converged: whether ``found`` is right, a flag.
        found: a tree of arrays.
        one_by_one: a function that returns a tree of the same kind, step by step.
    """
    if axes := tuple(jax.typeof(converged).manual_axis_type.varying):
        converged = jax.lax.pcast(jax.lax.pmin(converged.astype(jnp.int32), axes) > 0, axes, to="varying")
    done = jnp.ones_like(converged)
    return jax.lax.while_loop(lambda at: ~at[0], lambda _: (done, one_by_one()), (converged, found))[1]
