"""Is the fast engine faster than the reference engine?

python benchmarks/engines.py [--shapes small] [--cells LSTM] [--rounds 20] [--out FILE]
"""

from __future__ import annotations

from typing import Any

import tables
import timing
import tyro
from contestants.contestant import problem
from contestants.ours import layer_program
from options import Options
from shapes import PASSES, SHAPES

import gatedrnn as gr

QUESTION = "Is the fast engine faster than the reference engine?"
ENGINES = ("reference", "fast")


def main(options: Options) -> None:
    """Time both engines in turn; print and write what came."""
    console = tables.start()
    table = tables.table_of(["shape", "cell", "pass"], ["reference ms", "fast ms", "fast / reference"])
    records: list[dict[str, Any]] = []
    for shape in options.shapes:
        for cell in options.cells:
            given = problem(cell, SHAPES[shape])
            for which in PASSES:
                layers = {engine: gr.scan(given.built, engine=engine) for engine in ENGINES}
                calls = {engine: layer_program(layer, given, which).call for engine, layer in layers.items()}
                times = timing.measure(calls, options.rounds, seconds=5.0)
                ratio = timing.paired_ratio(times["fast"], times["reference"])
                medians = {engine: timing.spread(times[engine]) for engine in ENGINES}
                table.add_row(shape, cell, which, *(f"{medians[e].median:.3g}" for e in ENGINES), str(ratio))
                milliseconds = {engine: medians[engine].as_dict() for engine in ENGINES}
                record = {"shape": shape, "cell": cell, "pass": which, "milliseconds": milliseconds}
                records.append({**record, "fast over reference": ratio.as_dict()})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("engines"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
