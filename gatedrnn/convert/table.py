"""What ``gatedrnn describe FILE`` prints of a weight file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from gatedrnn.convert.recurrent import Depth, taken_apart
from gatedrnn.convert.saved import registry_name
from gatedrnn.errors import needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Group, RenderableType

    from gatedrnn.convert.contents import Contents, Recurrent

LABEL = 14
"""The width of labels."""


class Section(NamedTuple):
    """Labels and texts under a heading."""

    heading: str
    rows: list[tuple[str, str]]


def sections(found: Contents) -> list[Section]:
    """Return what is said of a file: first as a whole, then of each recurrent layer."""
    layers = [Section(one.name or "recurrent layer", rows(one)) for one in found.recurrent]
    refused = [Section(name or "recurrent weights", [("not read", why)]) for name, why in found.refused.items()]
    return [Section(found.path.name, summary(found)), *layers, *refused]


def render_sections(said: Sequence[Section]) -> Group:
    """Return sections for a terminal of any width.

    Args:
        said: the sections that ``sections`` returned.

    Raises:
        MissingPackageError: where rich is missing.

    Example:
        >>> from rich.console import Console
        >>> console = Console(width=30, color_system=None)
        >>> with console.capture() as shown:
        ...     console.print(render_sections([Section("net.pt", [("types", "float32")])]))
        >>> [line.rstrip() for line in shown.get().splitlines()]
        ['net.pt', '  types         float32']
    """
    with needed("the table needs rich", "rich", "gatedrnn[compare]"):
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text
    parts: list[RenderableType] = []
    for section in said:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=LABEL, no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for label, text in section.rows:
            grid.add_row(f"  {label}", Text(text))
        parts += [*([Text()] if parts else []), Text(section.heading, style="bold"), grid]
    return Group(*parts)


def summary(found: Contents) -> list[tuple[str, str]]:
    """Return label and text of what is said of a file as a whole."""
    own = {name for one in found.recurrent for name in one.weights}
    others = {name: shape for name, shape in found.shapes.items() if name not in own}
    said = [("holds", f"{_count(len(found.shapes), 'array')}, {_numbers(found.shapes)} numbers")]
    said.append(("types", ", ".join(found.dtypes)))
    if not found.recurrent and not found.refused:
        said.append(("recurrent", "none that names and shapes tell"))
    elif others:
        said.append(("besides", f"{_count(len(others), 'array')}, {_numbers(others)} numbers"))
    return said


def rows(one: Recurrent) -> list[tuple[str, str]]:
    """Return label and text of what is said of one recurrent layer."""
    depths = taken_apart(one.layer, one.params, one.convention.name)
    cells: list[Any] = [direction.cell for depth in depths for direction in depth]
    names = list(dict.fromkeys(map(registry_name, cells)))
    first: Any = depths[0][0].params
    return [
        ("cells", ", ".join(names)),
        ("written by", one.convention.name),
        ("inputs", f"{first.w_x.shape[0]:,}"),
        ("hidden units", ", ".join(dict.fromkeys(f"{cell.hidden:,}" for cell in cells))),
        ("layers", _layers(depths)),
        *_conventions(one, cells, names),
        ("parameters", f"{_numbers(one.weights)} in {_count(len(one.weights), 'array')}"),
    ]


def _layers(depths: Sequence[Depth]) -> str:
    directions = ["both directions" if len(depth) > 1 else "one direction" for depth in depths]
    return f"{len(depths)}, " + ("in " + directions[0] if len(set(directions)) == 1 else ", ".join(directions))


def _conventions(one: Recurrent, cells: Sequence[Any], names: Sequence[str]) -> list[tuple[str, str]]:
    """Return what the framework's convention says of the LSTMs and GRUs among the cells."""
    known = one.convention
    said = [("weights", known.kernel)]
    if any(name in ("LSTM", "LSTM-projected") for name in names):
        said += [("LSTM gates", " ".join(known.lstm)), ("LSTM biases", known.lstm_biases if one.has_bias else "none")]
        said += [("forget gate", f"{known.forget_offset:g} is added")] if known.forget_offset else []
    resets = [reset for name, reset in (("GRU", "after"), ("GRU-before", "before")) if name in names]
    if resets:
        said.append(("GRU gates", " ".join(known.gru)))
        said.append(("GRU biases", "; ".join(known.gru_biases[reset] for reset in resets) if one.has_bias else "none"))
        said.append(("reset gate", f"{' and '.join(resets)} the product"))
    return [*said, ("activation", _activation(one, cells, names))]


def _activation(one: Recurrent, cells: Sequence[Any], names: Sequence[str]) -> str:
    """Return the functions of candidates and states: those of the framework, of the file, or what is assumed."""
    if one.says_activation or not any(name in one.convention.open for name in names):
        functions = (getattr(cell, "activation", None) for cell in cells)
        return ", ".join(dict.fromkeys(function.__name__ for function in functions if function))
    gates = ", and sigmoid in gates" if any(name != "SimpleRNN" for name in names) else ""
    return f"tanh is assumed{gates}, as weights do not say"


def as_dict(said: Sequence[Section]) -> dict[str, dict[str, str]]:
    """Return the same as JSON has it."""
    return {section.heading: dict(section.rows) for section in said}


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _numbers(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return f"{sum(math.prod(shape) for shape in shapes.values()):,}"
