"""The table that ``gatedrnn describe`` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gatedrnn.costs.narrow import Fitting, lines_of
from gatedrnn.errors import needed

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from gatedrnn.costs.describe import Description
    from gatedrnn.costs.matching import Match

T = TypeVar("T", int, float)

LABEL, VALUE, NOTE = 16, 9, 5
"""Widths of the columns: labels, numbers, and what stands beside a number."""

COUNTED = (
    "FLOPs: matrix products only, 2 m n k for [m, k] @ [k, n]; backward gives the gradients of parameters, "
    "carry and input. Memory: what autodiff through lax.scan keeps for it."
)
TIMED = (
    "Time: one call of the compiled program on the whole batch, divided by its steps; training is value and "
    "gradient of a loss, without an optimiser."
)


class Row(NamedTuple):
    """A line of the table: a value for each cell, and beside it how that compares with the first cell's."""

    label: str
    values: list[str]
    notes: list[str]


class Section(NamedTuple):
    """Lines under one heading."""

    heading: str
    rows: list[Row]


def render_description(description: Description) -> Group:
    """Return the table for a terminal, at most 80 columns wide for the cells that ``describe`` shows by default.

    Where a terminal has no room for it, each value has a line of its own.

    Args:
        description: the description that ``describe`` returned.

    Raises:
        MissingPackageError: where rich is missing.

    Example:
        >>> from rich.console import Console
        >>> from gatedrnn.costs.describe import describe
        >>> console = Console(width=80, color_system=None)
        >>> with console.capture() as shown:
        ...     console.print(render_description(describe(12, 32)))
        >>> print(shown.get().splitlines()[0])
        One layer, 12 inputs, 32 hidden units
    """
    with needed("the table needs rich", "rich", "gatedrnn[compare]"):
        from rich.console import Group
        from rich.text import Text
    d = description
    title = f"One layer, {_units(d.in_dim, 'input')}, {_units(d.hidden, 'hidden unit')}"
    if d.device:
        title += f", on {d.device}"
    parts: list[RenderableType] = [_grid(d, [Row("", list(d.cells), [])], "bold")]
    lines: list[RenderableType] = []
    first, *others = d.cells
    width = LABEL + sum(2 + _width(name) + (i > 0) * (1 + NOTE) for i, name in enumerate(d.cells))
    parts.append(Text("─" * width, style="dim", no_wrap=True, overflow="crop"))
    heads = ["", first, *(head for name in others for head in (name, ""))]
    for section in sections(d):
        heading = [Text(), Text(section.heading, style="bold")] if section.heading else []
        grid = _grid(d, section.rows)
        parts += [*heading, grid]
        lines += [*heading, *lines_of(grid, heads)]
    configurations = ", ".join(column.cell for column in d.cells.values())
    notes = " ".join([f"Cells: {configurations}.", COUNTED, *([TIMED] if d.device else [])])
    shown = Fitting(Group(*parts), lines)
    return Group(Text(title, style="bold"), Text(), shown, Text(), Text(notes, style="dim"))


def sections(d: Description) -> list[Section]:
    """Return the table's content as text."""
    columns = list(d.cells.values())
    first = next(iter(d.cells))
    names = dict.fromkeys(name for column in columns for name in column.costs.parameters)
    arrays = [[column.costs.parameters.get(name) for column in columns] for name in names]
    head = "" if d.out_dim is None else f", dense head of {_units(d.out_dim, 'output')} included"
    whole = d.batch * d.length
    content = [
        Section(
            "",
            [
                Row("gates", [f"{column.gates:g}" for column in columns], []),
                Row("states", [str(column.costs.states) for column in columns], []),
            ],
        ),
        Section(
            "Parameters",
            [
                *(Row(name, _counts(counts), []) for name, counts in zip(names, arrays, strict=True)),
                _compared("total", [column.costs.total_parameters for column in columns], _counts),
            ],
        ),
        Section(
            "One step of one example",
            [
                _compared("FLOPs forward", [column.costs.flops_forward for column in columns], _counts),
                _compared("FLOPs backward", [column.costs.flops_backward for column in columns], _counts),
                _compared("training memory", [column.costs.bytes_kept for column in columns], _bytes),
            ],
        ),
        Section(
            f"{_units(d.length, 'step')} of {_units(d.batch, 'example')}",
            [_compared("training memory", [column.costs.bytes_kept * whole for column in columns], _bytes)],
        ),
        Section(
            f"Hidden units for {first}'s budget{head}",
            [
                _sizes("in parameters", [column.equal_parameters for column in columns]),
                _sizes("in FLOPs", [column.equal_flops for column in columns]),
            ],
        ),
    ]
    return content + ([_times(d)] if d.device else [])


