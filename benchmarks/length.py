"""Is the cost linear in the length of the sequence?

python benchmarks/length.py [--cells LSTM] [--lengths 100 1000] [--rounds 9] [--out FILE]
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import tables
import timing
import tyro
from contestants import load
from contestants.contestant import problem
from options import Output
from shapes import CELLS, PASSES, CellName, Shape

QUESTION = "Is the cost linear in the length of the sequence?"
SIZES = ((1, 16, 32), (4, 16, 64))  # B, I, H


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """Is the cost linear in the length of the sequence?"""

    cells: tuple[CellName, ...] = CELLS
    lengths: tuple[int, ...] = (100, 1000, 10_000, 100_000)
    rounds: int | None = None
    """Timed turns of each program; None is as many as fit into ten seconds, between 9 and 40."""


def exponent(lengths: tuple[int, ...], milliseconds: list[float]) -> float:
    """Return p of the power law ``cost = a T^p`` that fits best in logarithms; 1 is linear."""
    return float(np.polyfit(np.log(lengths), np.log(milliseconds), 1)[0])


def main(options: Options) -> None:
    """Time every length in turn; print and write what came."""
    console = tables.start()
    columns = [f"T {length}: ms (us a step)" for length in options.lengths]
    table = tables.table_of(["cell", "B, I, H", "pass"], [*columns, "exponent"])
    records: list[dict[str, Any]] = []
    for cell in options.cells:
        for batch, in_dim, hidden in SIZES:
            for which in PASSES:
                given = {n: problem(cell, Shape(batch, n, in_dim, hidden)) for n in options.lengths}
                calls = {str(n): load("ours").program(given[n], which).call for n in options.lengths}
                times = timing.measure(calls, options.rounds, seconds=10.0)
                spreads = {n: timing.spread(times[str(n)]) for n in options.lengths}
                power = exponent(options.lengths, [s.median for s in spreads.values()])
                shown = [f"{s.median:.3g} ({1e3 * s.median / n:.2f})" for n, s in spreads.items()]
                table.add_row(cell, f"{batch}, {in_dim}, {hidden}", which, *shown, f"{power:.3f}")
                about = {"cell": cell, "batch": batch, "in_dim": in_dim, "hidden": hidden, "pass": which}
                measured = [{"length": n, "milliseconds": s.as_dict()} for n, s in spreads.items()]
                records.append({**about, "exponent": round(power, 4), "lengths": measured})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("length"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options))
