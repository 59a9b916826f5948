"""The records of races as tables for a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import timing
from race import Record, best_peer
from rich.console import Console
from rich.table import Table
from timing import Spread

from gatedrnn.layers.engines.native import SETTING


def start() -> Console:
    """Return a console, wide enough for a table in a file, after a line on where and with what the benchmark runs.

    From here on "auto", which is "ours", is pure JAX unless the environment says otherwise: the native engine is a
    contestant of its own, where it is installed.
    """
    os.environ.setdefault(SETTING, "0")
    found = Console()
    found = found if found.is_terminal else Console(width=160)
    found.print(timing.headline(timing.provenance()), soft_wrap=True, highlight=False)
    return found


def show(found: Console, records: list[Record], absent: dict[str, list[str]], others: Sequence[str]) -> None:
    """Print both tables for each cell, and who was absent; ``others`` are those that ours is divided by."""
    for cell, mine in groupby(records, key=lambda record: record["cell"]):
        rows = list(mine)
        found.print(f"\n{cell}: median milliseconds (ratio to nnx)", milliseconds(rows), sep="\n")
        found.print(f"\n{cell}: our time over others', median [95 % interval]", ratios(rows, others), sep="\n")
    for line, shapes in absent.items():
        found.print(f"absent: {line} (at {', '.join(shapes)})", soft_wrap=True)


def milliseconds(records: list[Record]) -> Table:
    """Return medians in milliseconds, with the ratio to nnx in parentheses; a row for each shape and pass."""
    labels = {record["contestant"]: record["label"] for record in records}
    table = table_of(["shape", "pass"], list(labels.values()))
    for shape, which, row in _rows(records):
        found = {record["contestant"]: record for record in row}
        table.add_row(shape, which, *(_time(found.get(name)) for name in labels))
    return table


def ratios(records: list[Record], others: Sequence[str]) -> Table:
    """Return our time divided by others', with the interval of the median; a row for each shape and pass."""
    columns = ["ours / best JAX peer", "which", *(f"ours / {name}" for name in others)]
    before = any(record["contestant"] == "haiku" and not record["same equations"] for record in records)
    table = table_of(["shape", "pass"], [*columns, *["both reset before: ours / haiku"] * before, "rounds"])
    for shape, which, row in _rows(records):
        found = {record["contestant"]: record for record in row}
        best = best_peer(row)
        cells = [_ratio(best), best["label"] if best else "-", *(_ratio(found.get(name)) for name in others)]
        cells += [_ratio(found.get("haiku"))] * before
        table.add_row(shape, which, *cells, str(len(row[0]["times_ms"])))
    return table


def table_of(names: list[str], numbers: list[str]) -> Table:
    """Return an empty table with columns of names, then columns of numbers."""
    table = Table(show_edge=False, pad_edge=False)
    for name in names:
        table.add_column(name)
    for number in numbers:
        table.add_column(number, justify="right")
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
