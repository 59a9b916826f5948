"""A split that a column of a table gives: of whole groups, or in time within them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.sequences import PARTS

if TYPE_CHECKING:
    from jaxtyping import Int

    from gatedrnn.tasks.columns import Labels
    from gatedrnn.tasks.rows import Rows


def given(split: Labels, rows: Rows, name: str) -> tuple[np.ndarray | None, Int[np.ndarray, "B 2"] | None]:
    """Return the part of each sequence, or where its validation and its test begin; the other is None.

    Args:
        split: ``train``, ``validation`` or ``test`` for each row of the table.
        rows: how the rows stand in the table.
        name: what the column is called.

    Raises:
        InputError: where there is another word, or a group's parts do not follow each other in time.

    Example:
        >>> from gatedrnn.tasks.columns import Labels
        >>> from gatedrnn.tasks.rows import Rows
        >>> split = Labels(np.array([0, 0, 0, 1, 0, 1, 1]), ("train", "test"))
        >>> given(split, Rows(None, np.array([4, 3]), ("a", "b")), "part")[1].tolist()
        [[3, 3], [1, 1]]
    """
    unknown = sorted(set(split.values) - set(PARTS))
    if unknown:
        raise InputError(f"split: expected {', '.join(PARTS)}, got {', '.join(map(repr, unknown))} in column {name!r}")
    codes = np.array([PARTS.index(value) for value in split.values], np.int8)[rows.sort(split.codes)]
    firsts = rows.firsts
    if (np.repeat(codes[firsts], rows.lengths) == codes).all():
        return np.array(PARTS)[codes[firsts]], None
    falls = np.diff(codes) < 0
    falls[firsts[1:] - 1] = False
    if falls.any():
        row = int(np.flatnonzero(falls)[0])
        sequence = int(np.searchsorted(np.cumsum(rows.lengths), row, side="right"))
        where = f"group {rows.names[sequence]!r}" if rows.names else "the series"
        raise InputError(
            f"split: expected train before validation before test in the rows of a group, got {PARTS[codes[row + 1]]} "
            f"after {PARTS[codes[row]]} in {where}, column {name!r}"
        )
    return None, np.stack([np.add.reduceat((codes < part).astype(int), firsts) for part in (1, 2)], axis=1)
