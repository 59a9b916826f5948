"""Which form of the fast engine is fastest, and does ``engine="auto"`` choose it?

python benchmarks/forms.py [--shapes small] [--no-further] [--cells LSTM] [--rounds 20] [--out FILE]

Two shapes are measured with other batches as well: few rows are projected in another way, and less is recomputed.
The rule in gatedrnn/layers/engines/fast/forms.py is read off this table.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import tables
import timing
import tyro
from contestants.contestant import problem
from contestants.ours import layer_program
from options import Options as Common
from shapes import PASSES, SHAPES, CellName, Pass, Shape

import gatedrnn as gr
from gatedrnn.cells.optional import optional_method
from gatedrnn.layers.engines.fast.forms import FastForm

QUESTION = "Which form of the fast engine is fastest, and does auto choose it?"
JOINT = "in one product"
PROJECTED: dict[str, Any] = {
    "auto": "auto",
    "in scan": FastForm(),
    JOINT: FastForm(project=0),
    "projected by 16": FastForm(project=16),
    "projected by 32": FastForm(project=32),
    "projected before": FastForm(project=10**6),
}
RECOMPUTED = {f"recomputed by {steps}": FastForm(recompute=steps) for steps in (8, 16, 32)}
"""FastForm that differ from others in training alone."""

FURTHER: dict[str, Shape] = {f"mid, batch {batch}": SHAPES["mid"]._replace(batch=batch) for batch in (4, 8, 16)}
FURTHER |= {f"longT, batch {batch}": SHAPES["longT"]._replace(batch=batch) for batch in (16, 32)}


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """Which form of the fast engine is fastest, and does auto choose it?"""

    further: bool = True
    """Measure other batches as well."""


def forms_of(cell: Any, which: Pass) -> dict[str, Any]:
    """Return the forms that a cell has in a pass."""
    forms = PROJECTED | (RECOMPUTED if which == "training" else {})
    return {name: form for name, form in forms.items() if name != JOINT or optional_method(cell, "joint")}


def time_forms(cell: CellName, shape: Shape, which: Pass, rounds: int | None) -> tuple[timing.Spread, dict[str, Any]]:
    """Return the time of auto in milliseconds, and every other form's ratio to it."""
    given = problem(cell, shape)
    layers = {name: gr.scan(given.built, engine=form) for name, form in forms_of(given.built, which).items()}
    calls = {name: layer_program(layer, given, which).call for name, layer in layers.items()}
    times = timing.measure(calls, rounds, seconds=5.0)
    auto = times.pop("auto")
    return timing.spread(auto), {name: timing.paired_ratio(mine, auto) for name, mine in times.items()}


def main(options: Options) -> None:
    """Time all forms in turn; print each form's ratio to auto and write what came."""
    console = tables.start()
    names = [name for name in PROJECTED | RECOMPUTED if name != "auto"]
    table = tables.table_of(["shape", "cell", "pass"], ["auto ms", *(f"{name} / auto" for name in names)])
    further = FURTHER if options.further else {}
    shapes = [*((name, SHAPES[name]) for name in options.shapes), *further.items()]
    records: list[dict[str, Any]] = []
    for label, shape in shapes:
        for cell in options.cells:
            for which in PASSES:
                auto, ratios = time_forms(cell, shape, which, options.rounds)
                shown = (f"{ratios[name].median:.2f}" if name in ratios else "" for name in names)
                table.add_row(label, cell, which, f"{auto.median:.3g}", *shown)
                record = {"shape": label, "cell": cell, "pass": which, "auto milliseconds": auto.as_dict()}
                records.append({**record, "over auto": {name: ratio.as_dict() for name, ratio in ratios.items()}})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("forms"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
