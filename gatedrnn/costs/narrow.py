"""Tables in a terminal that has no room for them: rows as lines of their own, so that no number is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table
    from rich.text import Text

CUT = "…"
"""What rich puts where it has cut something."""


class Fitting:
    """Something for a terminal, and what is shown instead where a part of it would be cut.

    Args:
        wide: what is shown where there is room.
        narrow: what is shown where there is no room for ``wide``.
    """

    def __init__(self, wide: RenderableType, narrow: Sequence[RenderableType]) -> None:
        self._wide, self._narrow = wide, narrow

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the one that fits."""
        lines = console.render_lines(self._wide, options, pad=False)
        if any(CUT in segment.text for line in lines for segment in line):
            yield from self._narrow
        else:
            yield self._wide


def fitting(table: Table) -> Fitting:
    """Return a table that becomes lines where it does not fit, under the names of its columns."""
    heads = [column.header for column in table.columns]
    lines: list[RenderableType] = list(lines_of(table, heads))
    if _plain(heads[0]):
        lines.insert(0, heads[0])
    if table.caption is not None:
        lines.append(table.caption)
    return Fitting(table, lines)


def lines_of(table: Table, heads: Sequence[Any]) -> Iterator[Text]:
    """Yield each row of a table as lines: its label, and below it each value behind the name of its column.

    Args:
        table: a table whose first column holds labels.
        heads: the names of its columns; what stands in one without a name belongs to the value before it.

    Example:
        >>> from rich.table import Table
        >>> table = Table()
        >>> for name in ("", "GRU", ""):
        ...     table.add_column(name)
        >>> table.add_row("units", "37", "1.16×")
        >>> [line.plain for line in lines_of(table, ["", "GRU", ""])]
        ['units', '  GRU: 37  1.16×']
    """
    from rich.text import Text

    for label, *cells in zip(*(column.cells for column in table.columns), strict=True):
        yield Text(_plain(label))
        said: list[str] = []
        for head, cell in zip(map(_plain, heads[1:]), map(_plain, cells), strict=True):
            if not head and said:
                said[-1] = f"{said[-1]}  {cell}".rstrip()
            elif cell.strip():
                said.append(f"{head}: {cell}" if head else cell)
        yield from (Text(f"  {line}") for line in said)


def _plain(cell: Any) -> str:
    """Return what stands in a cell, its lines behind each other."""
    return " ".join(getattr(cell, "plain", str(cell)).split("\n"))
