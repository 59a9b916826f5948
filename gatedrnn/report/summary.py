"""The summary of a comparison for a terminal: what the page says of each task, but for its plots and its method."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatedrnn.costs.narrow import Fitting, fitting
from gatedrnn.errors import needed
from gatedrnn.report.as_text import as_text
from gatedrnn.report.content.parts import Row, Table, Value, inline
from gatedrnn.report.content.task import TaskContent, task_content
from gatedrnn.report.understood import render_understood

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Results

with needed("the summary of a comparison needs rich", "rich", "gatedrnn[compare]"):
    from rich.console import Group, RenderableType
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.table import Table as Grid
    from rich.text import Text

CELLS = ("bold cyan", "bold yellow", "bold green", "bold magenta", "bold blue")
"""Styles of cells by their places; with more cells than there are, they come again."""

MOST_NOTED = 4
"""Columns whose heads have room for their notes."""


def render_summary(results: Results) -> Group:
    """Return what a rich console prints after a comparison.

    Args:
        results: what results.json holds; docs/results.md has its schema.

    Raises:
        InputError: where the label of a verdict is not of the vocabulary.
    """
    results = as_text(results)
    return Group(*(part for task in results["tasks"] for part in _task(task_content(task, results))))


def _task(content: TaskContent) -> list[RenderableType]:
    parts: list[RenderableType] = [
        Fitting(Rule(Text(content.title, "bold"), style="dim", align="left"), [Text(content.title, "bold")]),
        Padding(_coloured(content.headline, content), (1, 0, 0, 0)),
    ]
    for pair in content.pairs:
        if len(content.pairs) > 1:
            title = f"{' or '.join(pair.names)}? {pair.headline}"
            parts.append(Padding(_coloured(title, content), (1, 0, 0, 0)))
        parts += [Text(pair.other, "bold dim")] if pair.other else []
        parts += [Text(pair.finding), Padding(_noted_rows(pair.intervals), (1, 0, 0, 0))]
    if content.understood is not None:
        parts.append(Padding(render_understood(content.understood), (1, 0, 0, 0)))
    parts.append(Padding(_side_by_side(content.cells), (1, 0, 0, 0)))
    if content.baselines is not None:
        parts.append(Padding(_side_by_side(content.baselines), (1, 0, 0, 0)))
    if content.windows is not None:
        parts.append(Padding(_side_by_side(content.windows), (1, 0, 0, 0)))
    parts += _listed("Before you rely on this", [("!", line) for line in content.caveats])
    steps = [("-", "\n".join(filter(None, step))) for step in content.steps]
    parts += _listed("What to do next", steps)
    return [*parts, Padding(Text(content.scope, "dim"), (1, 0))]


def _coloured(text: str, content: TaskContent) -> Text:
    """Return a headline with the cells' names in their colours."""
    shown = Text(text, "bold")
    for head in content.cells.heads:
        shown.highlight_regex(rf"(?<![\w-]){re.escape(head.text)}(?![\w-])", _style(head.cell))
    return shown


def _style(cell: int | None) -> str:
    return "bold" if cell is None else CELLS[cell % len(CELLS)]


def _side_by_side(table: Table) -> RenderableType:
    """Return columns of values, their notes beside them; with more than two columns there is room below them only."""
    if len(table.heads) > MOST_NOTED:
        return _notes_below(table)
    grid = _grid(show_header=True)
    grid.add_column(Text(table.title, "bold"), overflow="fold")
    below = len(table.heads) > 2
    for head in table.heads:
        grid.add_column(Text(inline(head.text, head.note), _style(head.cell)), justify="right")
        if not below:
            grid.add_column("")
    for row in table.rows:
        values = [text for value in row.values for text in _value(value, below=below)]
        grid.add_row(_label(row), *values, style="bold" if row.emphasis == "strongest" else "")
    return Fitting(grid, [_one_below_another(table, noted=True)])


def _notes_below(table: Table) -> Group:
    """Return many narrow columns of values without notes, which stand below the table: of heads, and then of rows."""
    grid = _grid(gap=1, show_header=True)
    grid.add_column(Text(table.title, "bold"), overflow="fold")
    for head in table.heads:
        # Two lines, so that names of rows keep their room.
        grid.add_column(Text(head.text.replace(" ", "\n", 1), _style(head.cell)), justify="right", no_wrap=True)
    for row in table.rows:
        values = [Text(value.text) for value in row.values]
        grid.add_row(Text(row.label), *values, style="bold" if row.emphasis == "strongest" else "")
    heads = "; ".join(f"{head.text}: {head.note}" for head in table.heads if head.note)
    rows = [f"{row.label}: {row.note}" for row in table.rows if row.note]
    return Group(Fitting(grid, [_one_below_another(table)]), *(Text(line, "dim") for line in (heads, *rows)))


def _one_below_another(table: Table, *, noted: bool = False) -> Group:
    """Return each row as its label with its values below it, for a terminal in which the columns would not fit.

    Args:
        table: what would stand in columns.
        noted: whether the notes of rows and values are shown.
    """
    shown: list[RenderableType] = [Text(table.title, "bold")]
    for row in table.rows:
        label = inline(row.label, row.note) if noted else row.label
        shown.append(Text(label, "bold" if row.emphasis == "strongest" else ""))
        for head, value in zip(table.heads, row.values, strict=True):
            said = f"  {head.text} {value.text} {value.note if noted else ''}".rstrip()
            shown.append(Text(said, _style(head.cell) if head.cell is not None else ""))
    return Group(*shown)


def _value(value: Value, *, below: bool) -> list[Text]:
    note = Text(value.note, "dim")
    if below:
        return [Text("\n").join([Text(value.text), note]) if value.note else Text(value.text)]
    return [Text(value.text), note]


def _noted_rows(table: Table) -> Group:
    """Return rows of one value each, with the row's note behind it."""
    grid = _grid()
    for row in table.rows:
        grid.add_row(Text(row.label), Text(row.values[0].text), Text(row.note, "dim"))
    return Group(Text(table.title, "bold"), fitting(grid))


def _grid(*, gap: int = 2, show_header: bool = False) -> Grid:
    return Grid(box=None, padding=(0, gap, 0, 0), pad_edge=False, show_header=show_header)


def _label(row: Row) -> Text:
    """Return a label with its note below it, where it does not narrow the columns of values."""
    return Text.assemble(row.label, (f"\n  {row.note}" if row.note else "", "dim"))


def _listed(title: str, lines: list[tuple[str, str]]) -> list[RenderableType]:
    if not lines:
        return []
    grid = _grid(gap=1)
    for mark, line in lines:
        grid.add_row(Text(mark, "bold yellow"), Text(line))
    return [Padding(Text(title, "bold"), (1, 0, 0, 0)), grid]
