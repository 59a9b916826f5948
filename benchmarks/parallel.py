"""Where is finding all steps at once faster than a scan, and where does it lose?

python benchmarks/parallel.py [--lengths 100 1000] [--rounds 9] [--out FILE]
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import tables
import timing
import tyro
from contestants.contestant import jax_program
from options import Output
from shapes import PASSES

import gatedrnn as gr

QUESTION = "Where is finding all steps at once (gr.parallel) faster than a scan?"
IN_DIM = 8


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What to measure, and how often."""

    lengths: tuple[int, ...] = (100, 1000)
    hidden: int = 16
    batch: int = 4
    rounds: int | None = None
    """Timed turns of each program; None is as many as fit into five seconds, between 9 and 40."""


def layers(hidden: int) -> dict[str, dict[str, gr.Layer]]:
    """Return what is compared, by cell: the scan first."""
    gru, apart = gr.GRU(hidden), gr.ParaGRU(hidden)
    return {
        "GRU": {
            "scan": gr.scan(gru),
            "parallel_backward": gr.scan(gru, engine="parallel_backward"),
            "newton": gr.parallel(gru),
            "gate": gr.parallel(gru, method="gate"),
        },
        "ParaGRU": {"scan": gr.scan(apart), "newton": gr.parallel(apart)},
    }


def iterations(layer: Any, params: Any, xs: Any) -> int | None:
    """Return how many iterations a layer takes; None for a scan, and where a scan has answered."""
    if not isinstance(layer, gr.ParallelScan):
        return None
    statistics = jax.jit(layer.solve)(params, xs).statistics
    return int(statistics.iterations) if bool(statistics.converged) else None


def main(options: Options) -> None:
    """Time all layers of a cell in turn at each length; print and write what came."""
    console = tables.start()
    table = tables.table_of(["cell", "steps", "pass", "layer"], ["iterations", "ms", "over scan"])
    records: list[dict[str, Any]] = []
    for length in options.lengths:
        xs = np.random.default_rng(0).normal(size=(length, options.batch, IN_DIM)).astype(np.float32)
        for cell, those in layers(options.hidden).items():
            params = those["scan"].init(jax.random.key(0), IN_DIM)
            taken = {name: iterations(layer, params, xs) for name, layer in those.items()}
            for which in PASSES:
                calls = {}
                for name, layer in those.items():
                    apply = lambda p, xs, layer=layer: layer.apply(p, xs)[1]  # noqa: E731
                    calls[name] = jax_program(which, apply, params, xs).call
                times = timing.measure(calls, options.rounds, seconds=5.0)
                for name, found in times.items():
                    ratio, median = timing.paired_ratio(found, times["scan"]), timing.spread(found)
                    count = "" if taken[name] is None else str(taken[name])
                    table.add_row(cell, str(length), which, name, count, f"{median.median:.3g}", str(ratio))
                    record = {"cell": cell, "steps": length, "pass": which, "layer": name, "iterations": taken[name]}
                    records.append({**record, "milliseconds": median.as_dict(), "over scan": ratio.as_dict()})
    console.print(QUESTION, table, sep="\n")
    sizes = {"hidden": options.hidden, "batch": options.batch, "in_dim": IN_DIM}
    timing.write_results(options.path("parallel"), records, question=QUESTION, sizes=sizes)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
