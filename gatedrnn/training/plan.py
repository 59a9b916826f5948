"""How a population runs on the devices there are."""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

from gatedrnn.arguments import whole
from gatedrnn.errors import InputError

PlanName: TypeAlias = Literal["auto", "map", "vmap"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """How K members are trained: one after another or at once, and on which devices.

    Attributes:
        inside: what a device does with its members. "map" trains one after another, so that each stops on its own;
            "vmap" trains them at once, and all go on until the last has stopped. "auto" is the faster of both on CPU.
        population: how many devices share the members, along the mesh axis "population"; None is as many as there are.
        batch: how many devices share the batch of each member, along the mesh axis "batch"; it is split by layers in
            ``gr.data_parallel``.
        chunk: how many members are in one vmap; None is as many as fit into a device's memory.
        memory: bytes of a device that may be used; None is what the device says, and without limit where it is silent.

    Raises:
        InputError: where a number is not positive.
    """

    inside: PlanName = "map"
    population: int | None = None
    batch: int = 1
    chunk: int | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no plan."""
        if self.inside not in get_args(PlanName):
            raise InputError(f"inside: expected 'auto', 'map' or 'vmap', got {self.inside!r}")
        for name in ("population", "batch", "chunk", "memory"):
            value = getattr(self, name)
            if value is not None:
                whole(name, value)


def as_plan(plan: Plan | PlanName, backend: str) -> Plan:
    """Return the plan of that name: "map" and "vmap" use one device, "auto" all of them.

    On CPU, "auto" follows the size of a member (``size.faster_on_cpu``). On accelerators it is a vmap, which keeps them
    busy; that has not been measured here.

    Raises:
        InputError: where there is none of that name.
    """
    if isinstance(plan, Plan):
        return plan
    if plan == "auto":
        return Plan("auto" if backend == "cpu" else "vmap")
    if plan in ("map", "vmap"):
        return Plan(plan, population=1)
    raise InputError(f"plan: expected 'auto', 'map', 'vmap' or a Plan, got {plan!r}")


def devices_of(plan: Plan, devices: Sequence[Any], members: int) -> list[Any]:
    """Return the devices that a plan uses for so many members: no more than there is work for, as many of each process.

    Raises:
        InputError: where there are fewer than it asks for, or a process would have none.
    """
    by_process = collections.defaultdict(list)
    for device in devices:
        by_process[device.process_index].append(device)
    # Rows of a mesh are counted in steps of so many that each process has as many devices of it.
    step = len(by_process) // math.gcd(len(by_process), plan.batch)
    asked = plan.population or max(len(devices) // plan.batch // step * step, step)
    if asked * plan.batch > len(devices):
        what = f"{asked} (population) times {plan.batch} (batch) devices"
        raise InputError(f"plan: expected at most {len(devices)}, as many devices as JAX shows; got {what}")
    if asked % step:
        what = f"a population axis of a multiple of {step}, so that all {len(by_process)} processes take part"
        raise InputError(f"plan: expected {what}; got {asked}")
    used = min(asked, -(-members // step) * step) * plan.batch
    return [device for own in by_process.values() for device in own[: used // len(by_process)]]


def smaller_chunk(chunk: int, needed: int, limit: int | None) -> int:
    """Return how many members fit where ``chunk`` of them need so many bytes: 1 at least, a tenth is left free.

    Example:
        >>> smaller_chunk(64, needed=200, limit=100)
        28
        >>> smaller_chunk(64, needed=80, limit=100)
        64
    """
    return chunk if limit is None or needed <= 0.9 * limit else max(1, int(chunk * 0.9 * limit / needed))
