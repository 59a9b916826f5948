"""Greff et al. 2017: eight variants of the LSTM on chorales, and how much of the variance each hyperparameter has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.schema.runs import ReplicateEntry
    from gatedrnn.evidence.record import Answered
    from gatedrnn.experiment.space import Configuration, Hyperparameter

PAPER = "Greff, Srivastava, Koutník, Steunebrink and Schmidhuber 2017, arXiv 1503.04069v2"
CELLS = tuple(f"Greff-{name}" for name in VARIANTS)
VANILLA, *OTHERS = CELLS
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
FULL = Comparisons(
    (
        Settings(
            tasks=("jsb-chorales",),
            cells=CELLS,
            hidden=(24, 48, 96, 192),
            matching="width",
            trials=25,
            max_epochs=150,
            patience=15,
            extend=False,
            space=SPACE,
        ),
    )
)
SMALL = Comparisons(
    (
        Settings(
            tasks=("jsb-chorales",),
            cells=CELLS,
            hidden=(8, 16, 32),
            matching="width",
            replicates=5,
            trials=6,
            max_epochs=10,
            patience=5,
            batch_size=18,
            extend=False,
            space=SPACE,
        ),
    )
)
VARIED: tuple[Hyperparameter, ...] = ("learning_rate", "hidden", "dropout", "clip_norm")


def measure(asked: Comparisons, on_progress: Callable[[str], None]) -> Findings:
    """Search each variant with the same configurations.

    Args:
        asked: the one comparison of all variants.
        on_progress: called with a line of what goes on.
    """
    [task] = compared_on(asked.each, on_progress)
    return findings(task, asked.each[0])


def findings(task: TaskEntry, asked: Settings) -> Findings:
    """Return numbers, vanilla against each variant, shares of variance, and what they say of the variants.

    Args:
        task: what the comparison found.
        asked: what was compared.
    """
    pairs = against_vanilla(task)
    measured = *numbers(task, {}, same=False), *explained_by(task, asked)
    return Findings(measured, tuple(pairs), (ablation(pairs),))


def against_vanilla(task: TaskEntry) -> list[Compared]:
    """Return vanilla against each variant in the test, replicate by replicate."""
    name, what = task["metric"]["name"], f"{task['name']}: test"

    def tests(cell: str) -> tuple[str, list[float]]:
        return cell, [each["cells"][cell]["test"]["scores"][name] for each in task["replicates"]]

    return [compared(what, tests(VANILLA), tests(cell), higher=False, pairs=len(OTHERS)) for cell in OTHERS]


def places(configurations: list[Configuration], asked: Settings) -> np.ndarray:
    """Return where hyperparameters lie in what they are drawn from, as numbers that are uniform on [0, 1].

    Args:
        configurations: those that were drawn.
        asked: what they were drawn from.

    Example:
        >>> drawn = {"learning_rate": 1e-4, "hidden": 32, "dropout": 0.0, "clip_norm": 10.0}
        >>> places([drawn], SMALL.each[0]).round(3).tolist()
        [[0.0, 0.833, 0.125, 1.0]]
    """

    def along(value: float, ends: tuple[float, float]) -> float:
        low, high = np.log(ends)
        return float(np.clip((np.log(value) - low) / (high - low), 0.0, 1.0))

    def among(value: float, choices: tuple[float, ...]) -> float:
        return (sorted(choices).index(value) + 0.5) / len(choices)

    space = asked.space
    return np.array(
        [
            [
                along(each["learning_rate"], space.learning_rate),
                among(each["hidden"], asked.hidden),
                among(each["dropout"], space.dropout),
                along(each["clip_norm"], space.clip_norm),
            ]
            for each in configurations
        ]
    )


def explained_by(task: TaskEntry, asked: Settings) -> list[Measured]:
    """Return what each hyperparameter, and which variant it is, explains of validation scores over all trials.

    Intervals are of the jackknife over replicates, whose configurations are drawn apart from each other's.
    """
    replicates = [_trials(each, asked) for each in task["replicates"]]

    def of(kept: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        where, scores = (np.concatenate(part) for part in zip(*kept, strict=True))
        return shares(where, scores)

    whole, n = of(replicates), len(replicates)
    without = np.array([of(replicates[:k] + replicates[k + 1 :]) for k in range(n)])
    error = np.sqrt((n - 1) * without.var(0))
    low, high = (np.clip(whole + side * stats.t.ppf(0.975, n - 1) * error, 0.0, 1.0) for side in (-1, 1))
    shown = []
    for k, name in enumerate((*VARIED, "variant")):
        said = (RATE,) if name == "learning_rate" else ()
        what = f"{task['name']}: share of the variance of validation scores, {name.replace('_', ' ')}"
        each = tuple(map(float, without[:, k]))
        ends = float(whole[k]), float(low[k]), float(high[k]), 0.95
        shown.append(Measured(f"{what} (each: without a replicate)", "all variants", *ends, each, said))
    return shown


def _trials(replicate: ReplicateEntry, asked: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return places and validation scores of all variants' trials in a replicate."""
    where = places(replicate["configurations"], asked)
    rows, scores = [], []
    for k, cell in enumerate(asked.cells):
        trials = replicate["cells"][cell]["trials"]
        rows.append(np.column_stack([where[: len(trials)], np.full(len(trials), (k + 0.5) / len(asked.cells))]))
        scores += [float(trial["score"]) for trial in trials]  # all numbers, as the task has simple models
    return np.concatenate(rows), np.array(scores)


def ablation(pairs: list[Compared]) -> Answer:
    """Return what vanilla against each variant says of "forget gate and output activation matter, others do not"."""
    by_name = {pair.b: pair for pair in pairs}
    worse = [name for name, pair in by_name.items() if pair.verdict == f"{VANILLA} better"]
    better = [name for name, pair in by_name.items() if pair.verdict == f"{name} better"]
    beside = "; ".join(f"{name.removeprefix('Greff-')} {_said(pair)}" for name, pair in by_name.items())
    said = f"on chorales, nats in the test of vanilla less those of each variant: {beside}"
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
    smaller="5 replicates of 6 trials instead of 8 of 25, at most 10 epochs with a patience of 5 instead of 150 and "
    "15, 8, 16 or 32 units instead of 24, 48, 96 or 192, and batches of 18 instead of 36",
    estimate="about a day on 2 CPU cores, reckoned from the small one: 7 times as many trials of 15 times as many "
    "epochs; not run",
    differences=(
        "JSB Chorales alone, without TIMIT and IAM Online",
        "Adam, where the paper has SGD with momentum; drawn are its rate (1e-4 to 1e-1, the paper's 1e-6 to 1e-2), "
        "units, dropout and clipping, where the paper draws units, momentum and noise on the inputs",
        "25 configurations in each of 8 replicates, the same for all variants, of which the best is tested, where the "
        "paper takes 200 and tests the best tenth; paired intervals, where it has Welch's test",
        "memory gates start at a bias of 1 and peepholes at 0, where the paper draws both",
        "shares of variance are of all variants together, with the variant as one more axis",
    ),
    protocol=words,
    measure=measure,
)