def _times(d: Description) -> Section:
    rows = []
    for label, measured in (
        ("forward", [column.forward for column in d.cells.values()]),
        ("training", [column.training for column in d.cells.values()]),
    ):
        seconds = [entry for entry in measured if entry is not None]
        rows += [
            _compared(f"{label}, median", [entry["median"] for entry in seconds], _seconds),
            Row("  lower quartile", _seconds([entry["low"] for entry in seconds]), []),
            Row("  upper quartile", _seconds([entry["high"] for entry in seconds]), []),
        ]
    return Section(f"Time of one step of {_units(d.batch, 'example')}, measured over {_units(d.length, 'step')}", rows)


def _compared(label: str, values: Sequence[T], show: Callable[[Sequence[T]], list[str]]) -> Row:
    """Return a row with ratios to the first value."""
    base = values[0]
    ratios = [f"{_three_digits(value / base)}×" if base else "" for value in values[1:]]
    return Row(label, show(values), ["", *ratios])


def _sizes(label: str, matches: Sequence[Match]) -> Row:
    return Row(label, [f"{m.hidden:,}" for m in matches], ["", *(_percent(m.mismatch) for m in matches[1:])])


def _percent(part: float) -> str:
    return f"{part:+.0%}" if abs(part) >= 0.0995 else f"{part:+.1%}".replace("-0.0%", "0.0%").replace("+0.0%", "0.0%")


def _width(name: str) -> int:
    return max(VALUE, len(name))


def _grid(d: Description, rows: Sequence[Row], style: str = "") -> Table:
    """Lay rows out in columns of the same widths everywhere."""
    from rich.table import Table

    grid = Table.grid(padding=0)
    grid.add_column(width=LABEL, no_wrap=True)
    for i, name in enumerate(d.cells):
        grid.add_column(width=2 + _width(name), justify="right", no_wrap=True, style=style)
        if i:
            grid.add_column(width=1 + NOTE, justify="right", no_wrap=True, style="dim")
    for row in rows:
        notes = row.notes or [""] * len(row.values)
        pairs = [text for pair in zip(row.values, notes, strict=True) for text in pair]
        grid.add_row(row.label, pairs[0], *pairs[2:])
    return grid


def _units(number: int, name: str) -> str:
    return f"{number:,} {name}" + ("" if number == 1 else "s")


def _counts(numbers: Sequence[int | None]) -> list[str]:
    """Exact up to seven digits, above that all in millions or all in billions; "-" for None."""
    largest = max(number or 0 for number in numbers)
    scale, unit = (1, "") if largest < 10**7 else (10**6, " M") if largest < 10**9 else (10**9, " G")
    digits = 0 if scale == 1 else 1
    return ["-" if number is None else f"{number / scale:,.{digits}f}{unit}" for number in numbers]


def _bytes(numbers: Sequence[int]) -> list[str]:
    """All in the unit that suits the largest."""
    largest = max(numbers)
    for scale, unit in ((2**10, "KiB"), (2**20, "MiB")):
        if largest < 1000 * scale:
            return [f"{number / scale:.1f} {unit}" for number in numbers]
    return [f"{number / 2**30:,.1f} GiB" for number in numbers]


def _seconds(numbers: Sequence[float]) -> list[str]:
    """Three digits each, in the unit that suits it."""
    units = [(1e-6, "µs") if n < 999.5e-6 else (1e-3, "ms") if n < 999.5e-3 else (1.0, "s") for n in numbers]
    return [f"{_three_digits(number / scale)} {unit}" for number, (scale, unit) in zip(numbers, units, strict=True)]


def _three_digits(number: float) -> str:
    return f"{number:.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"
