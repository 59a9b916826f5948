"""Does a batch that is split over devices of a CPU take less time than XLA's threads on one device?

python benchmarks/cores.py [--shapes small mid] [--cells LSTM] [--rounds 15] [--out FILE]

One process with a device for each core. "ours" is ``gr.data_parallel``, its inputs on their devices beforehand; "one
device" is the layer as it is, on the first device, with as many threads as in a process that has but one; "unplaced" is
ours with inputs on the first device, which each call has to spread.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import race
import tables
import timing
import tyro
from contestants import load, ours
from contestants.contestant import Contestant, Problem, Program, jax_program, problem
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from options import Options as Common
from shapes import Pass, ShapeName

import gatedrnn as gr

QUESTION = "Does a batch that is split over devices of a CPU take less time than threads on one device?"
WHOLE, SECOND = PartitionSpec(), PartitionSpec(None, "batch")


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """Does a batch that is split over devices of a CPU take less time than XLA's threads on one device?"""

    shapes: tuple[ShapeName, ...] = ("vowels", "rl_tiny", "small", "longT", "mid", "big", "ptb")
    seconds: float = 12.0
    """For the rounds of one pass of one cell at one shape, where ``rounds`` is None."""


def placed(given: Problem, mesh: Mesh) -> tuple[Any, Any]:
    """Return parameters, on every device, and inputs, on each its part."""
    params = jax.device_put(given.params, NamedSharding(mesh, WHOLE))
    return params, jax.device_put(given.xs, NamedSharding(mesh, SECOND))


def all_devices() -> Mesh:
    """Return the mesh that ``gr.data_parallel`` splits over."""
    return Mesh(np.array(jax.devices()), ("batch",))


def split(given: Problem, which: Pass) -> Program:
    """Compile a pass of ``gr.data_parallel``."""
    layer = gr.data_parallel(gr.scan(given.built))
    params, xs = placed(given, all_devices())
    return jax_program(which, lambda params, xs: layer.apply(params, xs)[1], params, xs)


def unplaced(given: Problem, which: Pass) -> Program:
    """Compile the same, for inputs on one device."""
    return ours.layer_program(gr.data_parallel(gr.scan(given.built)), given, which)


OURS = Contestant("ours", split)
CONTESTANTS = (
    OURS,
    Contestant("one device", ours.program),
    Contestant("unplaced", unplaced),
    load("pytorch"),
)


def main(options: Options) -> None:
    """Run the races, print the tables, write the records."""
    console = tables.start()
    field = race.Field(CONTESTANTS, OURS, problem)
    schedule = race.Schedule(options.cells, options.shapes, options.rounds, options.seconds)
    records, absent = race.run_all(schedule, field, console.print)
    tables.show(console, records, absent, [c.name for c in CONTESTANTS[1:]])
    timing.write_results(options.path("cores"), records, question=QUESTION, devices=len(jax.devices()), absent=absent)


if __name__ == "__main__":
    asked = tyro.cli(Options)
    jax.config.update("jax_num_cpu_devices", timing.cores())  # before JAX starts, which is in `main`
    main(asked)
