"""Is a linear recurrence faster in parallel over time than step by step?

python benchmarks/associative.py [--lengths 256 2048] [--rounds 20] [--out FILE]
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

QUESTION = "Is a linear recurrence (MinGRU) faster in parallel over time than step by step?"
ENGINES = ("fast", "associative")
BATCH, IN_DIM, HIDDEN = 16, 64, 128


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What to measure, and how often."""

    lengths: tuple[int, ...] = (256, 2048)
    rounds: int | None = None
    """Timed turns of each program; None is as many as fit into five seconds, between 9 and 40."""


def main(options: Options) -> None:
    """Time both engines in turn at each length; print and write what came."""
    console = tables.start()
    table = tables.table_of(["steps", "pass"], ["fast ms", "associative ms", "associative / fast"])
    records: list[dict[str, Any]] = []
    for length in options.lengths:
        xs = np.random.default_rng(0).normal(size=(length, BATCH, IN_DIM)).astype(np.float32)
        params = gr.MinGRU(HIDDEN).init(jax.random.key(0), IN_DIM)
        for which in PASSES:
            calls = {}
            for engine in ENGINES:
                layer = gr.scan(gr.MinGRU(HIDDEN), engine=engine)
                apply = lambda p, xs, layer=layer: layer.apply(p, xs)[1]  # noqa: E731
                calls[engine] = jax_program(which, apply, params, xs).call
            times = timing.measure(calls, options.rounds, seconds=5.0)
            ratio = timing.paired_ratio(times["associative"], times["fast"])
            medians = {engine: timing.spread(times[engine]) for engine in ENGINES}
            table.add_row(str(length), which, *(f"{medians[e].median:.3g}" for e in ENGINES), str(ratio))
            milliseconds = {engine: medians[engine].as_dict() for engine in ENGINES}
            record = {"steps": length, "pass": which, "milliseconds": milliseconds}
            records.append({**record, "associative over fast": ratio.as_dict()})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("associative"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
