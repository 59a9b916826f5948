"""The records of races as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from contestants import NAMES
from race import Record, best_peer
from rich.console import Console
from rich.table import Table
from timing import Spread


def console() -> Console:
    """Return a console that is wide enough for a table in a file."""
    found = Console()
    return found if found.is_terminal else Console(width=160)


def milliseconds(records: list[Record], title: str) -> Table:
    """Return medians in milliseconds, with the ratio to nnx in parentheses; a row for each shape and pass."""
    names = [name for name in NAMES if any(r["contestant"] == name for r in records)]
    table = _table(title, [next(r["label"] for r in records if r["contestant"] == name) for name in names])
    for shape, which, row in _rows(records):
        found = {record["contestant"]: record for record in row}
        table.add_row(shape, which, *(_time(found.get(name)) for name in names))
    return table


def ratios(records: list[Record], title: str) -> Table:
    """Return our time divided by others', with the interval of the median; a row for each shape and pass."""
    others = ("nnx", "pytorch", "onnxruntime", "floor")
    columns = ["ours / best JAX peer", "which", *(f"ours / {name}" for name in others)]
    before = any(record["contestant"] == "haiku" and not record["same equations"] for record in records)
    table = _table(title, [*columns, *["both reset before: ours / haiku"] * before, "rounds"])
    for shape, which, row in _rows(records):
        found = {record["contestant"]: record for record in row}
        best = best_peer(row)
        cells = [_ratio(best), best["label"] if best else "-", *(_ratio(found.get(name)) for name in others)]
        cells += [_ratio(found.get("haiku"))] * before
        table.add_row(shape, which, *cells, str(len(row[0]["times_ms"])))
    return table


def _table(title: str, columns: list[str]) -> Table:
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("shape")
    table.add_column("pass")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _rows(records: Iterable[Record]) -> Iterable[tuple[str, str, list[Record]]]:
    for (shape, which), row in groupby(records, key=lambda record: (record["shape"], record["pass"])):
        yield shape, which, list(row)


def _time(record: Record | None) -> str:
    if record is None:
        return "-"
    relative = record["over nnx"]
    return f"{record['milliseconds']['median']:.3g}" + (f" ({relative['median']:.2f})" if relative else "")


def _ratio(record: Record | None) -> str:
    found: dict[str, Any] | None = record["ours over"] if record else None
    if not found:
        return "-"
    return str(Spread(**found))
