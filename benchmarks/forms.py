"""Which form of the fast engine is fastest, and does ``engine="auto"`` choose it?

python benchmarks/forms.py [--shapes small] [--cells LSTM] [--rounds 20] [--out FILE]

The rule in gatedrnn/layers/forms.py is read off this table.
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
from gatedrnn.cells.hooks import hook
from gatedrnn.layers.forms import Forms

QUESTION = "Which form of the fast engine is fastest, and does auto choose it?"
FORMS: dict[str, Any] = {
    "auto": "auto",
    "in scan": Forms(),
    "in one product": Forms(project=0),
    "projected by 16": Forms(project=16),
    "projected by 32": Forms(project=32),
    "projected before": Forms(project=10**6),
    "recomputed by 8": Forms(recompute=8),
    "recomputed by 16": Forms(recompute=16),
    "recomputed by 32": Forms(recompute=32),
}


def names_of(cell: Any) -> list[str]:
    """Return the forms that a cell has."""
    return [name for name in FORMS if name != "in one product" or hook(cell, "joint")]


def main(options: Options) -> None:
    """Time all forms in turn; print each form's ratio to auto and write what came."""
    console = tables.start()
    table = tables.table_of(["shape", "cell", "pass"], ["auto ms", *(f"{name} / auto" for name in list(FORMS)[1:])])
    records: list[dict[str, Any]] = []
    for shape in options.shapes:
        for cell in options.cells:
            given = problem(cell, SHAPES[shape])
            for which in PASSES:
                layers = {name: gr.scan(given.built, engine=FORMS[name]) for name in names_of(given.built)}
                calls = {name: layer_program(layer, given, which).call for name, layer in layers.items()}
                times = timing.measure(calls, options.rounds, seconds=5.0)
                ratios = {name: timing.paired_ratio(times[name], times["auto"]) for name in list(layers)[1:]}
                auto = timing.spread(times["auto"])
                shown = (f"{ratios[name].median:.2f}" if name in ratios else "" for name in list(FORMS)[1:])
                table.add_row(shape, cell, which, f"{auto.median:.3g}", *shown)
                record = {"shape": shape, "cell": cell, "pass": which, "auto milliseconds": auto.as_dict()}
                records.append({**record, "over auto": {name: ratio.as_dict() for name, ratio in ratios.items()}})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("forms"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
