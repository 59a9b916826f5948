"""Cells side by side within a time: none begins a segment before all have ended the last, and the clock stops all."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator

from gatedrnn.training.store import Interrupted


class Pace:
    """Decides after each segment, once for all cells, whether there is time for another.

    The slowest cell holds the clock. As all cells stop after the same segment, their trials have the same epochs: a
    cell is not better because it was quick to compute. At least one segment is trained.

    Args:
        cells: the names of the cells.
        seconds: the time of training that there is.
        stopped: the segment after which the clock stopped them before an interruption; None where it did not.
        keep: called with that segment before any cell acts on it, so that a resumed search stops there as well.
    """

    def __init__(
        self, cells: list[str], seconds: float, stopped: int | None = None, keep: Callable[[int], None] = lambda _: None
    ) -> None:
        self._seconds, self._stopped, self._keep = seconds, stopped, keep
        self._reached: dict[str, float] = dict.fromkeys(cells, 0)
        self._spent: dict[str, float] = dict.fromkeys(cells, 0.0)
        self._allowed = 1 if stopped is None else stopped
        self._failed = False
        self._turn = threading.Condition()

    @contextlib.contextmanager
    def taking_part(self, cell: str) -> Iterator[None]:
        """Let the others go on without this cell when it is done; where it failed, they stop as well."""
        try:
            yield
        except BaseException:
            self._leave(cell, failed=True)
            raise
        self._leave(cell, failed=False)

    def go_on(self, cell: str, segments: int, seconds: float) -> bool:
        """Wait until all cells have come as far, and return whether to train another segment.

        Args:
            cell: the name of the cell.
            segments: how many segments the cell has trained.
            seconds: the time that these segments took the cell, less what it waited for others.

        Raises:
            Interrupted: where another cell failed.
        """
        with self._turn:
            self._reached[cell], self._spent[cell] = segments, seconds
            if self._stopped is None:
                # After an interruption: a cell that is so far was allowed to go there.
                self._allowed = max(self._allowed, segments)
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._failed or min(self._reached.values()) >= segments)
            if self._failed:
                raise Interrupted("another cell was stopped")
            if self._stopped is None and segments >= self._allowed:
                self._decide(segments)
            return segments < self._allowed

    def _decide(self, segments: int) -> None:
        """Allow another segment where it fits, if it takes as long as those before in the mean."""
        slowest = max(spent for name, spent in self._spent.items() if self._reached[name] < math.inf)
        if slowest * (segments + 1) / segments <= self._seconds:
            self._allowed = segments + 1
        else:
            self._keep(segments)
            self._stopped = self._allowed = segments

    def _leave(self, cell: str, *, failed: bool) -> None:
        with self._turn:
            self._reached[cell] = math.inf
            self._failed |= failed
            self._turn.notify_all()
