"""A published result measured again by whole comparisons: ``gatedrnn compare`` on each task, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.comparison import protocol
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search.context import SearchProgress
from gatedrnn.comparison.settings import Settings
from gatedrnn.comparison.sizes import counted_sizes
from gatedrnn.evidence.intervals import compared
from gatedrnn.evidence.record import Answer, Compared, Measured, Published
from gatedrnn.evidence.reproduction import Findings
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import PairEntry
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.evidence.work import Work
    from gatedrnn.tasks.task import VisibleTask

Known = Mapping[tuple[str, str], tuple[Published, ...]]
"""What sources say, by the names of task and cell."""


class Comparisons(NamedTuple):
    """What is compared, and whether that is near enough to a paper for its numbers to be looked for in the intervals.

    Attributes:
        each: comparisons, one after another.
        same: whether sizes, data and the effort of the search are the paper's.
    """

    each: tuple[Settings, ...]
    same: bool = False


def findings(asked: Comparisons, known: Known, work: Work) -> Findings:
    """Run comparisons, and return their numbers, verdicts, and what they say of claims about tuning and spread.

    Args:
        asked: what is to be compared.
        known: what sources say of the same.
        work: what has been measured so far.
    """
    return concluded(compared_on(asked.each, work), known, same=asked.same)


def concluded(tasks: list[TaskEntry], known: Known, *, same: bool) -> Findings:
    """Return what the tasks of finished comparisons say.

    Args:
        tasks: what the comparisons found.
        known: what sources say of the same.
        same: whether the protocol is the paper's, as ``Comparisons`` has it.
    """
    measured = [one for task in tasks for one in numbers(task, known, same=same)]
    verdicts = [_pair(task, pair) for task in tasks for pair in task["pairs"]]
    several = [task for task in tasks if (task["protocol"]["trials"] or 0) > 1]
    spread, said = fickle(several) if several else ([], None)
    answers = (tuned_alike(tasks), *((said,) if said else ()))
    return Findings(tuple(measured), (*verdicts, *spread), answers)


def compared_on(comparisons: tuple[Settings, ...], work: Work) -> list[TaskEntry]:
    """Run comparisons, and return what each found on its tasks.

    Args:
        comparisons: what is compared, and how.
        work: what has been measured so far.

    Raises:
        InputError: where data are missing, before anything is trained.
    """
    for one in comparisons:
        one.refuse_unfit()
    found = []
    for k, one in enumerate(comparisons):

        def told(progress: protocol.CompareProgress) -> None:
            if isinstance(progress, SearchProgress) and progress.done:
                work.say(f"{progress.task}: {progress.cell}, replicate {progress.replicate + 1} is done")

        with Folder(work.comparison(str(k)), one) as kept:
            found += protocol.compare(one, kept, command="gatedrnn reproduce", on_progress=told)["tasks"]
    return found


def words(asked: Comparisons) -> str:
    """Return in words how comparisons are made.

    Example:
        >>> words(Comparisons((Settings(tasks=("adding-50",), sizes=(8, 9), replicates=5, trials=3),)))[:65]
        'adding-50: LSTM of 8 and GRU of 9 units, 5 replicates of 3 random'
    """
    return "; ".join(map(_words, asked.each)) + (
        ". Each replicate has its own split where the task has no given one, configurations and seed, selects on "
        "validation and is tested once. Means over replicates with t intervals; verdicts are those of gatedrnn compare"
    )


def _words(one: Settings) -> str:
    by_sizes: dict[str, list[str]] = {}
    for task in map(registry.load, one.tasks):
        by_sizes.setdefault(_sizes(task, one), []).append(task.name)
    on = ", ".join(f"{', '.join(names)}: {sizes}" for sizes, names in by_sizes.items())
    drawn = "; ".join(f"{name} {said}" for name, said in one.space.describe().items())
    return (
        f"{on}, {one.replicates} replicates of {one.trials} random "
        f"configurations ({drawn}), at most {one.max_epochs} epochs with a patience of {one.patience}, "
        f"{one.batch_size} sequences a step, Adam"
    )


def _sizes(task: VisibleTask, one: Settings) -> str:
    """Return in words how many units each cell has on a task, for each number that is asked for."""
    if one.sizes is None and one.matching == "time":  # which is measured when a comparison begins
        return f"{one.cells[0]} of {' or '.join(map(str, one.hidden))} units, the others' matched by time"
    given = None if one.sizes is None else dict(zip(one.cells, one.sizes, strict=True))
    each = [counted_sizes(task, one, hidden) for hidden in sorted(one.hidden)] if given is None else [given]
    said = " or ".join(" and ".join(f"{cell} of {n}" for cell, n in units.items()) for units in each)
    return f"{said} units" if one.sizes else f"{said} units, sizes matched by {one.matching}"


def numbers(task: TaskEntry, known: Known, *, same: bool) -> list[Measured]:
    """Return what each cell and each simple model reaches in the test.

    Args:
        task: what a comparison found.
        known: what sources say of the same.
        same: whether the protocol is near enough to the paper's that its number is to be looked for in the interval.
    """
    metric = task["metric"]
    what = f"{task['name']}: {metric['words']} in the test, {metric['unit'] or task['unit']}"
    rows, shown = [], {}
    for pair in task["pairs"]:
        shown |= {name: of_cell["test"] for name, of_cell in pair["statistics"]["cells"].items()}
    for name, one in shown.items():
        each = tuple(replicate["cells"][name]["test"]["scores"][metric["name"]] for replicate in task["replicates"])
        said = known.get((task["name"], name), ())
        band = one["low"] <= float(said[0].said) <= one["high"] if said and same else None
        rows.append(Measured(what, name, one["mean"], one["low"], one["high"], one["level"], each, said, band))
    for model in task["baselines"]:
        each = tuple(model["tests"])
        ends = min(each), max(each)
        said = known.get((task["name"], model["name"]), ())
        name = f"{model['name']}{', the strongest simple model' if model['strongest'] else ''}"
        rows.append(Measured(f"{what} (the range)", name, float(np.clip(model["test"], *ends)), *ends, 1.0, each, said))
    return rows


def _pair(task: TaskEntry, pair: PairEntry) -> Compared:
    difference, won = pair["statistics"]["difference"], pair["statistics"]["superiority"]
    a, b = pair["names"]
    verdict = pair["verdict"]["headline"]
    ends = difference["mean"], difference["low"], difference["high"], difference["level"]
    return Compared(f"{task['name']}: test", a, b, *ends, won["wins"], won["losses"], won["ties"], verdict)


def tuned_alike(tasks: list[TaskEntry]) -> Answer:
    """Return what verdicts of small searches say of "tuned, there is no difference"."""
    labels = {task["name"]: task["pairs"][0]["verdict"]["label"] for task in tasks}
    said = "verdicts after a small search: " + "; ".join(f"{name}: {label}" for name, label in labels.items())
    better = [label.endswith("better") for label in labels.values()]
    if all(label == "practically equivalent" for label in labels.values()):
        return Answer(9, "holds", said)
    if not any(better):
        return Answer(9, "not resolved", said)
    return Answer(9, "does not hold" if all(better) else "depends", said)


def fickle(tasks: list[TaskEntry]) -> tuple[list[Compared], Answer]:
    """Return how far trials of one replicate lie apart, cell against cell, and what that says of "GRUs are fickle"."""
    found = []
    for task in tasks:
        (a, of_a), (b, of_b) = ((name, _spread(task, name)) for name in ("LSTM", "GRU"))
        what = f"{task['name']}: standard deviation of validation scores over the trials of a replicate"
        found.append(compared(what, (a, of_a), (b, of_b), higher=False, pairs=len(tasks)))
    wider, narrower = ([one.verdict == f"{cell} better" for one in found] for cell in ("LSTM", "GRU"))
    said = "spread over seeds and drawn hyperparameters: " + "; ".join(
        f"{one.what.split(':')[0]}: LSTM less GRU {one.difference:.3g} [{one.low:.3g}, {one.high:.3g}]" for one in found
    )
    if all(wider) or (any(narrower) and not any(wider)):
        return found, Answer(12, "holds" if all(wider) else "does not hold", said)
    return found, Answer(12, "depends" if any(wider) else "not resolved", said)


def _spread(task: TaskEntry, cell: str) -> np.ndarray:
    trials = [replicate["cells"][cell]["trials"] for replicate in task["replicates"]]
    scores = [[trial["score"] for trial in each] for each in trials]  # all numbers, as the tasks have simple models
    return np.array([np.std(np.array(each, float), ddof=1) for each in scores])
