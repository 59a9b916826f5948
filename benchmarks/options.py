"""What every script can be asked for, and where its results go."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import timing
from shapes import CELLS, SHAPES, CellName, ShapeName


@dataclasses.dataclass(frozen=True)
class Output:
    """Where results go."""

    out: Path | None = None
    """A JSON file; None is benchmarks/results/ where no option asks for less than everything, else nowhere."""

    def path(self, name: str) -> Path | None:
        """Return where results go: a short run leaves those of a whole one as they are."""
        everything = timing.RESULTS / f"{name}-{timing.device_label()}.json"
        return self.out or (everything if self == type(self)() else None)


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What to measure, and how often."""

    shapes: tuple[ShapeName, ...] = tuple(SHAPES)
    cells: tuple[CellName, ...] = CELLS
    rounds: int | None = None
    """Timed turns of each program; None is as many as fit into a few seconds, between 9 and 40."""
