"""How long does a first call take, trace and compile, beside flax.nnx and by the native engine?

python benchmarks/first_call.py [--shapes small] [--cells LSTM] [--rounds 7] [--out FILE]

Each time in a fresh ``jax.jit``, with the caches of traces and compiled programs emptied and none on disk. The native
engine takes part where gatedrnn-cpu is installed (``make native``).
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

from gatedrnn.layers.engines.native_call import available

QUESTION = "How long does a first call take, trace and compile, beside flax.nnx and by the native engine?"
RATIOS: tuple[tuple[Name, Name], ...] = (("ours", "nnx"), ("native", "ours"), ("native", "nnx"))


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """How long does a first call take, trace and compile, beside flax.nnx and by the native engine?"""

    rounds: int = 6  # the fewest with an interval of level 0.95


def seconds(name: Name, given: Problem, which: Pass) -> float:
    """Return seconds of trace and compile with nothing remembered."""
    jax.clear_caches()
    return load(name).program(given, which).first_call_s


def measured(names: tuple[Name, ...], given: Problem, which: Pass, rounds: int) -> dict[str, Any]:
    """Return how long each of them took, and what one took over another, in interleaved rounds."""
    times = {name: np.zeros(rounds) for name in names}
    for i in range(rounds):
        for name in names if i % 2 else reversed(names):
            times[name][i] = seconds(name, given, which)
    ratios = {
        f"{one} over {other}": timing.paired_ratio(times[one], times[other]).as_dict()
        for one, other in RATIOS
        if one in times and other in times
    }
    return {**ratios, "seconds": {name: timing.spread(times[name]).as_dict() for name in names}}


def main(options: Options) -> None:
    """Compile all of them in turn; print and write what came."""
    jax.config.update("jax_enable_compilation_cache", False)
    console = tables.start()
    names: tuple[Name, ...] = ("ours", "nnx", *(("native",) if available() else ()))
    over = [f"{one} over {other}" for one, other in RATIOS if {one, other} <= set(names)]
    table = tables.table_of(["shape", "cell", "pass"], [*(f"{name} s" for name in names), *over])
    records: list[dict[str, Any]] = []
    for name in names:  # imports what is imported late
        seconds(name, problem("LSTM", SHAPES["vowels"]), "forward")
    for shape in options.shapes:
        for cell in options.cells:
            given = problem(cell, SHAPES[shape])
            for which in PASSES:
                found = measured(names, given, which, options.rounds)
                taken = (f"{found['seconds'][name]['median']:.3f}" for name in names)
                table.add_row(shape, cell, which, *taken, *(str(timing.Spread(**found[ratio])) for ratio in over))
                records.append({"shape": shape, "cell": cell, "pass": which, **found})
    console.print(QUESTION, table, sep="\n")
    timing.write_results(options.path("first_call"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options))
