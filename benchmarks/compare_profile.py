"""Where does the time of a comparison go, and how much of it could a faster engine save at all?

python benchmarks/compare_profile.py [--replicates 2] [--trials 4] [--turns 1] [--out FILE]

`gatedrnn compare` in processes without and with GATEDRNN_NATIVE=1, which take turns; each divides its seconds among
what its threads do at each moment, evenly where several work at once. Of the share s that networks take, an engine of
r times their time leaves at least 1 - s (1 - r) of the whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import tables
import timing
import tyro
from options import Output

from gatedrnn.commands import compare as command
from gatedrnn.comparison import searched
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.settings import Settings
from gatedrnn.experiment.measure import Measure
from gatedrnn.layers.engines.native import SETTING
from gatedrnn.layers.engines.native_call import available
from gatedrnn.tasks import registry
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.population import Population

QUESTION = "Where does the time of a comparison go, and how much of it could a faster engine save at all?"
HERE = Path(__file__).parents[1]
NETWORKS = "training of networks"
STAGES = {
    "/jax/core/compile/jaxpr_trace_duration": "tracing",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "tracing",
    "/jax/core/compile/backend_compile_duration": "compiling",
}
"""What JAX tells of itself, and what it is called here."""


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """Where does the time of a comparison go, and how much of it could a faster engine save at all?"""

    replicates: int = 6
    trials: int = 8
    turns: int = 1
    """Pairs of processes; their order changes from pair to pair."""
    inside: Path | None = None
    """Be one of these processes: profile the comparison, and write the seconds of each part into this file."""


class Interval(NamedTuple):
    """What a thread did for a while."""

    start: float
    end: float
    part: str


class Profile:
    """What every thread did and when; of intervals within each other the one that began last says it."""

    def __init__(self) -> None:
        self.intervals: defaultdict[int, list[Interval]] = defaultdict(list)

    def add(self, start: float, end: float, part: str) -> None:
        """Note an interval of this thread."""
        self.intervals[threading.get_ident()].append(Interval(start, end, part))

    @contextlib.contextmanager
    def during(self, part: str) -> Iterator[None]:
        """Note what is done meanwhile as this part."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(start, time.perf_counter(), part)

    def timed(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        """Return a function whose calls are noted as this part."""

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.during(part):
                return function(*args, **kwargs)

        return call

    def watch(self) -> None:
        """Note what the doors between a comparison's rooms let through, and what JAX says of its compiler."""
        doors = [
            (searched, "sizes_and_times", "sizes and the time of a step"),
            (Population, "train", NETWORKS),
            (Checkpoints, "save", "checkpoints"),
            (Checkpoints, "restore", "checkpoints"),
            (Checkpoints, "close", "checkpoints"),
            (Measure, "selection", "scores"),
            (Measure, "scores", "scores"),
            (Search, "test", "scores"),
            (command, "write_report", "report"),
        ]
        for owner, name, part in doors:
            setattr(owner, name, self.timed(getattr(owner, name), part))

        def compiled(event: str, duration_secs: float, **_: Any) -> None:
            if event in STAGES:
                end = time.perf_counter()
                self.add(end - duration_secs, end, STAGES[event])

        jax.monitoring.register_event_duration_secs_listener(compiled)

    def seconds(self, start: float, end: float) -> dict[str, float]:
        """Return the seconds of each part from ``start`` to ``end``; their sum is all of them."""
        moments = {start, end}
        for intervals in self.intervals.values():
            moments |= {moment for one in intervals for moment in one[:2] if start <= moment <= end}
        ordered = sorted(moments)
        found: defaultdict[str, float] = defaultdict(float)
        by_thread = [_innermost(intervals, ordered) for intervals in self.intervals.values()]
        for i, length in enumerate(np.diff(ordered)):
            working = [parts[i] for parts in by_thread if parts[i]]
            for part in working or ["everything else"]:
                found[part] += length / max(1, len(working))
        return dict(found)


def _innermost(intervals: list[Interval], moments: list[float]) -> list[str]:
    """Return what a thread does from each moment to the next; "" is nothing that was noted."""
    parts = [""] * (len(moments) - 1)
    # Those that began last are written last.
    for one in sorted(intervals, key=lambda one: (one.start, -one.end)):
        first, last = np.searchsorted(moments, (one.start, one.end))
        parts[first:last] = [one.part] * (min(last, len(parts)) - first)
    return parts


def profile(options: Options, out: Path) -> None:
    """Compare with a profile of it, and write the seconds of each part."""
    seen = Profile()
    seen.watch()
    tasks = [registry.load(name) for name in Settings().task_names]
    tasks = [dataclasses.replace(task, baselines=seen.timed(task.baselines, "simple models")) for task in tasks]
    settings = Settings(tasks=tuple(tasks), replicates=options.replicates, trials=options.trials)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        command.compare(settings=settings, out=Path(folder) / "run")
    out.write_text(json.dumps(seen.seconds(start, time.perf_counter())), encoding="utf-8")


def measured(options: Options, native: bool) -> dict[str, float]:
    """Return the seconds of each part in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])}
    environment[SETTING] = "1" if native else "0"
    asked = ["--replicates", str(options.replicates), "--trials", str(options.trials)]
    with tempfile.TemporaryDirectory() as folder:
        out, started = Path(folder) / "seconds.json", time.perf_counter()
        run = [sys.executable, __file__, *asked, "--inside", str(out)]
        subprocess.run(run, cwd=HERE, env=environment, check=True, stdout=subprocess.DEVNULL)
        whole = time.perf_counter() - started
        found = json.loads(out.read_text(encoding="utf-8"))
    return {**found, "start and imports": whole - sum(found.values()), "all": whole}


def records_of(found: dict[bool, list[dict[str, float]]]) -> list[dict[str, Any]]:
    """Return the mean seconds of each part without and with the engine, the longest first."""
    parts = dict.fromkeys(part for each in found.values() for one in each for part in one)
    mean = {part: [float(np.mean([one.get(part, 0.0) for one in found[native]])) for native in found] for part in parts}
    ordered = sorted(parts, key=lambda part: -mean[part][0])
    return [{"part": part, "without": mean[part][0], "with": mean[part][1]} for part in ordered]


def main(options: Options) -> None:
    """Take turns; print and write where the time went."""
    if options.inside is not None:
        return profile(options, options.inside)
    if not available():
        raise SystemExit("gatedrnn-cpu is not installed: `make native`")
    console = tables.start()
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for turn in range(options.turns):
        for native in (bool(turn % 2), not turn % 2):
            found[native].append(measured(options, native))
    records = records_of(found)
    known = {record["part"]: record for record in records}
    whole, networks = known["all"]["without"], known[NETWORKS]
    table = tables.table_of(["part"], ["s without", "share", "s with", "with over without"])
    for one in records:
        ratio = f"{one['with'] / one['without']:.2f}" if one["without"] else "-"
        seconds = f"{one['without']:.2f}", f"{one['without'] / whole:.3f}", f"{one['with']:.2f}"
        table.add_row(one["part"], *seconds, ratio)
    share, ratio = networks["without"] / whole, networks["with"] / networks["without"]
    reachable = {"share of networks": share, "with over without": ratio, "least": 1 - share * (1 - ratio)}
    console.print(QUESTION, table, f"least that this leaves of the whole: {reachable['least']:.2f}", sep="\n")
    about = {"replicates": options.replicates, "trials": options.trials, "turns": options.turns}
    timing.write_results(options.path("compare_profile"), records, question=QUESTION, reachable=reachable, **about)
    return None


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
