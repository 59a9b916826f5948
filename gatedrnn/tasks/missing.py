"""Numbers that are missing: refused, carried forward from the past of their own sequence, or left out row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.rows import Rows
    from gatedrnn.tasks.source import Source


class Filled(NamedTuple):
    """Columns after filling.

    Attributes:
        x: the columns, ``[N, I]``, of all rows.
        masks: where each filled column was missing, by its name, ``[N]`` each.
        kept: which rows stay, ``[N]``; None: all.
        notes: what was done, a sentence each.
    """

    x: Float[np.ndarray, "N I"]
    masks: dict[str, Bool[np.ndarray, "N"]]
    kept: Bool[np.ndarray, "N"] | None
    notes: list[str]


def fill(x: Float[np.ndarray, "N I"], names: list[str], rows: Rows, question: Question, source: Source) -> Filled:
    """Fill missing numbers as ``question.fill`` says; ``x`` is changed.

    Never from the future, nor from another sequence: rows of a sequence before a column's first number are left out.

    Args:
        x: the columns, sequence by sequence.
        names: what the columns are called.
        rows: how the rows stand in the table.
        question: what is asked of the table.
        source: the table, which knows where a row stands.

    Raises:
        InputError: where numbers are missing and nothing says what they become, or a sequence has none at all.
    """
    holes = {j: np.isnan(x[:, j]) for j in range(x.shape[1]) if np.isnan(x[:, j].min(initial=0.0))}
    if not holes:
        return Filled(x, {}, None, [])
    if question.fill is None:
        j, hole = next(iter(holes.items()))
        first = int(np.flatnonzero(hole)[0])
        place = source.place(first if rows.order is None else int(rows.order[first]))
        raise InputError(
            f"column {names[j]!r}: expected a number in each row, got {hole.sum():,} missing, the first in {place}; "
            "fill them in, or train with --fill forward or --fill drop"
        )
    said = ", ".join(f"{hole.sum():,} of {names[j]!r}" for j, hole in holes.items())
    if question.fill == "drop":
        kept = ~np.any(list(holes.values()), axis=0)
        return Filled(x, {}, kept, [f"missing: {said}: {(~kept).sum():,} rows left out"])
    kept = np.ones(len(x), bool)
    for j, hole in holes.items():
        x[:, j], known = forward(x[:, j], hole, rows)
        kept &= known
    masks = {names[j]: hole for j, hole in holes.items() if hole[kept].any()}
    notes = [f"missing: {said}: carried forward, with a column that says where; filled targets are scored as measured"]
    if not kept.all():
        notes.append(f"missing: {(~kept).sum():,} rows before the first number of a sequence left out")
    return Filled(x, masks, None if kept.all() else kept, notes)


def forward(
    column: Float[np.ndarray, "N"], hole: Bool[np.ndarray, "N"], rows: Rows
) -> tuple[Float[np.ndarray, "N"], Bool[np.ndarray, "N"]]:
    """Return a column with its holes filled by the last number before each, and where there was one.

    Example:
        >>> from gatedrnn.tasks.rows import Rows
        >>> column = np.array([1.0, np.nan, np.nan, 4.0])
        >>> [a.tolist() for a in forward(column, np.isnan(column), Rows(None, np.array([2, 2]), ("a", "b")))]
        [[1.0, 1.0, nan, 4.0], [True, True, False, True]]
    """
    last = np.maximum.accumulate(np.where(hole, -1, np.arange(len(column))))
    known = last >= np.repeat(rows.firsts, rows.lengths)
    return np.where(known, column[np.maximum(last, 0)], np.nan), known
