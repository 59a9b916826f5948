"""Tables, values and lists of the report's content as HTML."""

from __future__ import annotations

from gatedrnn.report.content.parts import Head, Row, Table, Value
from gatedrnn.report.markup import Child, Markup, element, unbroken
from gatedrnn.report.plots.svg import CELLS


def css_class(place: int) -> str:
    """Return the class that colours the cell at that place as the plots do."""
    return f"cell-{place % len(CELLS) + 1}"


def render_table(table: Table) -> Markup:
    """Return a table below its title."""
    heads = element("thead", _heads(table)) if table.heads else None
    return element("table", element("caption", table.title), heads, _body(table))


def render_wide_table(table: Table) -> Markup:
    """Return a table that scrolls sideways where the page is narrow; its title is said aloud, if not shown."""
    return _scrolling(element("table", element("thead", _heads(table)), _body(table)), table.title)


def render_columns(table: Table) -> Markup:
    """Return a table below its title, which scrolls with more than two columns of values."""
    shown = render_table(table)
    return _scrolling(shown, table.title) if len(table.heads) > 2 else shown


def render_tiles(rows: tuple[Row, ...]) -> Markup:
    """Return rows of one value each as tiles: numbers to be seen at a glance."""
    return element(
        "dl", [element("div", element("dt", row.label), _tile(row.values[0])) for row in rows], class_="tiles"
    )


def _scrolling(shown: Markup, title: str) -> Markup:
    return element("div", shown, class_="scroll", tabindex="0", role="region", aria_label=title)


def _tile(value: Value) -> Markup:
    return element("dd", _number(value), element("small", unbroken(value.note)))


def _heads(table: Table) -> Markup:
    return element("tr", element("th", ""), [_head(head) for head in table.heads])


def _head(head: Head) -> Markup:
    colour = None if head.cell is None else css_class(head.cell)
    return element("th", _noted(head.text, head.note), scope="col", class_=colour)


def _body(table: Table) -> Markup:
    return element("tbody", [_row(row) for row in table.rows])


def _row(row: Row) -> Markup:
    label = element("th", _noted(row.label, row.note), scope="row")
    values = [element("td", _noted(_number(value), value.note)) for value in row.values]
    return element("tr", label, values, class_=row.emphasis)


def _number(value: Value) -> Child:
    """Return a number as shown, with the number as it is for programs: ``<data value=...>``."""
    return value.text if value.exact is None else element("data", value.text, value=repr(value.exact))


def _noted(shown: Child, note: str) -> Child:
    return [shown, element("small", unbroken(note))] if note else shown
