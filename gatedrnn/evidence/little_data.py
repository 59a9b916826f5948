"""Is the GRU better on little data, and does it overfit less? Scores on parts of the data, and gaps, of one search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.evidence.comparisons import Comparisons, compared_on, numbers, words
from gatedrnn.evidence.intervals import compared
from gatedrnn.evidence.record import Answer, Compared, Measured
from gatedrnn.evidence.reproduction import Findings, Reproduction
from gatedrnn.experiment.space import Space
from gatedrnn.statistics.paired import estimate

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.evidence.record import Answered
    from gatedrnn.evidence.work import Work

CELLS = ("LSTM", "GRU")
SPACE = Space(dropout=(0.0,), difference=("no",))
"""Without dropout, so that training losses are of the same networks as the others."""
TASKS = ("japanese-vowels-forecast", "jsb-chorales")
BUDGETS = ("parameters", "width")


def asked(tasks: tuple[str, ...], epochs: int, **settings: Any) -> Comparisons:
    """Return comparisons with equal parameters and with equal width, none of whose runs ends before the cap.

    Args:
        tasks: the names of the tasks.
        epochs: how long all networks are trained.
        settings: what a comparison is asked besides its tasks and cells.
    """
    return Comparisons(
        tuple(
            Settings(
                tasks=(task,),
                matching=budget,
                max_epochs=epochs,
                patience=epochs,
                extend=False,
                full=True,
                space=SPACE,
                **settings,
            )
            for task in tasks
            for budget in BUDGETS
        )
    )


FULL = asked(TASKS, 300)
SMALL = asked(TASKS[:1], 60, replicates=5, trials=2)


def measure(what: Comparisons, work: Work) -> Findings:
    """Compare with equal parameters and equal width.

    Args:
        what: the comparisons, as ``asked`` makes them.
        work: what has been measured so far.
    """
    return findings(compared_on(what.each, work))


def findings(tasks: list[TaskEntry]) -> Findings:
    """Return scores on parts of the data and gaps to training, and what they say of little data and of overfitting.

    Args:
        tasks: what the comparisons found, with ``full``.
    """
    measured: list[Measured] = []
    curves: list[Compared] = []
    gaps: list[Compared] = []
    for task in tasks:
        said = f"{task['name']}, equal {task['protocol']['matching']}"
        parts, gap = on_parts(task), overfitting(task)
        for found, kept, unit in ((parts, curves, "validation on"), (gap, gaps, "gap to training,")):
            for what, of_cells in found.items():
                whole = f"{said}: {unit} {what}, {task['unit']}"
                measured += [_measured(whole, cell, values) for cell, values in of_cells.items()]
                pairs = len(found) * len(BUDGETS)
                kept.append(compared(whole, *of_cells.items(), higher=False, pairs=pairs))
        measured += numbers({**task, "name": said}, {}, same=False)
    least = [pair for pair in curves if " 10 % of " in pair.what]
    learnt = all(map(learns_from_little, tasks))
    return Findings(tuple(measured), (*curves, *gaps), (little(least, curves, learnt=learnt), overfits(gaps)))


def on_parts(task: TaskEntry) -> dict[str, dict[str, np.ndarray]]:
    """Return each cell's validation scores by the part of the training data; replicates that lack one are left out.

    Raises:
        InputError: where the comparison has no scores on parts of the data.
    """
    further = task["full"]
    if further is None:
        raise InputError("task: expected a comparison with full, got one without")
    data, found = further["data"], {}
    for k, (part, count) in enumerate(zip(data["parts"], data["examples"], strict=True)):
        scores = np.array([data["validation"][cell][k] for cell in CELLS], float)
        kept = scores[:, np.isfinite(scores).all(0)]
        found[f"{part:.0%} of the training sequences ({count})".replace("%", " %")] = dict(
            zip(CELLS, kept, strict=True)
        )
    return found


def learns_from_little(task: TaskEntry) -> bool:
    """Return whether a cell on the smallest part is as good as the strongest simple model is on all of the data.

    Where none is, it has hardly been trained: all parts have as many epochs, and the smallest has the fewest updates.
    """
    smallest = next(iter(on_parts(task).values()))
    simple = [np.mean(model["tests"]) for model in task["baselines"] if model["strongest"]]
    return not simple or min(scores.mean() for scores in smallest.values()) <= min(simple)


def overfitting(task: TaskEntry) -> dict[str, dict[str, np.ndarray]]:
    """Return by how much each cell is worse on what it was not trained on, of the selected runs of all replicates.

    .. code-block:: text

        where it is best:  test - training, at the epoch of the best validation score, which is tested
        in the end:        validation - training, after the last epoch
    """
    found: dict[str, dict[str, np.ndarray]] = {"where validation is best": {}, "in the end": {}}
    for cell in CELLS:
        best, last = [], []
        for replicate in task["replicates"]:
            entry = replicate["cells"][cell]
            trial, train = entry["trials"][entry["selected"]], np.array(entry["train_curve"], float)
            best.append(entry["test"]["scores"]["nats"] - train[trial["best_epoch"] - 1])
            last.append(np.array(trial["curve"], float)[-1] - train[-1])
        found["where validation is best"][cell], found["in the end"][cell] = np.array(best), np.array(last)
    return found


def little(least: list[Compared], curves: list[Compared], *, learnt: bool) -> Answer:
    """Return what the smallest parts say of "GRU is better on little data".

    Args:
        least: pairs on 10 % of the data.
        curves: pairs on all parts.
        learnt: whether a cell has learnt enough from these to be compared at all.
    """
    said = "LSTM less GRU in validation: " + "; ".join(f"{_short(pair)} {_said(pair)}" for pair in curves)
    if not learnt:
        said += ". On the least data neither is as good as a simple model on all: that is who learns sooner"
        return Answer(3, "not resolved", said)
    return Answer(3, _label([pair.verdict for pair in least]), said)


def overfits(gaps: list[Compared]) -> Answer:
    """Return what gaps say of "GRU overfits less"."""
    said = "gap of the LSTM less that of the GRU: " + "; ".join(f"{_short(pair)} {_said(pair)}" for pair in gaps)
    return Answer(8, _label([pair.verdict for pair in gaps]), said)


def _label(verdicts: list[str]) -> Answered:
    """Return whether all say that the GRU is better, some do, or the LSTM is.

    Example:
        >>> _label(["GRU better", "not resolved"]), _label(["not resolved", "LSTM better"])
        ('depends', 'does not hold')
    """
    if all(verdict == "GRU better" for verdict in verdicts):
        return "holds"
    if "GRU better" in verdicts:
        return "depends"
    return "does not hold" if "LSTM better" in verdicts else "not resolved"


def _short(pair: Compared) -> str:
    """Return what a pair was compared in, without its unit."""
    return pair.what.rsplit(", ", 1)[0].replace(" of the training sequences", "").replace("validation on ", "")


def _said(pair: Compared) -> str:
    return f"{pair.difference:.3g} [{pair.low:.3g}, {pair.high:.3g}]"


def _measured(what: str, cell: str, values: np.ndarray) -> Measured:
    mean = estimate(values)
    return Measured(what, cell, mean.mean, mean.low, mean.high, mean.level, tuple(map(float, values)))


LITTLE_DATA = Reproduction(
    name="little-data",
    title="Is the GRU better on little data, and does it overfit less?",
    paper="popular guides, and Data Science Stack Exchange 14581",
    full=FULL,
    small=SMALL,
    smaller="Japanese Vowels alone, without JSB Chorales; 5 replicates of 2 trials and 60 epochs instead of 8 of "
    "16 and 300",
    estimate="hours on 2 CPU cores; not run",
    differences=(
        "guides name no data, sizes or training; here these are those of the protocol, with equal parameters and with "
        "equal width",
        "the configuration that all data selected is trained again on 10 and 30 % of them; none is searched for there",
        "a gap is to the mean training loss of the epoch, which is reckoned while the network still changes",
    ),
    protocol=words,
    measure=measure,
)
