"""What a reader does next, by the verdict and by what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

from gatedrnn.comparison.search import limits
from gatedrnn.comparison.verdict.caveats import diverged, runs
from gatedrnn.comparison.verdict.censored_wording import goal
from gatedrnn.comparison.verdict.decide import FEWEST_REPLICATES
from gatedrnn.comparison.verdict.label import Label
from gatedrnn.comparison.verdict.region import strongest_baseline
from gatedrnn.errors import InputError
from gatedrnn.experiment.formatting import count, seconds
from gatedrnn.report.overall import better_than_all, listed, pair_labels

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.censored import CensoredEntry
    from gatedrnn.comparison.schema.pairs import PairEntry
    from gatedrnn.comparison.schema.results import Results, TaskEntry

MOST_REPLICATES = 200
"""More than these are named, not advised."""
MANY_DIVERGED = 0.1


class Step(NamedTuple):
    """Something to do, and the command that does it, if one does."""

    text: str
    command: str | None = None


def next_steps(task: TaskEntry, results: Results) -> list[Step]:
    """Return what to do, the most important first.

    Args:
        task: an entry of ``tasks`` in results.json.
        results: the whole file, which says what the command was.
    """
    steps = [*_use(task), *_resolve(task, results), *_widen(task)]
    steps.append(
        Step(
            "Do not choose anything else by this test set: it has been read. For another question on the same data, "
            "set other sequences aside first."
        )
    )
    return steps


def _use(task: TaskEntry) -> list[Step]:
    """Say what to use now."""
    labels, baseline = pair_labels(task), strongest_baseline(task)
    if task["censored"] is not None and all(label is Label.NEITHER_BEATS_BASELINE for label in labels):
        return [_learn_more(task["censored"], task)]
    if baseline is not None and all(label is Label.NEITHER_BEATS_BASELINE for label in labels):
        best = min(task["baselines"], key=lambda each: each["test"])
        text = f"Use {baseline['name']}: it is simpler and, as far as was shown, as good or better."
        if best is not baseline:
            text = (
                f"Use a simple model: {baseline['name']} was the strongest in validation, {best['name']} in the test, "
                "and no cell is shown to beat them all."
            )
        return [Step(f"{text} A recurrence may pay with more data, or with a wider search.")]
    steps = []
    best = better_than_all(task)
    if best is not None:
        use = f"gatedrnn predict RUN FILE --task {task['name']}"
        steps.append(Step(f"Use {best}{_selected(task, best)}. The tuned network is in this folder.", use))
    for label, pair in zip(labels, task["pairs"], strict=True):
        steps += _use_of(label, pair)
    return steps


def _use_of(label: Label, pair: PairEntry) -> list[Step]:
    """Say which of two cells to use, where that is not said of all cells at once."""
    match label:
        case Label.NEITHER_BEATS_BASELINE | Label.A_BETTER | Label.B_BETTER:
            return []  # `_use` has said it: the baseline, or the cell that is better than all others.
        case Label.BUDGET_DEPENDENT:
            expected = pair["statistics"]["expected_best"]
            if expected is None:
                raise InputError(
                    f"results: expected curves of {listed(pair['names'])}, as they depend on the budget; got none"
                )
            change = expected["changes"][0]
            return [
                Step(
                    f"Decide what tuning may cost: with less, {change['better_before']}; with more, "
                    f"{change['better_after']}. Compare again with that budget."
                )
            ]
        case Label.PRACTICALLY_EQUIVALENT:
            cheaper = pair["verdict"]["cheaper"]["cell"]
            which = f"{cheaper}, the cheaper" if cheaper else "either"
            return [Step(f"Of {listed(pair['names'])}, take {which}: the difference does not matter.")]
        case Label.NOT_RESOLVED:
            return []  # `_resolve` says what would tell them apart.
        case _:
            assert_never(label)


def _selected(task: TaskEntry, name: str) -> str:
    """Return how often each gate bias was selected: the one choice that has a name."""
    chosen = [r["configurations"][r["cells"][name]["selected"]]["gate_bias"] for r in task["replicates"]]
    most = max(sorted(set(map(str, chosen))), key=[str(c) for c in chosen].count)
    rates = sorted(r["configurations"][r["cells"][name]["selected"]]["learning_rate"] for r in task["replicates"])
    return (
        f", with learning rates near {rates[len(rates) // 2]:.2g} and a gate bias of {most} "
        f"({chosen.count(most)} of {len(chosen)} selections)"
    )


def _resolve(task: TaskEntry, results: Results) -> list[Step]:
    """Say how much more would settle what is open."""
    n = task["protocol"]["replicates"]
    steps = []
    if n < FEWEST_REPLICATES:
        steps.append(
            Step(
                f"Take {n} replicates for a first look only: with {FEWEST_REPLICATES} or more, a verdict counts.",
                "--replicates 8",
            )
        )
    for label, pair in zip(pair_labels(task), task["pairs"], strict=True):
        needed = pair["statistics"]["replicates_needed"]
        if label is not Label.NOT_RESOLVED:
            continue
        if task["censored"] is not None:
            steps.append(_resolve_censored(pair, task["censored"], n))
            continue
        if needed is None or needed > MOST_REPLICATES:
            why = "no number" if needed is None else f"about {count(needed)}"
            steps.append(Step(f"Let {listed(pair['names'])} rest: {why} of replicates would tell them apart."))
        elif needed > n:
            duration = seconds(results["seconds"] / len(results["tasks"]) * needed / n)
            steps.append(
                Step(
                    f"To tell {listed(pair['names'])} apart, plan about {needed} replicates, in a new folder: about "
                    f"{duration} here.",
                    f"--replicates {needed}",
                )
            )
    return steps


def _learn_more(metric: CensoredEntry, task: TaskEntry) -> Step:
    """Say what may help where no cell does better than a simple model by a censored metric."""
    cap = task["protocol"]["max_epochs"]
    match metric["name"]:
        case "steps-to-threshold":
            text = f"Give more updates, or search more widely: no cell is shown to reach {goal(metric, task['unit'])}."
        case "longest-length":
            text = "Give more epochs, or search more widely: no cell is shown to count further than a simple model."
        case _:
            assert_never(metric["name"])
    return Step(text, f"--max-epochs {2 * cap}")


def _resolve_censored(pair: PairEntry, metric: CensoredEntry, n: int) -> Step:
    """Say what would tell two cells apart by a censored metric: more to see, or more replicates."""
    names, censored = listed(pair["names"]), pair["censored"]
    assert censored is not None
    beyond = min(median["censored"] for median in censored["cells"].values())
    if 2 * beyond > n and metric["name"] == "longest-length":
        return Step(f"Let {names} rest: most replicates of both accept all words that are asked for.")
    if 2 * beyond > n:
        return Step(f"Give more updates: most replicates of {names} do not reach the threshold within these.")
    return Step(
        f"To tell {names} apart, take more replicates, in a new folder: a sign test asks that nearly all agree.",
        f"--replicates {2 * n}",
    )


def _widen(task: TaskEntry) -> list[Step]:
    """Say which limits still bind, and which failures are many."""
    steps, cap = [], task["protocol"]["max_epochs"]
    late = [name for name in task["cells"] if limits.capped(task, name)]
    if late:
        steps.append(Step(f"Raise the cap, which {listed(late)} ran into.", f"--max-epochs {2 * cap}"))
    edges = [edge for name in task["cells"] for edge in limits.edges(task, name)]
    for field, side in dict.fromkeys((edge.field, edge.side) for edge in edges):
        names = listed([edge.cell for edge in edges if (edge.field, edge.side) == (field, side)])
        option = f"--{field.replace('_', '-')}"
        said = field.replace("_", " ")
        steps.append(
            Step(f"Widen the range of {said} at its {side} edge, where {names} did best.", f"{option} LOW HIGH")
        )
    for name in task["cells"]:
        lost, tried = diverged(task, name), len(runs(task, name))
        if lost > MANY_DIVERGED * tried:
            text = f"{lost} of {tried} {name} runs diverged: lower the upper end of the learning rate."
            steps.append(Step(text, "--learning-rate LOW HIGH"))
    return steps
