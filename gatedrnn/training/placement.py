"""Members of a population on several devices, dealt anew for each segment, so that all devices have work to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

POPULATION, BATCH = "population", "batch"
"""The mesh axes that members, and the batch of each member, are spread over."""


class Deal(NamedTuple):
    """Who sits where: all devices have as many places, the first device's come first."""

    seated: NDArray[Any]
    """The member on each place."""
    spare: NDArray[Any]
    """Whether a place is left over; who sits there is a copy."""

    def places(self) -> NDArray[Any]:
        """Return the place of each member, ``[K]``."""
        taken = np.flatnonzero(~self.spare)
        return taken[np.argsort(self.seated[taken])]


def deal(stopped: NDArray[Any], devices: int, chunk: int = 1) -> Deal:
    """Deal ``stopped [K]`` members to devices in turn, first those that still run: each device gets its share of them.

    A device has a multiple of ``chunk`` places.

    Example:
        >>> deal(np.array([False, True, False]), devices=2)
        Deal(seated=array([0, 1, 2, 0]), spare=array([False, False, False,  True]))
    """
    members = np.argsort(stopped, kind="stable")
    left_over = -len(members) % (devices * chunk)
    spare = np.arange(len(members) + left_over) >= len(members)
    seated = np.concatenate([members, np.full(left_over, members[0])])
    by_device = (array.reshape(-1, devices).T.ravel() for array in (seated, spare))
    return Deal(*by_device)


@jax.jit
def take(tree: Any, indices: NDArray[Any]) -> Any:
    """Return these members of ``[K, ...]``."""
    return jax.tree.map(lambda leaf: leaf[indices], tree)


class Placement:
    """Devices in rows: members are spread over rows, the batch of each member over the devices of its row.

    Args:
        devices: row by row.
        batch: devices in a row.
    """

    def __init__(self, devices: Sequence[Any], batch: int = 1) -> None:
        self.rows = len(devices) // batch
        self._home = devices[0]
        self._mesh = Mesh(np.array(devices).reshape(self.rows, batch), (POPULATION, BATCH))

    def share(self, tree: Any) -> Any:
        """Give every device a copy."""
        return jax.device_put(tree, NamedSharding(self._mesh, PartitionSpec()))

    def spread(self, tree: Any) -> Any:
        """Give every row its places of ``[K, ...]``."""
        return jax.device_put(tree, NamedSharding(self._mesh, PartitionSpec(POPULATION)))

    def gather(self, tree: Any) -> Any:
        """Bring all places to the first device."""
        return jax.device_put(tree, self._home)

    def split(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function(members, shared)``, a map over members, as a program of which each row runs its part."""
        members, shared = PartitionSpec(POPULATION), PartitionSpec()
        # Where rows have one device there is no axis left over which a layer could split its batch.
        axes = {POPULATION} if self._mesh.shape[BATCH] > 1 else {POPULATION, BATCH}
        # Members have nothing to say to each other, so JAX need not know which values differ between rows.
        return jax.shard_map(
            function,
            mesh=self._mesh,
            axis_names=axes,
            in_specs=(members, shared),
            out_specs=members,
            check_vma=False,
        )
