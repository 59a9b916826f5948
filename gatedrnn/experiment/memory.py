"""What training will need of memory, by shapes alone, so that too much is refused before anything is allocated.

A lower bound: what a run keeps for certain. Simple models, the compiler and what a backend reserves come on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gatedrnn.costs.counting import parameters
from gatedrnn.costs.machine import memory_of_machine
from gatedrnn.errors import InputError
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.network import network

if TYPE_CHECKING:
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.types import Cell

BYTES = 4
"""Of a float32."""
COPIES = 4
"""Of parameters in a member's state: the current and the best ones, and Adam's two moments."""
KEPT = 5
"""Numbers for each unit that training keeps of a step at least: what gates and state were."""


class Sizes(NamedTuple):
    """What the memory of a population follows from, by the names of settings.

    Attributes:
        hidden: units of the cell.
        layers: the number of recurrent layers, one after another.
        embed: width of the vector of a token; 0 where there is no embedding.
        batch_size: sequences in an optimiser step, of which there may be fewer.
        max_epochs: the cap on epochs, for which curves have room.
        members: networks that are trained together.
    """

    hidden: int = 32
    layers: int = 1
    embed: int = 0
    batch_size: int = 36
    max_epochs: int = 300
    members: int = 1


def needed(
    sizes: Sizes, make: Callable[[int], Cell], task: VisibleTask, train: Batch, *, bidirectional: bool = False
) -> int:
    """Return bytes that training keeps for certain: all members' states before and after a segment, one's steps.

    Args:
        sizes: the sizes that the memory follows from.
        make: the cell's maker, from its number of units.
        task: the task, for the features that are read and put out.
        train: the training part, for its steps and sequences.
        bidirectional: whether each layer reads from both ends.

    Example:
        >>> from gatedrnn.tasks import registry
        >>> import gatedrnn as gr
        >>> task = registry.load("japanese-vowels-speaker")
        >>> one, two = (needed(Sizes(64, members=k), gr.GRU, task, task.split(0).train) for k in (1, 2))
        >>> 8 * (3 * 64 * (12 + 64 + 1) + 64 + 65 * 9) * COPIES < two - one < 600_000
        True
    """

    def held(layers: int) -> int:
        around = Architecture(layers, bidirectional, False, sizes.embed)
        net = network(make(sizes.hidden), task.out_dim, 0.0, around, kind=task.kind)
        return sum(parameters(net, task.in_dim).values())

    # Layers from the second on are alike: a thousand need not be built to be counted.
    one = held(1)
    weights = one if sizes.layers == 1 else one + (sizes.layers - 1) * (held(2) - one)
    steps, sequences = train.x.shape[0], min(sizes.batch_size, train.x.shape[1])
    # Curves of two losses, and the order of an epoch's examples.
    state = COPIES * weights + 2 * sizes.max_epochs + train.x.shape[1] // sequences * sequences
    of_step = sizes.layers * KEPT * sizes.hidden * (2 if bidirectional else 1) + (sizes.embed or task.in_dim)
    return BYTES * (2 * sizes.members * state + weights + steps * sequences * of_step)


def refuse_too_large(
    asked: Sizes,
    estimate: Callable[[Sizes], int],
    *,
    said: Mapping[str, tuple[str, Any]] | None = None,
    memory: int | None = None,
) -> None:
    """Refuse sizes that need more memory than there is, by the name of the one that makes them so large.

    Args:
        asked: the sizes that were asked for.
        estimate: sizes to the bytes that they need, such as ``needed``.
        said: the name and the value that the command has for one of them, where these are others, such as
            ``{"members": ("draws", 32)}``.
        memory: bytes that may be used; None: those of the machine.

    Raises:
        InputError: where they need more.

    Example:
        >>> refuse_too_large(Sizes(10**6), lambda sizes: 4 * sizes.hidden**2, memory=2**34)
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: hidden: expected what fits into 16 GiB of memory, got 1000000, which needs 3,725 GiB
    """
    limit = memory_of_machine() if memory is None else memory
    bytes_asked = estimate(asked)
    if limit is None or bytes_asked <= limit:
        return
    usual = Sizes._field_defaults
    without = {
        name: estimate(asked._replace(**{name: usual[name]}))
        for name in Sizes._fields
        if getattr(asked, name) > usual[name]
    }
    culprit = min(without, key=lambda name: without[name])
    name, value = (said or {}).get(culprit, (culprit, getattr(asked, culprit)))
    raise InputError(
        f"{name}: expected what fits into {limit / 2**30:.3g} GiB of memory, got {value}, which needs "
        f"{bytes_asked / 2**30:,.0f} GiB"
    )
