"""Is a population faster with its members one after another, or at once?

python benchmarks/plans.py [--hidden 8 64] [--batch 1 16] [--devices 1] [--rounds 5] [--out FILE]

Training steps of Adam on sequences of 16 steps of 16 features, as in ``populations.py``: "map" trains members one after
another, "vmap" at once, on one device or on as many as there are cores. What ``plan="auto"`` chooses follows from it.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any, Literal

import jax
import numpy as np
import tables
import timing
import tyro
from options import Output
from populations import problem, race, run_of
from shapes import CellName, Shape

from gatedrnn.training.plan import Plan
from gatedrnn.training.population import Population

QUESTION = "Is a population faster with its members one after another, or at once?"
PLANS: tuple[Literal["map", "vmap"], ...] = ("map", "vmap")


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """Is a population faster with its members one after another, or at once?"""

    cell: CellName = "LSTM"
    hidden: tuple[int, ...] = (8, 32, 64, 128, 256)
    batch: tuple[int, ...] = (1, 16, 64)
    members: int = 16
    devices: tuple[int, ...] = (1, 2)
    """On how many devices."""
    rounds: int = 5
    """Timed turns of each plan."""


def segment_of(population: Population, members: int, shape: Shape, steps: int) -> Callable[[], float]:
    """Return a call that trains for two segments, and says how many milliseconds a step of all took in the second."""

    def call() -> float:
        ends: list[float] = []
        population.train(*problem(members, shape), on_segment=lambda _: ends.append(time.perf_counter()))
        return 1e3 * (ends[1] - ends[0]) / steps

    return call


def compared(options: Options, shape: Shape) -> list[dict[str, Any]]:
    """Race both plans on each number of devices."""
    products = 6 * shape.length * shape.batch * (shape.in_dim + shape.hidden) * 4 * shape.hidden * options.members
    steps = int(np.clip(4e9 / products, 2, 64))
    run = run_of(options.cell, steps, segments=2, shape=shape)
    calls = {
        f"{plan} {devices}": segment_of(Population(run, Plan(plan, population=devices)), options.members, shape, steps)
        for devices in options.devices
        for plan in PLANS
    }
    times = race(calls, options.rounds)
    about = {"cell": options.cell, "members": options.members, **shape._asdict(), "steps": steps}
    return [
        {
            **about,
            "devices": devices,
            "milliseconds of a step of all": {
                plan: timing.spread(times[f"{plan} {devices}"]).as_dict() for plan in PLANS
            },
            "vmap over map": timing.paired_ratio(times[f"vmap {devices}"], times[f"map {devices}"]).as_dict(),
        }
        for devices in options.devices
    ]


def main(options: Options) -> None:
    """Measure; print and write what came."""
    jax.config.update("jax_num_cpu_devices", max(options.devices))
    console = tables.start()
    headings = [f"{what} on {n}" for n in options.devices for what in ("map, ms", "vmap / map")]
    table = tables.table_of(["H", "B"], headings)
    records: list[dict[str, Any]] = []
    for hidden in options.hidden:
        for batch in options.batch:
            found = compared(options, Shape(batch, 16, 16, hidden))
            cells = [
                text
                for record in found
                for text in (
                    f"{record['milliseconds of a step of all']['map']['median']:.3g}",
                    str(timing.Spread(**record["vmap over map"])),
                )
            ]
            table.add_row(str(hidden), str(batch), *cells)
            records += found
    console.print(
        "Time of members at once over one after another, median [95 % interval from 6 rounds on]", table, sep="\n"
    )
    timing.write_results(options.path("plans"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options))
