"""Greff et al. 2017: eight variants of the LSTM on chorales, and how much of the variance each hyperparameter has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from gatedrnn.cells.greff_lstm import VARIANTS
from gatedrnn.comparison.settings import Settings
from gatedrnn.evidence.comparisons import Comparisons, compared_on, numbers, words
from gatedrnn.evidence.intervals import compared
from gatedrnn.evidence.record import Answer, Compared, Measured, Published
from gatedrnn.evidence.reproduction import Findings, Reproduction
from gatedrnn.experiment.space import Space
from gatedrnn.statistics.fanova import shares

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.schema.runs import ReplicateEntry
    from gatedrnn.evidence.record import Answered
    from gatedrnn.evidence.work import Work
    from gatedrnn.experiment.space import Configuration

PAPER = "Greff, Srivastava, Koutník, Steunebrink and Schmidhuber 2017, arXiv 1503.04069v2"
CELLS = tuple(f"Greff-{name}" for name in VARIANTS)
VANILLA = CELLS[0]
MATTER, DO_NOT = ("Greff-NFG", "Greff-NOAF"), ("Greff-CIFG", "Greff-NP")
"""Without forget gate or output activation; with coupled gates, or without peepholes."""
RATE = Published("about two thirds of the variance", PAPER, "seen in the source")
SPACE = Space(
    learning_rate=(1e-4, 1e-1),
    clip_norm=(0.3, 10.0),
    dropout=(0.0, 0.1, 0.2, 0.4),
    gate_bias=("1",),
    difference=("no",),
)
AXES = ("learning rate", "dropout", "clipping", "units", "variant")
WIDTHS = (24, 72, 192)
ENOUGH = 100
"""Epochs from which on variants are compared by what they have learnt, and not by how soon."""


def asked(widths: tuple[int, ...], cells: tuple[str, ...] = CELLS, **settings: Any) -> Comparisons:
    """Return a comparison of variants for each number of units; FGR cannot have several in one program.

    Args:
        widths: numbers of units, one for each comparison.
        cells: vanilla and the variants.
        settings: what a comparison is asked besides its tasks and cells.
    """
    return Comparisons(
        tuple(
            Settings(
                tasks=("jsb-chorales",),
                cells=cells,
                hidden=(units,),
                matching="width",
                extend=False,
                space=SPACE,
                **settings,
            )
            for units in widths
        )
    )


FULL = asked(WIDTHS, trials=25, max_epochs=150, patience=15)
SMALL = asked((16,), (VANILLA, *MATTER, *DO_NOT), replicates=5, trials=6, max_epochs=10, patience=5, batch_size=18)


def measure(what: Comparisons, work: Work) -> Findings:
    """Search each variant with the same configurations.

    Args:
        what: a comparison of all variants for each number of units.
        work: what has been measured so far.
    """
    return findings(compared_on(what.each, work), what)


def findings(tasks: list[TaskEntry], what: Comparisons) -> Findings:
    """Return numbers, vanilla against each variant, shares of variance, and what they say of the variants.

    Args:
        tasks: what the comparisons found, one for each number of units.
        what: the comparisons that were asked for.
    """
    pairs = against_vanilla(tasks)
    measured = [
        each for task, one in zip(tasks, what.each, strict=True) for each in numbers(_named(task, one), {}, same=False)
    ]
    return Findings((*measured, *explained_by(tasks, what)), tuple(pairs), (ablation(pairs, what.each[0].max_epochs),))


def _named(task: TaskEntry, one: Settings) -> TaskEntry:
    return {**task, "name": f"{task['name']}, {one.hidden[0]} units"}


def against_vanilla(tasks: list[TaskEntry]) -> list[Compared]:
    """Return vanilla against each variant in the test, replicate by replicate, in the mean over numbers of units."""
    name = tasks[0]["metric"]["name"]

    def tests(cell: str) -> tuple[str, np.ndarray]:
        each = [[one["cells"][cell]["test"]["scores"][name] for one in task["replicates"]] for task in tasks]
        return cell, np.mean(each, axis=0)

    what, others = f"{tasks[0]['name']}: test", [cell for cell in tasks[0]["replicates"][0]["cells"] if cell != VANILLA]
    return [compared(what, tests(VANILLA), tests(cell), higher=False, pairs=len(others)) for cell in others]


def places(configurations: list[Configuration], space: Space) -> Float[np.ndarray, "N 3"]:
    """Return where hyperparameters lie in what they are drawn from, as numbers that are uniform on [0, 1].

    Args:
        configurations: the configurations that were drawn.
        space: the search space that configurations were drawn from.

    Example:
        >>> drawn = {"learning_rate": 1e-4, "dropout": 0.0, "clip_norm": 10.0}
        >>> places([drawn], SPACE).round(3).tolist()
        [[0.0, 0.125, 1.0]]
    """

    def along(value: float, ends: tuple[float, float]) -> float:
        low, high = np.log(ends)
        return float(np.clip((np.log(value) - low) / (high - low), 0.0, 1.0))

    def rate(dropout: float) -> float:
        return _of(space.dropout.index(dropout), len(space.dropout))

    return np.array(
        [
            [
                along(one["learning_rate"], space.learning_rate),
                rate(one["dropout"]),
                along(one["clip_norm"], space.clip_norm),
            ]
            for one in configurations
        ]
    )


def _of(k: int, n: int) -> float:
    """Return the place of one of n choices: halfway in its part of [0, 1], so that cuts lie between the parts."""
    return (k + 0.5) / n


def explained_by(tasks: list[TaskEntry], what: Comparisons) -> list[Measured]:
    """Return what each hyperparameter, units and variant explain of validation scores over all trials.

    Intervals are of the jackknife over replicates, whose configurations are drawn apart from each other's.

    Args:
        tasks: what the comparisons found, one for each number of units.
        what: the comparisons that were asked for.
    """
    n = what.each[0].replicates
    replicates = [_trials([task["replicates"][k] for task in tasks], what) for k in range(n)]

    def of(kept: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        where, scores = (np.concatenate(part) for part in zip(*kept, strict=True))
        return shares(where, scores)

    whole = of(replicates)
    without = np.array([of(replicates[:k] + replicates[k + 1 :]) for k in range(n)])
    error = np.sqrt((n - 1) * without.var(0))
    low, high = (np.clip(whole + side * stats.t.ppf(0.975, n - 1) * error, 0.0, 1.0) for side in (-1, 1))
    shown = []
    for k, name in enumerate(AXES):
        if name == "units" and len(tasks) == 1:
            continue  # They did not differ.
        said = f"{tasks[0]['name']}: share of the variance of validation scores, {name} (each: without a replicate)"
        ends, each = (float(whole[k]), float(low[k]), float(high[k]), 0.95), tuple(map(float, without[:, k]))
        shown.append(Measured(said, "all of them", *ends, each, (RATE,) if name == AXES[0] else ()))
    return shown


def _trials(replicates: list[ReplicateEntry], what: Comparisons) -> tuple[np.ndarray, np.ndarray]:
    """Return places and validation scores of all variants' trials in the same replicate of all comparisons."""
    rows, scores = [], []
    for w, (replicate, one) in enumerate(zip(replicates, what.each, strict=True)):
        drawn = places(replicate["configurations"], one.space)
        for k, cell in enumerate(one.cells):
            trials = replicate["cells"][cell]["trials"]
            fixed = [_of(w, len(replicates)), _of(k, len(one.cells))]
            rows += [[*place, *fixed] for place in drawn[: len(trials)]]
            scores += [trial["score"] for trial in trials]  # all numbers, as the task has simple models
    return np.array(rows), np.array(scores, float)


