"""Where is finding all steps at once faster than a scan, and where does it lose?

python benchmarks/parallel.py [--lengths 100 1000] [--hidden 16 32] [--minutes 10] [--out FILE]

On an accelerator: --lengths 100 1000 10000 100000 1000000 --hidden 16 32 --batch 16 --minutes 10.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
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


DIAGONAL = "ParaGRU"
LONGEST = 100_000
"""Steps beyond which only a cell whose units see themselves alone is run."""


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What to measure, and how often."""

    lengths: tuple[int, ...] = (100, 1000, 10_000)
    hidden: tuple[int, ...] = (16,)
    batch: int = 4
    window: int | None = None
    """Steps that are solved at once, as in gr.parallel."""
    rounds: int | None = None
    """Timed turns of each program; None is as many as fit into five seconds, between 9 and 40."""
    minutes: float = 60.0
    """Time after which no other race begins; the short sequences come first."""


def layers(hidden: int, window: int | None) -> dict[str, dict[str, gr.Layer]]:
    """Return what is compared, by cell: the scan first."""
    gru, lstm, apart = gr.GRU(hidden), gr.LSTM(hidden), gr.ParaGRU(hidden)
    return {
        DIAGONAL: {"scan": gr.scan(apart), "newton": gr.parallel(apart, window=window)},
        "GRU": {
            "scan": gr.scan(gru),
            "reference": gr.scan(gru, engine="reference"),
            "parallel_backward": gr.scan(gru, engine="parallel_backward"),
            "newton": gr.parallel(gru, window=window),
            "block": gr.parallel(gru, method="block", window=window),
            "gate": gr.parallel(gru, method="gate", window=window),
        },
        "LSTM": {"scan": gr.scan(lstm), "gate": gr.parallel(lstm, method="gate", window=window)},
    }


def iterations(layer: Any, params: Any, xs: Any) -> int | None:
    """Return how many iterations a layer takes; None for a scan, and where a scan has answered."""
    if not isinstance(layer, gr.ParallelScan):
        return None
    statistics = jax.jit(layer.solve)(params, xs).statistics
    return int(statistics.iterations) if bool(statistics.converged) else None


def race(cell: str, those: dict[str, gr.Layer], xs: Any, rounds: int | None) -> list[dict[str, Any]]:
    """Time all layers of a cell in turn, forward and in training; return a record of each."""
    params = those["scan"].init(jax.random.key(0), IN_DIM)
    taken = {name: iterations(layer, params, xs) for name, layer in those.items()}
    records: list[dict[str, Any]] = []
    for which in PASSES:
        calls = {}
        for name, layer in those.items():
            apply = lambda p, xs, layer=layer: layer.apply(p, xs)[1]  # noqa: E731
            calls[name] = jax_program(which, apply, params, xs).call
        times = timing.measure(calls, rounds, seconds=5.0)
        for name, found in times.items():
            ratio, median = timing.paired_ratio(found, times["scan"]), timing.spread(found)
            record = {"cell": cell, "steps": xs.shape[0], "pass": which, "layer": name, "iterations": taken[name]}
            records.append({**record, "milliseconds": median, "over scan": ratio})
    return records


def main(options: Options) -> None:
    """Race at each length and width while there is time; print and write what came."""
    console, began = tables.start(), time.monotonic()
    table = tables.table_of(["cell", "hidden", "steps", "pass", "layer"], ["iterations", "ms", "over scan"])
    records: list[dict[str, Any]] = []
    left_out: list[str] = []
    for length, hidden in itertools.product(options.lengths, options.hidden):
        xs = np.random.default_rng(0).normal(size=(length, options.batch, IN_DIM)).astype(np.float32)
        for cell, those in layers(hidden, options.window).items():
            if length > LONGEST and cell != DIAGONAL:
                continue
            if time.monotonic() - began > 60 * options.minutes:
                left_out.append(f"{cell}, {hidden} units, {length} steps")
                continue
            for record in race(cell, those, xs, options.rounds):
                ms, ratio = record["milliseconds"], record["over scan"]
                count = "" if record["iterations"] is None else str(record["iterations"])
                names = cell, str(hidden), str(length), record["pass"], record["layer"]
                table.add_row(*names, count, f"{ms.median:.3g}", str(ratio))
                numbers = {"milliseconds": ms.as_dict(), "over scan": ratio.as_dict()}
                records.append({**record, "hidden": hidden, **numbers})
    console.print(QUESTION, table, sep="\n")
    for what in left_out:
        console.print(f"no time left for: {what}")
    sizes = {"batch": options.batch, "in_dim": IN_DIM, "window": options.window}
    timing.write_results(options.path("parallel"), records, question=QUESTION, sizes=sizes, left_out=left_out)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
