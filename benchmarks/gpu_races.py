"""How the parts of benchmarks/gpu.py run: programs of one size are compiled on all cores, then timed in turn."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
import timing
from contestants.contestant import Problem, Program, problem
from gpu_entries import PYTORCH, SIZES, Entry, Precision, Record
from numpy.typing import NDArray
from shapes import CellName, Pass

TOLERANCE: dict[Precision, float] = {"float32": 1e-3, "tf32": 3e-2, "bfloat16": 2e-1}
"""Of the largest entry, from what ours computes in float32; exchanged gates differ by about 1."""
BATCH_MS = 8.0
"""Of calls that are started one after another before the last is waited for."""


class Outcome(NamedTuple):
    """What a part found; it grows while the part runs."""

    records: list[Record]
    absent: dict[str, str]
    """Programs that were not timed, and why."""
    skipped: list[str]
    """What there was no time for."""

    def skip(self, name: str) -> None:
        """Note what there is no time for."""
        self.skipped.append(name)
        print(f"skipped for lack of time: {name}", flush=True)


def run_part(
    sizes: Iterable[str], entries: list[Entry], rounds: int, seconds: float, save: Callable[[Outcome], None]
) -> None:
    """Measure ``entries`` at each size, as long as ``seconds`` last; ``save`` what stands after each size."""
    outcome, started, longest = Outcome([], {}, []), time.monotonic(), 0.0
    problems = draw_problems(sizes, dict.fromkeys(entry.cell for entry in entries))
    for size in sizes:
        began = time.monotonic()
        if began - started + longest > seconds:
            outcome.skip(size)
            continue
        running = compile_all(size, entries, problems, outcome.absent)
        compiled = time.monotonic()
        for race, mine in races(running):
            if time.monotonic() - started > seconds:
                outcome.skip(f"{size} {' '.join(race)}")
                continue
            records = run_race(size, mine, rounds)
            outcome.records.extend(records)
            print(line(f"{size} {' '.join(race)}", records), flush=True)
        ended = time.monotonic()
        longest = max(longest, ended - began)
        print(
            f"{size}: {len(running)} programs compiled in {compiled - began:.1f} s, timed in {ended - compiled:.1f} s"
        )
        save(outcome)
    save(outcome)
    reasons = Counter(f"{name.split(': ')[1]}: {why}" for name, why in outcome.absent.items())
    for reason, times in reasons.items():
        print(f"absent, {times} times: {reason}", flush=True)


def draw_problems(sizes: Iterable[str], cells: Iterable[CellName]) -> dict[tuple[str, CellName], Problem]:
    """Return the problems of all sizes, drawn on the CPU, where small programs compile faster."""

    def draw(key: tuple[str, CellName]) -> Problem:
        with jax.default_device(jax.devices("cpu")[0]):
            return problem(key[1], SIZES[key[0]])

    keys: list[tuple[str, CellName]] = [(size, cell) for size in sizes for cell in cells]
    with ThreadPoolExecutor(timing.cores()) as pool:
        return dict(zip(keys, pool.map(draw, keys), strict=True))


def compile_all(
    size: str, entries: list[Entry], problems: dict[tuple[str, CellName], Problem], absent: dict[str, str]
) -> dict[Entry, Program]:
    """Return the programs that compute what the first of their cell and pass computes, compiled on all cores."""

    def build(entry: Entry) -> Program | Exception:
        try:
            return entry.build(problems[size, entry.cell], entry.which)
        except Exception as error:  # a peer that refuses is a result, and must not end the others' run
            return error

    compiled = [entry for entry in entries if entry.contestant != PYTORCH]
    with ThreadPoolExecutor(timing.cores()) as pool:
        built = dict(zip(compiled, pool.map(build, compiled), strict=True))
    # What runs on the GPU while XLA tries its kernels there would mislead it.
    built |= {entry: build(entry) for entry in entries if entry.contestant == PYTORCH}
    expected: dict[tuple[CellName, Pass], NDArray[Any]] = {}
    programs = {}
    for entry, program in built.items():
        try:
            if isinstance(program, Exception):
                raise program
            check(entry, program, expected)
            programs[entry] = program
        except Exception as error:
            absent[entry.name(size)] = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"
    return programs


def check(entry: Entry, program: Program, expected: dict[tuple[CellName, Pass], NDArray[Any]]) -> None:
    """Raise ``ValueError`` where a program computes something else than the first of its cell and pass did."""
    assert program.read is not None
    found = program.read(program.call()).astype(np.float32)
    first = expected.setdefault((entry.cell, entry.which), found)
    error = float(np.abs(found - first).max() / np.abs(first).max())
    if not error < TOLERANCE[entry.precision]:
        raise ValueError(f"expected ours within {TOLERANCE[entry.precision]}, got a relative difference of {error:.1e}")


def races(programs: dict[Entry, Program]) -> Iterator[tuple[tuple[str, ...], dict[Entry, Program]]]:
    """Yield the programs that are timed in turn."""
    for race in dict.fromkeys(entry.race for entry in programs):
        yield race, {entry: program for entry, program in programs.items() if entry.race == race}


def run_race(size: str, programs: dict[Entry, Program], rounds: int) -> list[Record]:
    """Time the programs in turn; return a record of each."""
    batches = {entry: calls_in_a_row(program) for entry, program in programs.items()}
    calls = {entry.contestant: partial(in_a_row, programs[entry], n) for entry, n in batches.items()}
    times = timing.measure(calls, rounds)
    baseline = times[next(iter(programs)).contestant] / next(iter(batches.values()))
    return [record(size, entry, programs[entry], times[entry.contestant] / n, baseline) for entry, n in batches.items()]


def record(size: str, entry: Entry, program: Program, milliseconds: NDArray[Any], baseline: NDArray[Any]) -> Record:
    """Return what is written down of one program."""
    return {
        "shape": size,
        "sizes": SIZES[size]._asdict(),
        "cell": entry.cell,
        "pass": entry.which,
        "precision": entry.precision,
        "contestant": entry.contestant,
        "milliseconds": timing.spread(milliseconds).as_dict(),
        "over the first": timing.paired_ratio(milliseconds, baseline).as_dict(),
        "temporary_bytes": program.temporary_bytes,
        "times_ms": timing.rounded(milliseconds),
    }


def in_a_row(program: Program, n: int) -> None:
    """Start ``n`` calls and wait for the last, as a training loop does."""
    for _ in range(n - 1):
        (program.start or program.call)()
    program.call()


def calls_in_a_row(program: Program) -> int:
    """Return how many calls take ``BATCH_MS``."""
    program.call()
    return int(np.clip(BATCH_MS / timing.milliseconds(program.call), 1, 50))


def line(name: str, records: list[Record]) -> str:
    """Return a race on one line, the fastest first."""
    ordered = sorted(records, key=lambda record: record["milliseconds"]["median"])
    return f"{name}: " + " | ".join(f"{r['contestant']} {r['milliseconds']['median']:.3g}" for r in ordered)
