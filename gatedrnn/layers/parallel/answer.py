"""What was found in parallel where it is right, else what a scan finds: in one compiled program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from gatedrnn.layers.sequence import select


def answered(converged: Any, found: Any, one_by_one: Callable[..., Any], *args: Any) -> Any:
    """Return ``found`` where ``converged`` holds, else ``one_by_one(*args)``, which is only run where it is needed.

    Under ``jax.vmap`` ``lax.cond`` would run both branches for each. Here all members share one question, whether
    every one of them has converged, and only where not is the scan run, for all. So do the devices of ``shard_map``,
    which may have to add up gradients in the branch that is taken, each waiting for all others.

    Args:
        converged: whether ``found`` is right, a flag.
        found: a tree of arrays.
        one_by_one: a function that returns such a tree.
        args: the trees of arrays that it takes.
    """
    leaves, tree = jax.tree.flatten(args)
    if axes := tuple(jax.typeof(converged).manual_axis_type.varying):
        converged = jax.lax.pmin(converged.astype(jnp.int32), axes) > 0
    return _asking(lambda *leaves: one_by_one(*tree.unflatten(leaves)))(converged, found, leaves)


def _asking(one_by_one: Callable[..., Any]) -> Callable[..., Any]:
    def ask(converged: Any, found: Any, leaves: list[Any]) -> Any:
        return jax.lax.cond(jnp.all(converged), lambda: found, lambda: select(converged, found, one_by_one(*leaves)))

    shared = custom_vmap(ask)

    @shared.def_vmap
    def ask_all(size: int, batched: Any, converged: Any, found: Any, leaves: list[Any]) -> Any:
        def spread(leaf: Any, is_batched: bool) -> Any:
            return leaf if is_batched else jnp.broadcast_to(leaf, (size, *jnp.shape(leaf)))

        converged, found = jax.tree.map(spread, (converged, found), (batched[0], batched[1]))
        axes = tuple(0 if one else None for one in batched[2])
        every = jax.vmap(one_by_one, in_axes=axes, axis_size=size)
        out = _asking(every)(converged, found, leaves)
        return out, jax.tree.map(lambda _: True, out)

    # What JAX does not differentiate, a rule of vmap, is told to be what it stands for.
    answer = jax.custom_jvp(shared)
    answer.defjvp(lambda primals, tangents: jax.jvp(ask, primals, tangents))
    return answer
