"""Layers that record something at each step of their scans: the same layers, run by an engine that hands it out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import jax

from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.data_parallel import DataParallel
from gatedrnn.layers.scan import Scan
from gatedrnn.layers.sequence import zero_padding

if TYPE_CHECKING:
    from gatedrnn.layers.engines.base import ScanPlan
    from gatedrnn.layers.sequence import Steps
    from gatedrnn.types import Carry, Layer, Params


class Step(NamedTuple):
    """One step of a cell, as a scan has made it."""

    cell: Any
    params: Params
    """What the cell has prepared."""
    consumed: Carry
    """The carry that came, after a reset."""
    x: Any
    new: Carry
    """The carry that the step hands on."""


Look: TypeAlias = Callable[[Step], Any]
"""Returns what is to be recorded of a step: arrays ``[*B, ...]``."""


def handed_on(step: Step) -> Carry:
    """Return the carry that the step hands on."""
    return step.new


class Recorded(NamedTuple):
    """What a scan returns in the place of its carry."""

    last: Carry
    every: Any
    """What was recorded, ``[T, *B, ...]``; zeros at padded steps."""


class Tapped(NamedTuple):
    """What a scan may get in the place of its carry."""

    start: Carry | None
    added: Any
    """What is added to the carry that each step hands on, ``[T, *B, ...]``; None for an array that stays."""


@config
class Tap:
    """An engine, as ``gatedrnn.layers.engines.base.Engine`` says: the reference engine, and what it records."""

    look: Look
    added: Any = None

    name: ClassVar[str] = "tap"
    automatic: ClassVar[bool] = False

    def refuses(self, cell: Any) -> None:
        """Refuse no cell."""

    def refuses_call(self, start: Carry, steps: Steps) -> None:
        """Refuse no call."""

    def variants(self, cell: Any) -> tuple[()]:
        """Return nothing: there is one way to run it."""
        del cell
        return ()

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Recorded, Any]:
        """Scan ``plan.cell`` over ``steps`` from ``start``."""

        def step(carry: Carry, here: tuple[Steps, Any]) -> tuple[Carry, Any]:
            now, added = here
            consumed = now.consumed(carry, initial)
            new, y = plan.cell.step(params, consumed, now.x)
            new = _sum(added, new)
            seen = self.look(Step(plan.cell, params, consumed, now.x, new))
            return now.carry_out(new, consumed), zero_padding(now.valid, (y, seen))

        last, (ys, every) = jax.lax.scan(step, start, (steps, self.added), reverse=plan.reverse, unroll=plan.unroll)
        return Recorded(last, every), ys


def _sum(added: Any, carry: Carry) -> Carry:
    if added is None:
        return carry
    return jax.tree.map(lambda d, leaf: leaf if d is None else leaf + d, added, carry, is_leaf=lambda one: one is None)


@config
class TappedScan(Scan):
    """A scan that returns ``Recorded`` in the place of its carry, and takes ``Tapped`` there."""

    look: Look = handed_on

    def apply(self, params: Params, xs: Any, *, carry: Any = None, **steps: Any) -> tuple[Recorded, Any]:
        """Map ``xs [T, *B, I]`` to what was recorded and ``ys [T, *B, O]``."""
        start, added = carry if isinstance(carry, Tapped) else (carry, None)
        plain = Scan(self.cell, self.reverse, Tap(self.look, added), self.unroll)
        return plain.apply(params, xs, carry=start, **steps)


def tapped(layer: Layer, look: Look) -> Layer:
    """Return the layer, every scan in it tapped, however deep; of a batch split over devices the layer as a whole.

    Args:
        layer: a layer; those around its scans are frozen dataclasses, as the library's are, which hand carries through.
        look: what is to be recorded of each step.

    Raises:
        InputError: where it is no layer.
    """
    if not checks.is_made(layer, "apply", "init"):
        raise InputError(f"layer: expected a layer, got {checks.said(layer)}; gr.scan makes a layer of a cell")
    return _tapped(layer, look)


def _tapped(value: Any, look: Look) -> Any:
    if isinstance(value, Scan):
        return TappedScan(value.cell, value.reverse, "reference", value.unroll, None, look)
    if isinstance(value, DataParallel):
        return _tapped(value.inner, look)
    if type(value) is tuple:
        return tuple(_tapped(one, look) for one in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    return dataclasses.replace(value, **{name: _tapped(field, look) for name, field in fields.items()})


def parted(layer: Layer, carry: Any) -> Recorded:
    """Part what a tapped layer returned in the place of its carry: the carry itself, and all that was recorded.

    Raises:
        InputError: where the layer has a carry that is none of a scan.
    """
    parts, structure = jax.tree.flatten(carry, is_leaf=is_recorded)
    if not all(is_recorded(part) for part in parts):
        raise InputError(f"layer: expected scans and what is made of them, got another that has a carry, in {layer!r}")
    return Recorded(*(structure.unflatten([part[k] for part in parts]) for k in range(2)))


def is_recorded(tree: Any) -> bool:
    """Return whether it is what one scan has recorded."""
    return isinstance(tree, Recorded)
