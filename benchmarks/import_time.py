"""What do the cells and layers of gatedrnn cost beside ``import jax``, when they are first used?

python benchmarks/import_time.py [--processes 15] [--out FILE]
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import numpy as np
import tables
import timing
import tyro
from options import Output

QUESTION = "What do cells and layers cost at first use, beside import jax?"
CODE = """
import json, time
start = time.perf_counter()
import jax
middle = time.perf_counter()
import gatedrnn as gr
gr.chain(gr.bidirectional(gr.GRU(8)), gr.dropout(0.1), gr.scan(gr.LSTM(8)), gr.dense(1))
print(json.dumps([1e3 * (middle - start), 1e3 * (time.perf_counter() - middle)]))
"""


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What do cells and layers cost at first use, beside import jax?"""

    processes: int = 15
    """Processes, each of which imports both one after the other; one more before them warms the file system."""


def main(options: Options) -> None:
    """Import in fresh processes; print and write what came."""
    console = tables.start()
    pairs = [_imported() for _ in range(options.processes + 1)][1:]
    jax, ours = (timing.spread(np.array(column)) for column in zip(*pairs, strict=True))
    both = timing.spread(np.array([(a + b) / a for a, b in pairs]))
    table = tables.table_of(["import"], ["ms"])
    for name, spread in (("jax", jax), ("gatedrnn after it", ours)):
        table.add_row(name, str(spread))
    console.print(QUESTION, table, f"both over jax alone: {both}", sep="\n")
    record = {"jax_ms": jax.as_dict(), "gatedrnn_ms": ours.as_dict(), "ratio": both.as_dict()}
    timing.write_results(options.path("import_time"), [record], question=QUESTION)


def _imported() -> tuple[float, float]:
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    jax, ours = json.loads(run.stdout)
    return jax, ours


if __name__ == "__main__":
    main(tyro.cli(Options))
