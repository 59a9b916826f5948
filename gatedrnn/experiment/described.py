"""What the JSON of a saved network has to hold: it may come from anybody, and is checked before it is believed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, get_args

from gatedrnn.cells.configuration import from_data
from gatedrnn.cells.registry import CELLS, own_class
from gatedrnn.errors import InputError
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.layers.clip_gradient import ClipGradient, GatedClipGradient
from gatedrnn.layers.drop_connect import DropConnect, GatedDropConnect
from gatedrnn.layers.learned_start import GatedLearnedStart, LearnedStart
from gatedrnn.layers.residual import ResidualCell
from gatedrnn.layers.stack import Stack
from gatedrnn.layers.variational_dropout import VariationalDropout
from gatedrnn.layers.zoneout import GatedZoneout, Zoneout
from gatedrnn.tasks.task import Kind

if TYPE_CHECKING:
    from gatedrnn.types import Cell

WRAPPERS = (
    *(Zoneout, GatedZoneout, VariationalDropout, DropConnect, GatedDropConnect),
    *(LearnedStart, GatedLearnedStart, ClipGradient, GatedClipGradient),
)
COMPOSED = {f"{kind.__module__}:{kind.__qualname__}": kind for kind in (Stack, ResidualCell, *WRAPPERS)}
"""The library's own configurations besides those of the table of cells, as they are written down."""


LARGEST = 1e300
"""Numbers below are those that a float64 holds; no comparison with it is true of NaN."""


def refuse_undescribed(config: Any) -> None:
    """Refuse what does not describe a network.

    Args:
        config: what a saved network's JSON holds.

    Raises:
        InputError: where an entry lacks, or holds something of another kind; names it.
    """
    if not isinstance(config, dict):
        raise InputError(f"expected the entries of a saved network, got {type(config).__name__}")
    for name, (fits, expected) in ENTRIES.items():
        if name not in config:
            raise InputError(f"{name}: expected {expected}, got none")
        if not fits(config[name]):
            raise InputError(f"{name}: expected {expected}, got {config[name]!r}")
    inputs, outputs, width = config["inputs"], config["outputs"], config["in_dim"]
    if inputs is not None and len(inputs["mean"]) != width:
        raise InputError(f"inputs: expected {width} numbers each, as in_dim says, got {len(inputs['mean'])}")
    if outputs is not None and 2 * len(outputs["mean"]) != config["out_dim"]:
        raise InputError(f"outputs: expected half of out_dim, {config['out_dim']}, numbers each, got another count")
    classes = config["classes"]
    if config["kind"] in ("classification", "step-classification", "next-token") and len(classes) != config["out_dim"]:
        raise InputError(f"classes: expected {config['out_dim']}, as out_dim says, got {len(classes)}")
    if config["tokens"] and len(config["tokens"]) != width:
        raise InputError(f"tokens: expected {width}, as in_dim says, got {len(config['tokens'])}")
    anchor = config["anchor"]
    if anchor is not None and not (2 * len(anchor) == config["out_dim"] and all(column < width for column in anchor)):
        raise InputError(f"anchor: expected the column of each target, below {width}; got {anchor!r}")


def cell_of(config: dict[str, Any], own: str | None) -> Cell:
    """Return the cell of a network: one of the table, or of the class that the user named.

    Args:
        config: what a saved network's JSON holds, as ``refuse_undescribed`` lets it pass.
        own: the name of the cell that the user gave; no other import path is followed.

    Raises:
        InputError: where it is a cell of one's own that was not named, or not the one that its name says.
    """
    name = config["cell"]
    if name in CELLS:
        cell = from_data(config["cell_configuration"])
        if type(cell) is not CELLS[name].kind:
            raise InputError(f"cell_configuration: expected one of {name}, got {type(cell).__name__}")
        return cell
    if name != own:
        raise InputError(
            f"cell: expected one of {', '.join(CELLS)}, got {name!r}; a class of one's own is imported only where "
            "you name it, as --cell package.module:Class or cell="
        )
    kind = own_class(name, "cell")
    cell = from_data(config["cell_configuration"], further=COMPOSED, own=kind)
    if type(cell) is not kind:
        raise InputError(f"cell_configuration: expected one of {name}, got {type(cell).__name__}")
    return cell


def architecture_of(config: dict[str, Any], arrays: int) -> Architecture:
    """Return what stands around the cell.

    Args:
        config: what a saved network's JSON holds, as ``refuse_undescribed`` lets it pass.
        arrays: how many arrays the network has, which limits its layers.

    Raises:
        InputError: where it has other entries, or they make no network.
    """
    entry, fields = config["architecture"], {field.name: field for field in dataclasses.fields(Architecture)}
    if entry.keys() != fields.keys() or not all(type(entry[name]) is type(f.default) for name, f in fields.items()):
        raise InputError(f"architecture: expected {', '.join(fields)}, got {entry!r}")
    if entry["layers"] > arrays:
        raise InputError(f"architecture: expected no more layers than the {arrays} arrays, got {entry['layers']}")
    return Architecture(**entry)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _count(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**31


def _places(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int and one >= 0 for one in value)


def _read(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str | bool) for one in value.values())


def _moments(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"mean", "deviation"}:
        return False
    both: Iterable[Any] = value.values()
    numbers = all(isinstance(part, list) and all(map(_finite, part)) for part in both)
    return numbers and len(value["mean"]) == len(value["deviation"])


def _finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < LARGEST


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


ENTRIES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("name", "title", "unit", "cell"), (_text, "a text")),
    "kind": (lambda value: value in get_args(Kind), f"one of {', '.join(get_args(Kind))}"),
    **dict.fromkeys(("in_dim", "out_dim"), (_count, "a positive int")),
    **dict.fromkeys(("cell_configuration", "architecture"), (lambda value: isinstance(value, dict), "entries by name")),
    **dict.fromkeys(("features", "targets", "classes", "tokens"), (_texts, "a list of texts")),
    **dict.fromkeys(("inputs", "outputs"), (_or_none(_moments), "null, or mean and deviation as finite numbers")),
    **dict.fromkeys(("window", "horizon"), (_or_none(_count), "null or a positive int")),
    "read": (_read, "texts and truth values by name"),
    "anchor": (_or_none(_places), "null or a list of ints of 0 or more"),
    "sha256": (_text, "a text"),
}
"""What each entry has to be, and that in words."""
