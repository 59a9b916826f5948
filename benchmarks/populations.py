"""How fast are populations beside models trained in turn, and beside a process for each?

python benchmarks/populations.py [--cells LSTM] [--members 16] [--rounds 7] [--out FILE]

One step is Adam on 16 sequences, 64 steps of 16 features, 64 units; always the same sequences, so that no indexing is
timed. "In turn" calls a jitted step of plain autodiff (``engine="reference"``) for one model after the other, as one
writes it without this library.
"""

from __future__ import annotations

import dataclasses
import random
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
import optax
import tables
import timing
import tyro
from numpy.typing import NDArray
from options import Output
from shapes import CellName, Shape

import gatedrnn as gr
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.fixed_steps import FixedSteps
from gatedrnn.training.plan import Plan
from gatedrnn.training.population import Population

QUESTION = "How fast are populations beside models trained in turn, and beside a process for each?"
SHAPE = Shape(batch=16, length=64, in_dim=16, hidden=64)
SECONDS_BETWEEN_CHECKPOINTS = 30.0
PLANS = {
    "auto": Plan("auto"),
    "map, 1 device": Plan("map", population=1),
    "vmap, 1 device": Plan("vmap", population=1),
}


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """How fast are populations beside models trained in turn, and beside a process for each?"""

    cells: tuple[CellName, ...] = ("LSTM",)
    members: tuple[int, ...] = (1, 16, 64)
    """Models trained at once."""
    rounds: int = 6
    """Timed turns of each plan."""
    processes: int = 16
    """Processes to compare with, start-up included; 0 leaves that out, and the cost of segments."""
    steps: int = 500
    """Steps of each model in that comparison."""
    alone: bool = False
    """Train one model and leave: what each of these processes does."""


def run_of(cell: CellName, steps: int, segments: int = 1, engine: Any = "auto", shape: Shape = SHAPE) -> FixedSteps:
    """Return a run that makes the outputs of one recurrent layer small."""
    layer = gr.scan(getattr(gr, cell)(shape.hidden), engine=engine)

    def loss(params: Any, hyper: Any, batch: Any, key: Any) -> tuple[Any, int]:
        ys = layer.apply(params, batch)[1]
        return jnp.sum(ys**2), ys.size

    return FixedSteps(
        init_params=lambda hyper, key: layer.init(key, shape.in_dim),
        loss=loss,
        take=lambda data, indices: data,
        optimizer=optax.adam,
        examples=shape.batch,
        batch_size=shape.batch,
        steps=steps,
        segments=segments,
    )


def problem(members: int, shape: Shape = SHAPE) -> tuple[Any, Any, Any]:
    """Return learning rates, keys and data ``[T, B, I]``."""
    data = np.random.default_rng(0).normal(size=(shape.length, shape.batch, shape.in_dim)).astype(np.float32)
    return np.geomspace(1e-4, 1e-2, members, dtype=np.float32), jax.random.split(jax.random.key(0), members), data


def in_turn(cell: CellName, members: int, steps: int) -> Callable[[], float]:
    """Return a call that takes so many steps of each model, one model after the other, and says how long one took."""
    run = run_of(cell, steps=1, engine="reference")
    rates, keys, data = (jax.tree.map(jnp.asarray, x) for x in problem(members))
    states = [jax.jit(run.init)(rate, key, data) for rate, key in zip(rates, keys, strict=True)]
    step, rates = jax.jit(run.advance, donate_argnums=1), list(rates)

    def call() -> float:
        started = time.perf_counter()
        for _ in range(steps):
            for k in range(members):
                states[k], _ = step(rates[k], states[k], data)
        jax.block_until_ready(states)
        return 1e3 * (time.perf_counter() - started) / steps

    return call


def trained(cell: CellName, members: int, steps: int, plan: Plan, segments: int) -> Callable[..., float]:
    """Return a call that trains a population, and says how long a step took from the end of the first segment on."""
    population = Population(run_of(cell, steps, segments), plan)

    def call(**options: Any) -> float:
        ends: list[float] = []
        population.train(*problem(members), on_segment=lambda _: ends.append(time.perf_counter()), **options)
        return 1e3 * (ends[-1] - ends[0]) / (steps * max(1, segments - 1))

    return call


def race(calls: dict[str, Callable[[], float]], rounds: int) -> dict[str, NDArray[Any]]:
    """Return what calls say, ``[rounds]`` of each; a round gives each its turn, every time in another order."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    order, rng = list(calls), random.Random(0)
    for name in order:
        calls[name]()  # compiles
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            times[name].append(calls[name]())
    return {name: np.array(values) for name, values in times.items()}


def speed(cell: CellName, members: int, rounds: int) -> dict[str, Any]:
    """Race all plans against models in turn."""
    steps = max(8, 256 // members)
    calls = {name: trained(cell, members, steps, plan, segments=3) for name, plan in PLANS.items()}
    times = race({"in turn": in_turn(cell, members, steps), **calls}, rounds)
    return {
        "cell": cell,
        "members": members,
        "milliseconds of a step of all": {name: timing.spread(t).as_dict() for name, t in times.items()},
        "speed-up over in turn": {name: timing.paired_ratio(times["in turn"], times[name]).as_dict() for name in calls},
    }


def segment_cost(cell: CellName, members: int) -> dict[str, Any]:
    """Time segments of a third of a second, the same with a checkpoint after each, and segments four times as long."""
    steps = max(1, 400 // members)
    short = trained(cell, members, steps, PLANS["auto"], segments=5)
    long = trained(cell, members, 4 * steps, PLANS["auto"], segments=2)

    def saving() -> float:
        with tempfile.TemporaryDirectory() as folder, Checkpoints(folder) as store:
            return short(store=store)

    times = race({"long": long, "short": short, "saving": saving}, 6)
    segment = timing.spread((times["short"] - times["long"]) * steps * 4 / 3)
    checkpoint = timing.spread((times["saving"] - times["short"]) * steps)
    return {
        "cell": cell,
        "members": members,
        "a segment's steps ms": timing.spread(times["long"] * steps).as_dict(),
        "more for each segment ms": segment.as_dict(),
        "more for each checkpoint ms": checkpoint.as_dict(),
        "both as part of 30 s": (segment.median + checkpoint.median) / 1e3 / SECONDS_BETWEEN_CHECKPOINTS,
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
        trained(options.cells[0], options.members[0], options.steps, PLANS["auto"], segments=1)()
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
        for measured in (segment_cost(options.cells[0], options.processes), beside_processes(options)):
            console.print(measured, soft_wrap=True)
            records.append(measured)
    timing.write_results(options.path("populations"), records, question=QUESTION)


if __name__ == "__main__":
    main(tyro.cli(Options))
