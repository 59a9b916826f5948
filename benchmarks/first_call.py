"""How long does a first call take, trace and compile, beside flax.nnx?

python benchmarks/first_call.py [--shapes small] [--cells LSTM] [--rounds 7] [--out FILE]

Each time in a fresh ``jax.jit``, with the caches of traces and compiled programs emptied and none on disk.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import tables
import timing
import tyro
from contestants import Name, load
from contestants.contestant import Problem, problem
from options import Options as Common
from shapes import PASSES, SHAPES, Pass

QUESTION = "How long does a first call take, trace and compile, beside flax.nnx?"
BOTH: tuple[Name, ...] = ("ours", "nnx")


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """How long does a first call take, trace and compile, beside flax.nnx?"""

    rounds: int = 6  # the fewest with an interval of level 0.95


def seconds(name: Name, given: Problem, which: Pass) -> float:
    """Return seconds of trace and compile with nothing remembered."""
    jax.clear_caches()
    return load(name).program(given, which).first_call_s


def main(options: Options) -> None:
    """Compile both in turn; print and write what came."""
    jax.config.update("jax_enable_compilation_cache", False)
    console = tables.start()
    table = tables.table_of(["shape", "cell", "pass"], ["ours s", "nnx s", "ours / nnx"])
    records: list[dict[str, Any]] = []
    for name in BOTH:  # imports what is imported late
        seconds(name, problem("LSTM", SHAPES["vowels"]), "forward")
    for shape in options.shapes:
        for cell in options.cells:
            given = problem(cell, SHAPES[shape])
            for which in PASSES:
                times = {name: np.zeros(options.rounds) for name in BOTH}
                for i in range(options.rounds):
                    for name in BOTH if i % 2 else reversed(BOTH):
                        times[name][i] = seconds(name, given, which)
                ratio = timing.paired_ratio(times["ours"], times["nnx"])
                spreads = {name: timing.spread(times[name]) for name in BOTH}
                table.add_row(shape, cell, which, *(f"{spreads[name].median:.3f}" for name in BOTH), str(ratio))
                record = {"shape": shape, "cell": cell, "pass": which, "ours over nnx": ratio.as_dict()}
                records.append({**record, "seconds": {name: spreads[name].as_dict() for name in BOTH}})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("first_call"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options))
