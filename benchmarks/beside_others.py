"""How much slower does each engine get beside other busy programs, and is the native one still the faster?

python benchmarks/beside_others.py [--shapes small mid b1_long] [--cells LSTM] [--busy 2] [--turns 7] [--out FILE]

Turns with and without ``busy`` processes that do nothing but count take turns themselves; in each, contestants are
timed in interleaved rounds. Whoever holds a barrier or spins while it waits gets much slower than the others do.
"""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import race
import tables
import timing
import tyro
from contestants import Name, load
from contestants.contestant import problem
from numpy.typing import NDArray
from options import Options as Common
from shapes import PASSES, SHAPES, CellName, ShapeName

QUESTION = "How much slower does each engine get beside other busy programs, and is the native one still the faster?"
BUSY = "while True: pass"


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """How much slower does each engine get beside other busy programs, and is the native one still the faster?"""

    shapes: tuple[ShapeName, ...] = ("rl_tiny", "small", "mid", "b1_long")
    rounds: int = 3
    """Timed turns of each program in each turn."""
    contestants: tuple[Name, ...] = ("ours", "native", "pytorch")
    busy: int = 2
    """Processes beside it, one for each core or more."""
    turns: int = 7
    """Turns with busy processes, and as many without."""


@contextlib.contextmanager
def beside(processes: int) -> Iterator[None]:
    """Keep so many processes busy meanwhile."""
    running = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


def by_turn(calls: dict[str, timing.Call], options: Options) -> dict[bool, dict[str, NDArray[Any]]]:
    """Return milliseconds ``[turns, rounds]`` of each call, beside busy processes and not."""
    times: dict[bool, dict[str, list[NDArray[Any]]]] = {busy: {name: [] for name in calls} for busy in (False, True)}
    for turn in range(options.turns):
        for busy in (bool(turn % 2), not turn % 2):
            with beside(options.busy if busy else 0):
                measured = timing.measure(calls, options.rounds, seed=turn)
            for name, values in measured.items():
                times[busy][name].append(values)
    return {busy: {name: np.array(values) for name, values in each.items()} for busy, each in times.items()}


def records_of(times: dict[bool, dict[str, NDArray[Any]]]) -> list[dict[str, Any]]:
    """Return for each contestant its time both ways, how much slower it got, and native's time over its own."""
    records = []
    for name, busy in times[True].items():
        alone = times[False][name]
        slower = timing.paired_ratio(np.median(busy, axis=1), np.median(alone, axis=1))
        record = {"contestant": name, "slower": slower.as_dict()}
        for label, at in (("alone", times[False]), ("beside", times[True])):
            record[f"milliseconds {label}"] = timing.spread(at[name].ravel()).as_dict()
            if "native" in at:
                over = timing.paired_ratio(at["native"].ravel(), at[name].ravel())
                record[f"native over it {label}"] = over.as_dict()
        records.append(record)
    return records


def measured(cell: CellName, shape: ShapeName, options: Options) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the records of both passes of a cell at a shape, and who was absent, and why."""
    field = race.Field([load(name) for name in options.contestants], load("ours"), problem)
    records: list[dict[str, Any]] = []
    absent: dict[str, str] = {}
    for which in PASSES:
        entered = race.enter(cell, SHAPES[shape], which, field)
        absent |= entered.absent
        times = by_turn({name: entry.program.call for name, entry in entered.entries.items()}, options)
        about = {"cell": cell, "shape": shape, "pass": which, "busy": options.busy}
        records += [{**about, **record} for record in records_of(times)]
    return records, absent


def main(options: Options) -> None:
    """Measure; print and write what came."""
    console = tables.start()
    heads = ["ms alone", "ms beside", "slower by", "native over it, alone", "native over it, beside"]
    table = tables.table_of(["cell", "shape", "pass", "contestant"], heads)
    records: list[dict[str, Any]] = []
    absent: dict[str, str] = {}
    for cell in options.cells:
        for shape in options.shapes:
            found, missing = measured(cell, shape, options)
            records += found
            absent |= missing
            for one in found:
                names = ("milliseconds alone", "milliseconds beside", "slower")
                names += ("native over it alone", "native over it beside")
                cells = [str(timing.Spread(**one[name])) if name in one else "-" for name in names]
                table.add_row(cell, shape, one["pass"], one["contestant"], *cells)
    console.print(QUESTION, table, *(f"absent: {name}: {why}" for name, why in absent.items()), sep="\n")
    timing.write_results(options.path("beside_others"), records, question=QUESTION, absent=absent)


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
