"""Where is finding all steps at once faster than a scan, and where does it lose?

python benchmarks/parallel.py [--lengths 100 1000] [--hidden 16 32] [--batch 16] [--minutes 8] [--out FILE]

It ends within its minutes, but for the race that is under way. A layer of which a call took longer than ``patience`` is
not run at longer lengths; a line says so. On an accelerator: --hidden 16 32 --batch 16 --window 1000000.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import tables
import timing
import tyro
from contestants.contestant import jax_program
from options import Output
from shapes import PASSES, Pass

import gatedrnn as gr

QUESTION = "Where is finding all steps at once (gr.parallel) faster than a scan?"
IN_DIM = 8
SECONDS = 4.0
"""Of a race of one cell and pass, but for slow programs: these have three rounds."""


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What to measure, and how often."""

    lengths: tuple[int, ...] = (100, 1000, 10_000, 100_000, 1_000_000)
    hidden: tuple[int, ...] = (16,)
    batch: int = 4
    window: int | None = None
    """Steps that are solved at once, as in gr.parallel; a longer one than there are steps is all of them."""
    minutes: float = 8.0
    """Time after which no other race begins; the short sequences come first."""
    patience: float = 1.0
    """Seconds of a call beyond which a layer is left out at longer lengths."""


def layers(hidden: int, window: int | None) -> dict[str, dict[str, gr.Layer]]:
    """Return what is compared, by cell: the scan first."""
    gru, lstm, apart = gr.GRU(hidden), gr.LSTM(hidden), gr.ParaGRU(hidden)
    return {
        "ParaGRU": {"scan": gr.scan(apart), "newton": gr.parallel(apart, window=window)},
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


def compiled(layer: Any, which: Pass, params: Any, xs: Any) -> tuple[timing.Call, int | None]:
    """Return a pass of a layer, and how many iterations it takes; None for a scan, and where a scan has answered."""
    if which != "forward" or not isinstance(layer, gr.ParallelScan):
        return jax_program(which, lambda params, xs: layer.apply(params, xs)[1], params, xs).call, None

    def solve(params: Any, xs: Any) -> Any:
        found = layer.solve(params, xs)
        return found.ys, found.statistics

    call = jax_program(which, solve, params, xs).call
    found = call()[1]
    return call, int(found.iterations) if bool(found.converged) else None


def race(those: dict[str, gr.Layer], which: Pass, xs: Any) -> Iterator[dict[str, Any]]:
    """Time a pass of all layers of a cell in turn; return a record of each."""
    params = those["scan"].init(jax.random.key(0), IN_DIM)
    programs = {name: compiled(layer, which, params, xs) for name, layer in those.items()}
    times = timing.measure({name: call for name, (call, _) in programs.items()}, seconds=SECONDS, least=3)
    for name, found in times.items():
        ratio, median = timing.paired_ratio(found, times["scan"]), timing.spread(found)
        numbers = {"milliseconds": median, "over scan": ratio, "rounds": len(found)}
        yield {"steps": len(xs), "pass": which, "layer": name, "iterations": programs[name][1], **numbers}


def main(options: Options) -> None:
    """Race at each length and width while there is time; print and write what came."""
    console, began = tables.start(), time.monotonic()
    columns = ["iterations", "ms", "over scan", "rounds"]
    table = tables.table_of(["cell", "hidden", "steps", "pass", "layer"], columns)
    records: list[dict[str, Any]] = []
    left_out: list[str] = []
    slow: set[tuple[str, int, str, str]] = set()
    for length, hidden in itertools.product(options.lengths, options.hidden):
        xs = np.random.default_rng(0).normal(size=(length, options.batch, IN_DIM)).astype(np.float32)
        for (cell, every), which in itertools.product(layers(hidden, options.window).items(), PASSES):
            those = {name: layer for name, layer in every.items() if (cell, hidden, which, name) not in slow}
            for name in every.keys() - those.keys():
                left_out.append(f"too slow at fewer steps: {cell}, {hidden} units, {name}, {which}, {length} steps")
            if time.monotonic() - began > 60 * options.minutes:
                left_out.append(f"no time left: {cell}, {hidden} units, {which}, {length} steps")
                continue
            if those.keys() <= {"scan"}:
                continue
            for record in race(those, which, xs):
                ms, ratio = record["milliseconds"], record["over scan"]
                if record["layer"] != "scan" and ms.median > 1e3 * options.patience:
                    slow.add((cell, hidden, which, record["layer"]))
                count = "" if record["iterations"] is None else str(record["iterations"])
                names = cell, str(hidden), str(length), which, record["layer"]
                table.add_row(*names, count, f"{ms.median:.3g}", str(ratio), str(record["rounds"]))
                numbers = {"milliseconds": ms.as_dict(), "over scan": ratio.as_dict()}
                records.append({"cell": cell, "hidden": hidden, **record, **numbers})
    console.print(QUESTION, table, *left_out, sep="\n")
    sizes = {"batch": options.batch, "in_dim": IN_DIM, "window": options.window}
    timing.write_results(options.path("parallel"), records, question=QUESTION, sizes=sizes, left_out=left_out)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
