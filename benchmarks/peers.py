"""How fast is a forward pass and a training step beside every peer?

python benchmarks/peers.py [--shapes small mid] [--cells LSTM] [--contestants ours nnx] [--rounds 15] [--out FILE]

One layer, float32, the same weights and inputs for all; outputs and input gradients are compared before anything is
timed. A run of everything writes benchmarks/results/peers-<device>.json, a run of a part only what --out names.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import race
import tables
import timing
import tyro
from contestants import NAMES, Name, load
from shapes import CELLS, PASSES, SHAPES, CellName, ShapeName

QUESTION = "How fast is a forward pass and a training step beside every peer?"


@dataclasses.dataclass(frozen=True)
class Options:
    """How fast is a forward pass and a training step beside every peer?"""

    shapes: tuple[ShapeName, ...] = tuple(SHAPES)
    cells: tuple[CellName, ...] = CELLS
    contestants: tuple[Name, ...] = NAMES
    rounds: int | None = None
    """Timed calls of each program; None is as many as fit into ``seconds``, between 9 and 40."""
    seconds: float = 12.0
    """For the rounds of one pass of one cell at one shape."""
    out: Path | None = None

    def path(self) -> Path | None:
        """Return where results go."""
        everything = (self.shapes, self.cells, self.contestants) == (tuple(SHAPES), CELLS, NAMES)
        return self.out or (timing.RESULTS / f"peers-{timing.device_label()}.json" if everything else None)


def main(options: Options) -> None:
    """Run the races, print a table for each cell, write the records."""
    console = tables.console()
    console.print(timing.headline(timing.provenance()))
    contestants = [load(name) for name in options.contestants]
    records: list[race.Record] = []
    absent: dict[str, list[str]] = {}
    for cell in options.cells:
        for name in options.shapes:
            for which in PASSES:
                entered = race.enter(cell, SHAPES[name], which, contestants)
                records += [{"shape": name, **r} for r in race.run(entered, options.rounds, options.seconds)]
                for who, why in entered.absent.items():
                    absent.setdefault(f"{who}, {cell} {which}: {why}", []).append(name)
            console.print(f"{cell} {name} done", style="dim")
    for cell in options.cells:
        mine = [record for record in records if record["cell"] == cell]
        console.print(tables.milliseconds(mine, f"{cell}: median milliseconds (ratio to nnx)"), "")
        console.print(tables.ratios(mine, f"{cell}: our time divided by others', 95 % interval of the median"), "")
    for line, names in absent.items():
        console.print(f"absent: {line} (at {', '.join(names)})")
    if path := options.path():
        timing.write_results(
            path, records, question="How fast is a forward pass and a training step beside every peer?", absent=absent
        )
        console.print(f"written: {path.name}")


if __name__ == "__main__":
    main(tyro.cli(Options))
