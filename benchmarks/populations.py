"""How fast are populations beside models trained in turn, and beside a process for each?

python benchmarks/populations.py [--cells LSTM] [--members 16] [--rounds 9] [--out FILE]

One step is Adam on a batch of 16 sequences, 64 steps of 16 features, 64 units. "In turn" calls a jitted step of plain
autodiff (``engine="reference"``) for one model after the other, as one writes it without this library.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tables
import timing
import tyro
from options import Output
from shapes import CellName, Shape

import gatedrnn as gr
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.fixed_steps import FixedSteps
from gatedrnn.training.plan import Plan
from gatedrnn.training.population import Population
from gatedrnn.training.step import adam

QUESTION = "How fast are populations beside models trained in turn, and beside a process for each?"
SHAPE, EXAMPLES = Shape(batch=16, length=64, in_dim=16, hidden=64), 256
SECONDS_BETWEEN_CHECKPOINTS = 30.0
PLANS = {
    "auto": Plan("map"),
    "map, 1 device": Plan("map", population=1),
    "vmap, 1 device": Plan("vmap", population=1),
    "vmap, all devices": Plan("vmap"),
}


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """How fast are populations beside models trained in turn, and beside a process for each?"""

    cells: tuple[CellName, ...] = ("LSTM",)
    members: tuple[int, ...] = (1, 16, 64)
    """Models trained at once."""
    rounds: int | None = None
    """Timed turns of each plan; None is as many as fit into eight seconds, between 9 and 40."""
    processes: int = 16
    """Processes to compare with, start-up included; 0 leaves that out, and the cost of checkpoints."""
    steps: int = 1000
    """Steps of each model in that comparison."""
    alone: bool = False
    """Train one model and leave: what each of these processes does."""


def run_of(cell: CellName, steps: int, segments: int = 1, engine: Any = "auto") -> FixedSteps:
    """Return a regression of the last feature on the sequence, by one recurrent layer."""
    layer = gr.scan(getattr(gr, cell)(SHAPE.hidden), engine=engine)

    def loss(params: Any, hyper: Any, batch: Any, key: Any) -> tuple[Any, int]:
        ys = layer.apply(params, batch)[1]
        return jnp.sum(ys**2), ys.size

    return FixedSteps(
        init_params=lambda hyper, key: layer.init(key, SHAPE.in_dim),
        loss=loss,
        take=lambda data, indices: jnp.take(data, indices, axis=1),
        optimizer=lambda rate: adam(rate, 1.0),
        examples=EXAMPLES,
        batch_size=SHAPE.batch,
        steps=steps,
        segments=segments,
    )


def problem(members: int) -> tuple[Any, Any, Any]:
    """Return learning rates, keys and data ``[T, N, I]``."""
    data = np.random.default_rng(0).normal(size=(SHAPE.length, EXAMPLES, SHAPE.in_dim)).astype(np.float32)
    return np.geomspace(1e-4, 1e-2, members, dtype=np.float32), jax.random.split(jax.random.key(0), members), data


def in_turn(cell: CellName, members: int, steps: int) -> Callable[[], Any]:
    """Return a call that takes so many steps of each model, one model after the other in each step."""
    run = run_of(cell, steps=1, engine="reference")
    rates, keys, data = (jax.tree.map(jnp.asarray, x) for x in problem(members))
    states = [jax.jit(run.init)(rate, key, data) for rate, key in zip(rates, keys, strict=True)]
    step, rates = jax.jit(run.advance, donate_argnums=1), list(rates)

    def call() -> Any:
        for _ in range(steps):
            for k in range(members):
                states[k], _ = step(rates[k], states[k], data)
        return jax.block_until_ready(states)

    return call


def trained(cell: CellName, members: int, steps: int, plan: Plan, segments: int = 1) -> Callable[..., Any]:
    """Return a call that trains a population, first steps and last results included."""
    population = Population(run_of(cell, steps, segments), plan)
    return lambda **options: jax.block_until_ready(population.train(*problem(members), **options).states)


def speed(cell: CellName, members: int, rounds: int | None) -> dict[str, Any]:
    """Race all plans against models in turn."""
    steps = max(2, 160 // members)
    calls = {name: trained(cell, members, steps, plan) for name, plan in PLANS.items()}
    times = timing.measure({"in turn": in_turn(cell, members, steps), **calls}, rounds, seconds=8.0)
    return {
        "cell": cell,
        "members": members,
        "milliseconds of a step of all": {name: timing.spread(t / steps).as_dict() for name, t in times.items()},
        "speed-up over in turn": {name: timing.paired_ratio(times["in turn"], times[name]).as_dict() for name in calls},
    }


def checkpoint_cost(cell: CellName, members: int) -> dict[str, Any]:
    """Time segments of about half a second with a checkpoint after each, and without."""
    segments = 5
    train = trained(cell, members, steps=max(1, 800 // members), plan=PLANS["auto"], segments=segments)

    def saving() -> None:
        with tempfile.TemporaryDirectory() as folder, Checkpoints(folder) as store:
            train(store=store)

    times = timing.measure({"without": train, "with": saving}, 6)
    each = timing.spread((times["with"] - times["without"]) / segments)
    return {
        "cell": cell,
        "members": members,
        "segment ms": timing.spread(times["without"] / segments).as_dict(),
        "a checkpoint ms": each.as_dict(),
        "part of 30 s": each.median / 1e3 / SECONDS_BETWEEN_CHECKPOINTS,
    }


def beside_processes(options: Options) -> dict[str, Any]:
    """Time a process with all models, and one for each, as many at a time as there are cores; from start to end."""
    script = [sys.executable, __file__, "--alone", "--cells", options.cells[0], "--steps", str(options.steps)]

    def start(members: int) -> None:
        subprocess.run([*script, "--members", str(members)], check=True)

    started = time.perf_counter()
    start(options.processes)
    together = time.perf_counter() - started
    with ThreadPoolExecutor(timing.cores()) as pool:
        list(pool.map(start, [1] * options.processes))
    apart = time.perf_counter() - started - together
    about = {"cell": options.cells[0], "members": options.processes, "steps": options.steps}
    return {**about, "one process s": round(together, 2), "a process for each s": round(apart, 2)}


def main(options: Options) -> None:
    """Measure; print and write what came."""
    jax.config.update("jax_num_cpu_devices", timing.cores() if max(options.members) > 1 else 1)
    if options.alone:
        trained(options.cells[0], options.members[0], options.steps, PLANS["auto"])()
        return
    console = tables.start()
    table = tables.table_of(["cell", "K", "in turn: ms"], [*PLANS])
    records: list[dict[str, Any]] = []
    for cell in options.cells:
        for members in options.members:
            found = speed(cell, members, options.rounds)
            ratios = [str(timing.Spread(**found["speed-up over in turn"][name])) for name in PLANS]
            milliseconds = found["milliseconds of a step of all"]["in turn"]["median"]
            table.add_row(cell, str(members), f"{milliseconds:.3g}", *ratios)
            records.append(found)
    console.print("Speed-up over models in turn, median [95 % interval]", table, sep="\n")
    if options.processes:
        for measured in (checkpoint_cost(options.cells[0], options.processes), beside_processes(options)):
            console.print(measured, soft_wrap=True)
            records.append(measured)
    timing.write_results(options.path("populations"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options))
