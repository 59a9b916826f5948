"""What does each cell of the registry cost, beside an LSTM of as many units?

python benchmarks/zoo.py [--shape small] [--cells LSTM MGU] [--rounds 20] [--out FILE]

All cells run in the same rounds, each with the engine that "auto" takes for it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import tables
import timing
import tyro
from contestants.contestant import Program, jax_program
from options import Output
from shapes import PASSES, SHAPES, Pass, Shape, ShapeName

import gatedrnn as gr
from gatedrnn.cells.registry import CELLS, make_cell
from gatedrnn.layers.engines.table import ENGINES, engine_for

QUESTION = "What does each cell cost, beside an LSTM of as many units?"


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What to measure, and how often."""

    shape: ShapeName = "small"
    cells: tuple[str, ...] = tuple(CELLS)
    rounds: int | None = None
    """Timed turns of each program; None is as many as fit into two minutes for a pass, between 9 and 40."""


def programs(names: tuple[str, ...], shape: Shape, which: Pass) -> dict[str, Program]:
    """Compile a pass of each cell, on the same inputs."""
    xs = np.random.default_rng(0).normal(size=(shape.length, shape.batch, shape.in_dim)).astype(np.float32)
    made = {}
    for name in names:
        layer = gr.scan(make_cell(name, shape.hidden))
        params = layer.init(jax.random.key(0), shape.in_dim)
        made[name] = jax_program(which, lambda p, xs, layer=layer: layer.apply(p, xs)[1], params, xs)
    return made


def record(name: str, shape: Shape) -> dict[str, Any]:
    """Return what of a cell needs no clock: its parameters, and the engines that take it."""
    cell = make_cell(name, shape.hidden)
    params = jax.eval_shape(lambda: cell.init(jax.random.key(0), shape.in_dim))
    return {
        "cell": name,
        "sizes": shape._asdict(),
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(params)),
        "engines": [engine.name for engine in ENGINES.values() if engine.refuses(cell) is None],
        "auto": engine_for("auto", cell).name,
    }


def main(options: Options) -> None:
    """Time all cells in turn, forward and training apart; print and write what came."""
    console, shape = tables.start(), SHAPES[options.shape]
    names = tuple(dict.fromkeys(("LSTM", *options.cells)))
    records = {name: record(name, shape) for name in names}
    for which in PASSES:
        calls = {name: program.call for name, program in programs(names, shape, which).items()}
        times = timing.measure(calls, options.rounds, seconds=120.0)
        for name in names:
            records[name][which] = {
                "milliseconds": timing.spread(times[name]).as_dict(),
                "over LSTM": timing.paired_ratio(times[name], times["LSTM"]).as_dict(),
            }
    columns = ["parameters", "forward, us a step", "over LSTM", "training, us a step", "over LSTM"]
    table = tables.table_of(["cell", "engine"], columns)
    for name, one in records.items():
        numbers = [f"{one['parameters']:,}"]
        for which in PASSES:
            of_step = 1e3 * one[which]["milliseconds"]["median"] / shape.length
            numbers += [f"{of_step:.1f}", str(timing.Spread(**one[which]["over LSTM"]))]
        table.add_row(name, one["auto"], *numbers)
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("zoo"), list(records.values()), question=QUESTION, shape=options.shape)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
