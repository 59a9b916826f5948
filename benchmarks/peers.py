"""How fast is a forward pass and a training step beside every peer?

python benchmarks/peers.py [--shapes small mid] [--cells LSTM] [--contestants ours nnx] [--rounds 15] [--out FILE]

One layer, float32, the same weights and inputs for all; outputs and input gradients are compared before anything is
timed. A run without options writes benchmarks/results/peers-<device>.json, any other only what --out names.
"""

from __future__ import annotations

import dataclasses

import race
import tables
import timing
import tyro
from contestants import NAMES, Name, load
from contestants.contestant import problem
from options import Options as Common

QUESTION = "How fast is a forward pass and a training step beside every peer?"


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """How fast is a forward pass and a training step beside every peer?"""

    contestants: tuple[Name, ...] = NAMES
    seconds: float = 12.0
    """For the rounds of one pass of one cell at one shape, where ``rounds`` is None."""


def main(options: Options) -> None:
    """Run the races, print the tables, write the records."""
    console = tables.start()
    field = race.Field([load(name) for name in options.contestants], load("ours"), problem)
    schedule = race.Schedule(options.cells, options.shapes, options.rounds, options.seconds)
    records, absent = race.run_all(schedule, field, console.print)
    others = [name for name in ("nnx", "pytorch", "onnxruntime", "floor") if name in options.contestants]
    tables.show(console, records, absent, others)
    timing.write_results(options.path("peers"), records, question=QUESTION, absent=absent)


if __name__ == "__main__":
    main(tyro.cli(Options))
