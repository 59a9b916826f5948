"""What was understood of the data as a table for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.errors import needed

if TYPE_CHECKING:
    from rich.console import Group

    from gatedrnn.report.content.parts import Table


def render_understood(table: Table) -> Group:
    """Return the rows below their title; words that are longer than a line go on below themselves.

    Args:
        table: what ``gatedrnn.report.content.understood`` makes of a task's facts.

    Raises:
        MissingPackageError: where rich is not installed.
    """
    with needed("the table of what was understood needs rich", "rich", "gatedrnn[compare]"):
        from rich.console import Group
        from rich.table import Table as Grid
        from rich.text import Text
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for row in table.rows:
        grid.add_row(Text(row.label), Text(row.values[0].text))
    return Group(Text(table.title, "bold"), grid)