def ablation(pairs: list[Compared], epochs: int) -> Answer:
    """Return what vanilla against each variant says of "forget gate and output activation matter, others do not".

    Args:
        pairs: vanilla against each variant.
        epochs: how long networks were trained at most; of few, nothing is concluded.
    """
    by_name = {pair.b: pair for pair in pairs}
    worse = [name for name, pair in by_name.items() if pair.verdict == f"{VANILLA} better"]
    better = [name for name, pair in by_name.items() if pair.verdict == f"{name} better"]
    beside = "; ".join(f"{name.removeprefix('Greff-')} {_said(pair)}" for name, pair in by_name.items())
    said = f"on chorales, nats in the test of vanilla less those of each variant, at most {epochs} epochs: {beside}"
    if epochs < ENOUGH:
        return Answer(10, "not resolved", f"{said}. After so few epochs that is which learns sooner")
    worse_of_both = [name for name in MATTER if name in worse]
    if any(name in worse for name in DO_NOT) or any(name in better for name in MATTER):
        return Answer(10, "does not hold", said)
    label: Answered = "holds" if len(worse_of_both) == len(MATTER) else "depends" if worse_of_both else "not resolved"
    if label == "holds":
        said += ". That no difference is shown for CIFG and NP does not show that there is none"
    return Answer(10, label, f"on which of both: {said}" if label == "depends" else said)


def _said(pair: Compared) -> str:
    return f"{pair.difference:.3f} [{pair.low:.3f}, {pair.high:.3f}]"


GREFF_2017 = Reproduction(
    name="greff-2017",
    title="Which parts does an LSTM need, and which hyperparameters?",
    paper=PAPER,
    full=FULL,
    small=SMALL,
    smaller="of eight variants the four that the claim names; 16 units instead of 24, 72 and 192; 5 replicates of 6 "
    "trials instead of 8 of 25, at most 10 epochs with a patience of 5 instead of 150 and 15, and batches of 18 "
    "instead of 36",
    estimate="days on 2 CPU cores, reckoned from the small one: 36 times as many trials of up to 15 times as many "
    "epochs; not run",
    differences=(
        "JSB Chorales alone, without TIMIT and IAM Online",
        "Adam, where the paper has SGD with momentum; drawn are its rate (1e-4 to 1e-1), dropout and "
        "clipping, where the paper draws momentum and noise on the inputs; units are a grid, where it draws them",
        "25 configurations in each of 8 replicates, the same for all variants, of which the best is tested, where the "
        "paper takes 200 and tests the best tenth; paired intervals, where it has Welch's test",
        "memory gates start at a bias of 1 and peepholes at 0, where the paper draws both",
        "shares of variance are of all variants together, with the variant as one more axis",
    ),
    protocol=words,
    measure=measure,
)
