"""One pass of one cell at one shape: every contestant is compared with ours, then all are timed in turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import timing
from contestants import JAX_PEERS, load
from contestants.contestant import Contestant, Program, Reset, check, problem
from numpy.typing import NDArray
from shapes import CellName, Pass, Shape

Record = dict[str, Any]
OURS = ("ours", "ours_reset_before")


class Entry(NamedTuple):
    """A contestant's program that computes what ours computes."""

    contestant: Contestant
    program: Program
    difference: float | None
    """Largest difference from ours, relative to its largest entry; None where there is nothing to compare."""


class Race(NamedTuple):
    """What is timed together."""

    cell: CellName
    shape: Shape
    which: Pass
    entries: dict[str, Entry]
    absent: dict[str, str]
    """Who does not take part, and why."""


def enter(cell: CellName, shape: Shape, which: Pass, contestants: Iterable[Contestant]) -> Race:
    """Compile a pass of each contestant, and keep out whoever computes something else or is not installed."""
    resets: tuple[Reset, ...] = ("after", "before")
    problems = {reset: problem(cell, shape, reset) for reset in resets}
    expected: dict[str, NDArray[Any]] = {}
    entries: dict[str, Entry] = {}
    absent: dict[str, str] = {}
    for contestant in contestants:
        name, reset = contestant.name, contestant.reset if cell == "GRU" else "after"
        if cell not in contestant.cells:
            continue
        if which not in contestant.passes:
            absent[name] = f"has no {which} pass"
            continue
        try:
            program = contestant.program(problems[reset], which)
        except ImportError as error:
            absent[name] = f"not installed: {error}"
            continue
        if reset not in expected:
            ours = program if name in OURS else load("ours").program(problems[reset], which)
            assert ours.read is not None
            expected[reset] = ours.read(ours.call())
        try:
            entries[name] = Entry(contestant, program, check(contestant.label(cell), program, expected[reset]))
        except ValueError as error:
            absent[name] = f"computes something else: {error}"
    return Race(cell, shape, which, entries, absent)


def run(race: Race, rounds: int | None, seconds: float) -> list[Record]:
    """Time the race's programs; return a record of each.

    ``rounds`` None is as many as fit into ``seconds``. ``over nnx`` is this contestant's time divided by nnx's,
    ``ours over`` is that of ours with the same equations divided by this contestant's. Both are medians of ratios
    within the rounds, not ratios of medians.
    """
    calls = {name: entry.program.call for name, entry in race.entries.items()}
    times = timing.measure(calls, rounds, seconds=seconds)
    records = []
    for name, entry in race.entries.items():
        mine, same = times[name], same_equations(entry.contestant, race.cell)
        records.append(
            {
                "cell": race.cell,
                "pass": race.which,
                "sizes": race.shape._asdict(),
                "contestant": name,
                "label": entry.contestant.label(race.cell),
                "same equations": same,
                "milliseconds": timing.spread(mine).as_dict(),
                "over nnx": _ratio(mine, times.get("nnx")),
                "ours over": _ratio(times.get("ours" if same else "ours_reset_before"), mine),
                "first_call_s": round(entry.program.first_call_s, 4),
                "temporary_bytes": entry.program.temporary_bytes,
                "difference": entry.difference,
                "times_ms": timing.rounded(mine),
            }
        )
    return records


def same_equations(contestant: Contestant, cell: CellName) -> bool:
    """Return whether it computes what nearly all compute, rather than a GRU with the reset gate before the product."""
    return cell == "LSTM" or contestant.reset == "after"


def best_peer(records: Iterable[Record]) -> Record | None:
    """Return the JAX peer of the lowest median, with the same equations as ours, among the records of one race."""
    peers = [record for record in records if record["contestant"] in JAX_PEERS and record["same equations"]]
    return min(peers, key=lambda record: record["milliseconds"]["median"], default=None)


def _ratio(one: NDArray[Any] | None, other: NDArray[Any] | None) -> dict[str, Any] | None:
    return None if one is None or other is None else timing.paired_ratio(one, other).as_dict()
