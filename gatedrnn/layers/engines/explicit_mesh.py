"""A scan on a mesh with explicit axes, each device with its own share of the batch.

A foreign call has no rule by which it could be spread over the axes of an explicit mesh. Sequences never meet, so that
every device can run its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
from jax.sharding import AxisType, PartitionSpec

from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params

RunScan = Callable[["Params", "Carry", "Carry", Steps], "tuple[Carry, Array]"]


def has_explicit_axes(start: Carry) -> bool:
    """Whether a carry lies on a mesh that has explicit axes."""
    return any(AxisType.Explicit in _sharding(leaf).mesh.axis_types for leaf in jax.tree.leaves(start))


def why_not_by_batch(start: Carry) -> str | None:
    """Return why a call can't be divided by its batch alone, as an error goes on after "expects "; else None.

    Args:
        start: the carry before the first step, ``[*B, H]`` each.
    """
    for leaf in jax.tree.leaves(start):
        sharding = _sharding(leaf)
        if set(sharding.mesh.axis_types) != {AxisType.Explicit}:
            return f"a mesh with explicit axes alone, got {sharding.mesh}"
        if sharding.spec and len(sharding.spec) == leaf.ndim and sharding.spec[-1] is not None:
            return f"all units on each device, got a carry spread as {sharding.spec}"
    return None


def by_batch(run: RunScan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    """Return what ``run(params, start, initial, steps)`` does, each device with its share of the batch.

    Parameters are gathered to every device, whose gradients are summed over the devices.

    Args:
        run: the scan of a batch.
        params: the cell's parameters, which every device gets whole.
        start: the carry before the first step, ``[*B, H]`` each, spread over axes of an explicit mesh by batch alone.
        initial: the carry that a reset puts in its place.
        steps: prepared inputs ``[T, *B, I]`` and flags.
    """
    leaf = jax.tree.leaves(start)[0]
    sharding = _sharding(leaf)
    batch = (*sharding.spec, *(None,) * leaf.ndim)[: leaf.ndim - 1]

    def along(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: PartitionSpec(None, *batch[: leaf.ndim - 1]), tree)

    carried = jax.tree.map(lambda _: PartitionSpec(*batch), start)
    specs = jax.tree.map(lambda _: PartitionSpec(), params), carried, carried, along(steps)
    operands = jax.tree.map(jax.sharding.reshard, (params, start, initial, steps), specs)
    out = carried, PartitionSpec(None, *batch)
    return jax.shard_map(run, mesh=sharding.mesh, in_specs=specs, out_specs=out)(*operands)


def _sharding(leaf: Array) -> Any:
    return jax.typeof(leaf).sharding
