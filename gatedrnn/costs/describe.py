"""What ``gatedrnn describe`` says: the cells side by side, by what they cost at one hidden size."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax

from gatedrnn.arguments import whole
from gatedrnn.cells.gates import gates_of
from gatedrnn.cells.registry import MakeCell, cell_maker
from gatedrnn.costs.counting import Costs, costs
from gatedrnn.costs.machine import memory_of_machine
from gatedrnn.costs.matching import Match, match
from gatedrnn.costs.timing import Seconds, step_seconds
from gatedrnn.errors import InputError

SHOWN = ("LSTM", "GRU", "GRU-before", "SimpleRNN")
"""The cells that stand side by side unless others are named; four fit a terminal of 80 columns."""

MOST = 10**6
"""The largest size that is laid out: beyond it, products of sizes are no 64-bit numbers any more."""


@dataclasses.dataclass(frozen=True)
class CellDescription:
    """One cell's column.

    Attributes:
        cell: the configuration, as it prints.
        gates: gates of a unit, as the cell names them; else its sigmoids are counted.
        costs: everything that ``costs`` counts, without a head.
        equal_parameters: hidden size with about as many parameters as the first cell, head included.
        equal_flops: hidden size with about as many FLOPs, head included.
        forward: measured seconds of a time step of the batch, forward; None where nothing was measured.
        training: the same for forward and backward.
    """

    cell: str
    gates: float
    costs: Costs
    equal_parameters: Match
    equal_flops: Match
    forward: Seconds | None
    training: Seconds | None


@dataclasses.dataclass(frozen=True)
class Description:
    """Cells side by side at one hidden size; made by ``describe``.

    Attributes:
        in_dim: I, features of the input.
        hidden: H, units of every cell.
        out_dim: O, features of the dense head that counts in equal sizes; None is no head.
        batch: B, for memory and time.
        length: T, for memory and time.
        device: the device on which time was measured; None where it was not.
        cells: a column for each cell; the first is the one that others are compared with.
    """

    in_dim: int
    hidden: int
    out_dim: int | None
    batch: int
    length: int
    device: str | None
    cells: dict[str, CellDescription]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it, totals included."""
        entries = dataclasses.asdict(self)
        for name, column in self.cells.items():
            entry = entries["cells"][name]
            entry["costs"]["total_parameters"] = column.costs.total_parameters
            entry["equal_parameters"]["total"] = column.equal_parameters.total
            entry["equal_flops"]["total"] = column.equal_flops.total
        return entries


def describe(
    in_dim: int,
    hidden: int,
    out_dim: int | None = None,
    *,
    batch: int = 16,
    length: int = 128,
    time: bool = False,
    cells: Mapping[str, MakeCell] | Sequence[str] = SHOWN,
) -> Description:
    """Lay out what cells cost at the same hidden size, and the sizes at which they cost the same.

    Args:
        in_dim: I, features of the input.
        hidden: H, units of every cell.
        out_dim: O, features of a dense head, counted in equal sizes only; None is no head.
        batch: B, examples, for memory and time.
        length: T, time steps, for memory and time.
        time: measure seconds per time step on this machine's default device.
        cells: names of cells that a comparison knows, or import paths, "package.module:Class"; or functions from a
            hidden size to a cell, by name.

    Raises:
        InputError: where a size is no positive int or beyond reason, or too large to be timed; there is no cell, one
            twice, or none of that name.

    Example:
        >>> both = describe(12, 32, 24, cells=("LSTM", "GRU")).cells
        >>> both["LSTM"].gates, both["GRU"].gates, both["GRU"].costs.total_parameters
        (3.0, 2.0, 4352)
        >>> both["GRU"].equal_parameters.hidden
        37
    """
    sizes = {"in_dim": in_dim, "hidden": hidden, "batch": batch, "length": length}
    for name, value in sizes.items() if out_dim is None else [*sizes.items(), ("out_dim", out_dim)]:
        whole(name, value, most=MOST)
    cells = _makers(cells)
    equal_parameters = match(cells, in_dim, out_dim, hidden, by="parameters", window=0)
    equal_flops = match(cells, in_dim, out_dim, hidden, by="flops", window=0)
    made = {name: make(hidden) for name, make in cells.items()}
    counts = {name: costs(cell, in_dim) for name, cell in made.items()}
    forward, training = _timed(made, counts, sizes) if time else ({}, {})
    columns = {
        name: CellDescription(
            cell=repr(cell),
            gates=_gates(cell, counts[name]),
            costs=counts[name],
            equal_parameters=equal_parameters[name],
            equal_flops=equal_flops[name],
            forward=forward.get(name),
            training=training.get(name),
        )
        for name, cell in made.items()
    }
    device = jax.devices()[0].device_kind if time else None
    return Description(in_dim, hidden, out_dim, batch, length, device, columns)


def _makers(cells: Mapping[str, MakeCell] | Sequence[str]) -> Mapping[str, MakeCell]:
    """Return what makes each cell, by the name that it is given, or refuse names that come twice."""
    if isinstance(cells, Mapping):
        return cells
    if len(set(cells)) < len(cells) or not cells:
        raise InputError(f"cells: expected one or more different ones, got {', '.join(cells) or 'none'}")
    return {name: cell_maker(name) for name in cells}


def _timed(
    made: Mapping[str, Any], counts: Mapping[str, Costs], sizes: Mapping[str, int]
) -> tuple[dict[str, Seconds], dict[str, Seconds]]:
    """Return the seconds of a time step of each cell, forward and in training."""
    laid_out = {name: sizes[name] for name in ("hidden", "batch", "length")}
    _refuse_too_large(list(counts.values()), laid_out)
    forward, training = (
        step_seconds(made, sizes["in_dim"], batch=sizes["batch"], length=sizes["length"], training=training)
        for training in (False, True)
    )
    return forward, training


def _refuse_too_large(counts: list[Costs], sizes: dict[str, int]) -> None:
    """Refuse to run what does not fit into memory, by the name of the largest size."""
    kept = max(4 * one.total_parameters + sizes["batch"] * sizes["length"] * one.bytes_kept for one in counts)
    limit = memory_of_machine()
    if limit is not None and kept > limit:
        name = max(sizes, key=lambda name: sizes[name])
        raise InputError(
            f"{name}: expected what fits into {limit / 2**30:.3g} GiB of memory to be timed, got {sizes[name]}, which "
            f"needs {kept / 2**30:,.0f} GiB"
        )


def _gates(cell: Any, counted: Costs) -> float:
    """Return the number of gates of a unit."""
    named = gates_of(cell)
    return counted.sigmoids / cell.out_dim if named is None else float(len(named.open))
