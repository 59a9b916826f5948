"""What a reader must know before believing a verdict: said aloud, with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.comparison.search import limits
from gatedrnn.experiment.formatting import percent, plain

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.measures import RangeEntry
    from gatedrnn.comparison.schema.results import TestedTask
    from gatedrnn.comparison.schema.runs import TrialEntry

MISMATCH = 0.02
OUTSIDE, MOST_SAID = 0.05, 3
"""Part of a target's test values that may lie outside of training's range unsaid; targets of which it is said."""
APART, BEYOND_CHANCE = 0.15, 3
"""Distance of the classes' shares in training and test that may be unsaid, and how many times what chance explains."""


def caveats(task: TestedTask, region: float) -> list[str]:
    """Return warnings about a task's runs in whole sentences; an empty list where there are none.

    Args:
        task: the task's entry in results.json.
        region: half-width of the region of practical equivalence.
    """
    names = list(task["cells"])
    lines = _ranges(task) + _shares(task) + _future(task)
    lines += [line for line in (_diverged(task), _extended(task), *(_late(task, name) for name in names)) if line]
    lines += _in_time(task)
    lines += [_edge(edge, len(task["replicates"])) for name in names for edge in limits.edges(task, name)]
    if region == 0:
        lines.append("No cell improves on a simple baseline in validation, so nothing can count as equivalent.")
    a, b = (task["cells"][name]["parameters"]["total"] for name in names)
    if abs(b / a - 1) > MISMATCH:
        more = "more" if b > a else "fewer"
        lines.append(f"{names[1]} has {percent(abs(b / a - 1))} {more} parameters than {names[0]}.")
    return lines


def runs(task: TestedTask, name: str) -> list[TrialEntry]:
    """Return all trials of a cell in all replicates."""
    return [trial for replicate in task["replicates"] for trial in replicate["cells"][name]["trials"]]


def diverged(task: TestedTask, name: str) -> int:
    """Return how many of a cell's runs diverged."""
    return sum(trial["diverged_at"] is not None for trial in runs(task, name))


def _future(task: TestedTask) -> list[str]:
    """Return that networks read what simple baselines do not; a class of a sequence is read off all of it by both."""
    if not task["protocol"]["architecture"]["bidirectional"] or task["kind"] == "classification":
        return []
    return [
        "Both cells read the steps after the one that they answer for, as far as its window reaches; the simple "
        "baselines do not. Part of what they gain over these may be that."
    ]


def _ranges(task: TestedTask) -> list[str]:
    left = sorted((r for r in task["range"] if r["outside"] > OUTSIDE), key=lambda r: -r["outside"])
    return [_range(r) for r in left[:MOST_SAID]]


def _shares(task: TestedTask) -> list[str]:
    """Return which classes come much more or less often in the test than in training, where chance does not say why."""
    found = task["shares"]
    if found is None or found["apart"] <= max(APART, BEYOND_CHANCE * found["chance"]):
        return []
    each = sorted(zip(found["classes"], found["known"], found["test"], strict=True), key=lambda c: -abs(c[1] - c[2]))
    said = ", ".join(f"{name} {percent(known)} and {percent(came)}" for name, known, came in each[:MOST_SAID])
    return [
        f"Classes do not come as often in the test as in training ({said}): what was learnt of one time or group need "
        "not hold in another."
    ]


def _range(r: RangeEntry) -> str:
    ends = [f"down to {plain(r['test_low'])}"] if r["test_low"] < r["low"] else []
    ends += [f"up to {plain(r['test_high'])}"] if r["test_high"] > r["high"] else []
    return (
        f"{percent(r['outside'])} of the test's {r['target']} lies outside the range of training, {plain(r['low'])} to "
        f"{plain(r['high'])} ({' and '.join(ends)} in the test): what was learnt inside need not hold there."
    )


def _diverged(task: TestedTask) -> str | None:
    counts = {name: diverged(task, name) for name in task["cells"]}
    if not any(counts.values()):
        return None
    said = " and ".join(f"{number} of {len(runs(task, name))} {name} runs" for name, number in counts.items())
    return (
        f"{said} diverged. They count as the trivial baseline, or as what they had reached if worse; none is left out."
    )


def _late(task: TestedTask, name: str) -> str | None:
    if not limits.capped(task, name):
        return None
    trials, cap = limits.selected(task, name), task["protocol"]["max_epochs"]
    return (
        f"{limits.late(trials, cap)} of {len(trials)} selected {name} runs had their best epoch in the last 5 % of the "
        f"{cap} epochs: a higher cap could make them better."
    )


def _edge(edge: limits.Edge, replicates: int) -> str:
    return (
        f"{edge.cell} does best at the {edge.side} edge of the range of {edge.field.replace('_', ' ')} "
        f"({edge.selections} of {replicates} selections): a wider range may suit it better."
    )


def _in_time(task: TestedTask) -> list[str]:
    """Return what a budget of minutes had no time for."""
    found = [[entry["trials"] for entry in replicate["cells"].values()] for replicate in task["replicates"]]
    ended = [trial["ended_by_clock"] for replicate in found for trials in replicate for trial in trials]
    lines = []
    if task["protocol"]["minutes"] is not None and all(len(trials) == 1 for cells in found for trials in cells):
        lines.append(
            "There was time for one trial of each cell in each replicate: nothing was tuned. More minutes would tune."
        )
    elif task["protocol"]["minutes"] is not None and (
        single := sum(all(len(trials) == 1 for trials in cells) for cells in found)
    ):
        lines.append(
            f"In {single} of {len(found)} replicates there was time for one trial of each cell: nothing was tuned "
            "there. More minutes would tune."
        )
    if any(ended):
        lines.append(
            f"{sum(ended)} of {len(ended)} trials were ended by the clock, in all cells after the same epochs: more "
            "minutes could make them better."
        )
    return lines


def _extended(task: TestedTask) -> str | None:
    extension = task["protocol"]["extension"]
    if extension is None:
        return None
    ranges = [
        f"{field.replace('_', ' ')} from {low:.2g} to {high:.2g}" for field, (low, high) in extension["ranges"].items()
    ]
    cap = task["protocol"]["max_epochs"]
    more = [f"{extension['trials']} trials more in each replicate, with {' or '.join(ranges)}"] if ranges else []
    more += [f"a cap of {cap} epochs"] if cap != extension["max_epochs_before"] else []
    return (
        f"The search was extended once, for all cells, as {' and '.join(extension['because'])}: {' and '.join(more)}."
    )
