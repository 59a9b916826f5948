"""The rows of a table sequence by sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool, Int

    from gatedrnn.tasks.columns import Labels


class Rows(NamedTuple):
    """Rows sequence by sequence: their order, None where they are in it; steps and names of the sequences."""

    order: Int[np.ndarray, "N"] | None
    lengths: Int[np.ndarray, "B"]
    names: tuple[str, ...]

    def sort(self, column: np.ndarray) -> np.ndarray:
        """Return a column in this order."""
        return column if self.order is None else column[self.order]

    @property
    def firsts(self) -> Int[np.ndarray, "B"]:
        """Return the first row of each sequence."""
        return np.cumsum(self.lengths) - self.lengths

    def keep(self, kept: Bool[np.ndarray, "N"]) -> Rows:
        """Return some of the rows, given as flags in this order; sequences without a row are left out.

        Example:
            >>> rows = Rows(None, np.array([2, 1, 2]), ("a", "b", "c"))
            >>> rows.keep(np.array([True, True, False, False, True]))
            Rows(order=array([0, 1, 4]), lengths=array([2, 1]), names=('a', 'c'))
        """
        order = np.flatnonzero(kept) if self.order is None else self.order[kept]
        lengths = np.add.reduceat(kept.astype(int), self.firsts)
        names = tuple(name for name, length in zip(self.names, lengths, strict=bool(self.names)) if length)
        return Rows(order, lengths[lengths > 0], names)


def rows_of(group: Labels | None, count: int) -> Rows:
    """Return rows by group, in the order of the table within each; without groups, as one sequence."""
    if group is None:
        return Rows(None, np.array([count]), ())
    ordered = (np.diff(group.codes) >= 0).all()
    lengths = np.bincount(group.codes)
    return Rows(None if ordered else np.argsort(group.codes, kind="stable"), lengths, group.values)
