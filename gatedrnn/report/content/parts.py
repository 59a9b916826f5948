"""What content is made of: values with their notes, rows, tables; numbers are text already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from gatedrnn.experiment.formatting import decimals, interval, number

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import EstimateEntry, IntervalEntry, PairEntry
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.verdict.pairs import TaskOfPair

Emphasis = Literal["main", "matched", "strongest"]


class Value(NamedTuple):
    """One value as it is shown.

    Attributes:
        text: the value with the digits that every medium shows.
        exact: the number behind the text, for programs that read the page; None where there is no single one.
        note: what belongs to the value: its interval, or its ratio to the first cell's.
    """

    text: str
    exact: float | None = None
    note: str = ""


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        label: what the values are.
        values: one for each head of the table.
        note: unit, level or condition, which belongs to the label.
        emphasis: why the row stands out; None where it does not.
    """

    label: str
    values: tuple[Value, ...]
    note: str = ""
    emphasis: Emphasis | None = None


class Head(NamedTuple):
    """The head of a column.

    Attributes:
        text: what the column holds.
        note: what belongs to the head, such as a unit.
        cell: place of the cell that the head names among all of the task, for its colour; None where it names none.
    """

    text: str
    note: str = ""
    cell: int | None = None


class Table(NamedTuple):
    """Rows below heads.

    Attributes:
        title: what the table shows.
        heads: the heads of the columns of values; none where a single column needs none.
        rows: the rows of the table, from top to bottom.
    """

    title: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


def inline(text: str, note: str) -> str:
    """Return a text with its note in one line; an interval keeps its own brackets.

    Example:
        >>> inline("6,499", "0.99×"), inline("0.12", "[0.10, 0.14]"), inline("Compile time", "")
        ('6,499 (0.99×)', '0.12 [0.10, 0.14]', 'Compile time')
    """
    if not note:
        return text
    return f"{text} {note}" if note.startswith("[") else f"{text} ({note})"


def estimated(estimate: EstimateEntry, places: int) -> Value:
    """Return a mean with its interval.

    Args:
        estimate: an entry of results.json with ``mean``, ``low`` and ``high``.
        places: how many decimals are shown.
    """
    return Value(number(estimate["mean"], places), estimate["mean"], ends(estimate, places))


def ends(entry: IntervalEntry, places: int) -> str:
    """Return the interval of an entry with ``low`` and ``high``."""
    return interval(entry["low"], entry["high"], places)


def task_places(task: TaskEntry) -> int:
    """Return the decimals that the smallest uncertainty of any pair allows."""
    return max(pair_places(pair) for pair in task["pairs"])


def pair_places(pair: PairEntry | TaskOfPair) -> int:
    """Return the decimals that the uncertainty of one pair's difference allows."""
    difference = pair["statistics"]["difference"]
    return decimals((difference["high"] - difference["low"]) / 2)
