"""One pass of one cell at one shape: every contestant is compared with ours, then all are timed in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import timing
from contestants import JAX_PEERS
from contestants.contestant import Contestant, Disagreement, Program, Reset, check
from numpy.typing import NDArray
from shapes import PASSES, SHAPES, CellName, Pass, Shape, ShapeName

Record = dict[str, Any]


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


class Field(NamedTuple):
    """Who is to be timed, and on what."""

    contestants: Sequence[Contestant]
    reference: Contestant
    """Ours: what the others have to agree with."""
    draw: Callable[[CellName, Shape, Reset], Any]
    """Makes a contestant's problem."""


def enter(cell: CellName, shape: Shape, which: Pass, field: Field) -> Race:
    """Compile a pass of each contestant, and keep out whoever computes something else or is not installed."""
    drawn = cache(partial(field.draw, cell, shape))
    entered = Race(cell, shape, which, {}, {})

    @cache
    def expected(reset: Reset) -> NDArray[Any]:
        ours = field.reference.program(drawn(reset), which)
        assert ours.read is not None
        return ours.read(ours.call())

    for contestant in field.contestants:
        if cell not in contestant.cells:
            continue
        if which not in contestant.passes:
            entered.absent[contestant.name] = f"has no {which} pass"
            continue
        reset = contestant.reset if cell == "GRU" else "after"
        try:
            program = contestant.program(drawn(reset), which)
            difference = check(contestant.label(cell), program, expected(reset))
        except ImportError as error:
            entered.absent[contestant.name] = f"not installed: {error}"
        except Disagreement as error:
            entered.absent[contestant.name] = f"computes something else: {error}"
        else:
            entered.entries[contestant.name] = Entry(contestant, program, difference)
    return entered


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


class Schedule(NamedTuple):
    """Which races there are, and how long they take."""

    cells: Sequence[CellName]
    shapes: Sequence[ShapeName]
    rounds: int | None
    """None is as many as fit into ``seconds``."""
    seconds: float
    """For the rounds of one race."""


def run_all(schedule: Schedule, field: Field, report: Callable[[str], None]) -> tuple[list[Record], dict[str, Any]]:
    """Run every race; return the records, and for each line on who was absent and why, the shapes where that was."""
    records: list[Record] = []
    absent: dict[str, list[str]] = {}
    for cell in schedule.cells:
        for shape in schedule.shapes:
            for which in PASSES:
                entered = enter(cell, SHAPES[shape], which, field)
                records += [{"shape": shape, **r} for r in run(entered, schedule.rounds, schedule.seconds)]
                for who, why in entered.absent.items():
                    absent.setdefault(f"{who}, {cell} {which}: {why}", []).append(shape)
            report(f"{cell} {shape} done")
    return records, absent


def same_equations(contestant: Contestant, cell: CellName) -> bool:
    """Return whether it computes what nearly all compute, rather than a GRU with the reset gate before the product."""
    return cell == "LSTM" or contestant.reset == "after"


def best_peer(records: Iterable[Record]) -> Record | None:
    """Return the JAX peer of the lowest median, with the same equations as ours, among the records of one race."""
    peers = [record for record in records if record["contestant"] in JAX_PEERS and record["same equations"]]
    return min(peers, key=lambda record: record["milliseconds"]["median"], default=None)


def _ratio(one: NDArray[Any] | None, other: NDArray[Any] | None) -> dict[str, Any] | None:
    return None if one is None or other is None else timing.paired_ratio(one, other).as_dict()
