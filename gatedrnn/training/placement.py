"""Members of a population on several devices, dealt anew for each segment, so that all devices have work to the end."""

from __future__ import annotations

import functools
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from gatedrnn.errors import InputError
from gatedrnn.training.hosts import of_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

POPULATION, BATCH = "population", "batch"
"""The mesh axes that members, and the batch of each member, are spread over."""


class Assignment(NamedTuple):
    """Who sits where: all devices have as many places, the first device's come first."""

    member_at: NDArray[Any]
    """The member on each place."""
    is_copy: NDArray[Any]
    """Whether a place is left over; who sits there is a copy."""

    def places(self) -> NDArray[Any]:
        """Return the place of each member, ``[K]``."""
        taken = np.flatnonzero(~self.is_copy)
        return taken[np.argsort(self.member_at[taken])]


def assign(stopped: NDArray[Any], devices: int, chunk: int = 1) -> Assignment:
    """Deal ``stopped [K]`` members to devices, so that each gets its share of those that still run.

    While all run they sit in their order, and nothing has to be moved. A device has a multiple of ``chunk`` places.

    Example:
        >>> assign(np.array([False, True, False]), devices=2)
        Assignment(member_at=array([0, 1, 2, 0]), is_copy=array([False, False, False,  True]))
    """
    members = np.argsort(stopped, kind="stable")
    left_over = -len(members) % (devices * chunk)
    is_copy = np.arange(len(members) + left_over) >= len(members)
    member_at = np.concatenate([members, np.full(left_over, members[0])])
    if not stopped.any():
        return Assignment(member_at, is_copy)
    return Assignment(*(array.reshape(-1, devices).T.ravel() for array in (member_at, is_copy)))


@jax.jit
def _take(tree: Any, indices: NDArray[Any]) -> Any:
    return jax.tree.map(lambda leaf: leaf[indices], tree)


@functools.cache
def mover(sharding: NamedSharding) -> Callable[[Any], Any]:
    """Return a program that moves arrays of all processes."""
    return jax.jit(lambda tree: tree, out_shardings=sharding)


def put(tree: Any, sharding: Any) -> Any:
    """Place arrays like ``jax.device_put``, on devices of several processes too.

    Raises:
        InputError: where an array that each process brings is not the same in all of them.
    """
    if jax.process_count() == 1:
        return jax.device_put(tree, sharding)
    # Two programs that talk over the network must not run at the same time: their messages would be mistaken.
    jax.block_until_ready(tree)
    own = [leaf for leaf in jax.tree.leaves(tree) if not spans_processes(leaf)]
    sums = of_each(np.uint32(functools.reduce(checksum, own, 0)))
    if (sums != sums[0]).any():
        raise InputError(
            "processes: expected the same data, hyperparameters and keys in all; got others in process "
            f"{np.argmax(sums != sums[0])} than in process 0. Give each process all data, and draw the rest "
            "from the same seed"
        )

    def placed(leaf: Any) -> Any:
        if spans_processes(leaf):
            return leaf
        return jax.make_array_from_callback(leaf.shape, sharding, lambda index: leaf[index])

    return jax.block_until_ready(mover(sharding)(jax.tree.map(placed, tree)))


def spans_processes(leaf: Any) -> bool:
    """Return whether an array lives on devices of several processes."""
    return isinstance(leaf, jax.Array) and not leaf.is_fully_addressable


def checksum(before: int, leaf: Any) -> int:
    """Return the CRC-32 of an array's bytes, going on from another."""
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return zlib.crc32(np.asarray(jax.random.key_data(leaf) if is_key else leaf).tobytes(), before)


class Placement:
    """Devices in rows: members are spread over rows, the batch of each member over the devices of its row.

    Args:
        devices: the devices, those of one row after those of the row before.
        batch: how many devices a row has.
    """

    def __init__(self, devices: Sequence[Any], batch: int = 1) -> None:
        self.rows = len(devices) // batch
        self._mesh = Mesh(np.array(devices).reshape(self.rows, batch), (POPULATION, BATCH))
        # A device that all could read does not exist where there are several processes: each has copies of its own.
        alone = jax.process_count() == 1
        self._home = devices[0] if alone else NamedSharding(self._mesh, PartitionSpec())

    def share(self, tree: Any) -> Any:
        """Give every device a copy."""
        return put(tree, NamedSharding(self._mesh, PartitionSpec()))

    def spread(self, tree: Any) -> Any:
        """Give every row its places of ``[K, ...]``."""
        return put(tree, NamedSharding(self._mesh, PartitionSpec(POPULATION)))

    def gather(self, tree: Any) -> Any:
        """Bring all places to the first device; with several processes, to all devices."""
        return put(tree, self._home)

    def take(self, tree: Any, indices: NDArray[Any]) -> Any:
        """Return these members of ``[K, ...]`` on the first device; where they are, if that is all in their order."""
        leaves = jax.tree.leaves(tree)
        in_order = np.array_equal(indices, np.arange(len(leaves[0])))
        if not in_order or any(spans_processes(leaf) and not leaf.is_fully_replicated for leaf in leaves):
            tree = self.gather(tree)
        return tree if in_order else _take(tree, indices)

    def here(self, tree: Any) -> Any:
        """Return what was gathered as arrays of this process, which it may use without the others."""
        return jax.tree.map(lambda leaf: leaf.addressable_data(0) if spans_processes(leaf) else leaf, tree)

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
