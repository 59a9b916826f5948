"""Whether another window would give another verdict, which ``--full`` tries in validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.experiment.formatting import MINUS, count, decimals, number
from gatedrnn.report.content.parts import Head, Row, Table, Value, ends
from gatedrnn.report.content.scores import deciding_title

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.further import WindowPair, WindowsEntry
    from gatedrnn.comparison.schema.results import TaskEntry


def windows_table(task: TaskEntry) -> Table | None:
    """Return the cells' validation scores, differences and labels with each window; None where ``full`` tried none.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    held = None if task["full"] is None else task["full"]["windows"]
    if held is None:
        return None
    heads = [Head(name, cell=k) for k, name in enumerate(task["cells"])]
    heads += [Head(f" {MINUS} ".join(pair["names"]), "95 %") for pair in held["pairs"]]
    rows = [_row(held, k, list(task["cells"])) for k in range(len(held["windows"]))]
    return Table(f"Windows, validation {deciding_title(task)}", tuple(heads), tuple(rows))


def windows_in_words(task: TaskEntry) -> str | None:
    """Return which windows would have given another label; None where the label is the same with all of them.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    held = None if task["full"] is None else task["full"]["windows"]
    lines = [] if held is None else [line for pair in held["pairs"] for line in _other_labels(held, pair)]
    if not lines:
        return None
    return f"The verdict depends on the window: in validation, {'; '.join(lines)}."


def _other_labels(held: WindowsEntry, pair: WindowPair) -> list[str]:
    own = pair["labels"][held["windows"].index(held["searched"])]
    others = [(w, label) for w, label in zip(held["windows"], pair["labels"], strict=True) if label not in (None, own)]
    if own is None or not others:
        return []
    a, b = pair["names"]
    said = ", ".join(f"with {count(window)} \u201c{label}\u201d" for window, label in others)
    return [f"{a} or {b} is \u201c{own}\u201d with {count(held['searched'])} steps, {said}"]


def _row(held: WindowsEntry, k: int, cells: list[str]) -> Row:
    scores = [held["validation"][name][k] for name in cells]
    known = [s for of_cell in held["validation"].values() for row in of_cell for s in row if s is not None]
    places = decimals(float(np.std(known))) if known else 3
    window = held["windows"][k]
    values = [Value("none") if None in row else _mean(row, places) for row in scores]
    values += [_difference(pair, k) for pair in held["pairs"]]
    note = "searched" if window == held["searched"] else ""
    return Row(f"{count(window)} steps", tuple(values), note, "main" if note else None)


def _mean(row: list[float | None], places: int) -> Value:
    mean = float(np.mean([s for s in row if s is not None]))
    return Value(number(mean, places), mean)


def _difference(pair: WindowPair, k: int) -> Value:
    found, label = pair["differences"][k], pair["labels"][k]
    if found is None or label is None:
        return Value("none")
    places = decimals((found["high"] - found["low"]) / 2)
    return Value(number(found["mean"], places), found["mean"], f"{ends(found, places)}; {label}")
