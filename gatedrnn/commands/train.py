"""``gatedrnn train``: one network, on a file or on a task."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from gatedrnn.commands.console import make_console, note, print_segment
from gatedrnn.commands.devices import ask_for_devices, join_processes
from gatedrnn.commands.reading import task_asked
from gatedrnn.commands.signals import stoppable
from gatedrnn.comparison.verdict.metric import unit_in_words
from gatedrnn.experiment import single
from gatedrnn.experiment.formatting import plain
from gatedrnn.experiment.saving import MODEL
from gatedrnn.tasks.metrics import METRICS, verdict_score
from gatedrnn.tasks.question import Question
from gatedrnn.training.early_stopping import EarlyStoppingState
from gatedrnn.training.hosts import is_first

if TYPE_CHECKING:
    from gatedrnn.experiment.result import TestedBaseline, TrainResult


def train(
    file: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="FILE")] = None,
    question: Annotated[Question, tyro.conf.OmitArgPrefixes] = Question(),
    settings: Annotated[single.TrainSettings, tyro.conf.OmitArgPrefixes] = single.TrainSettings(),
    out: Path = Path("runs/train"),
) -> None:
    """Train one network on a file of your own, or on a task, with checkpoints; the same command resumes.

    What was understood of a file is shown first, and last the test score beside that of the strongest simple baseline.
    Writes result.json and the network, for `gatedrnn predict`.

    Args:
        file: your data, such as a .csv with a row for each step; docs/data.md has all forms. None: the task.
        question: what is asked of the file, and which columns say it.
        settings: the network and how it is trained.
        out: folder for checkpoints, result.json and the network; it holds one run.
    """
    ask_for_devices(settings.devices)
    join_processes()
    console = make_console(quiet=not is_first())
    task = task_asked(console, file, question, settings.architecture.words, tasks=(settings.task,))
    if task is not None:
        settings = dataclasses.replace(settings, task=task)
    with stoppable() as termination:

        def on_segment(state: EarlyStoppingState, offset: float) -> None:
            print_segment(console, state, offset)
            termination.check()

        result = single.train(
            settings, out, on_segment=on_segment, on_baselines=lambda: note(console, "preparing: simple baselines")
        )
    note(console, *said(result), f"result: {out / 'result.json'}")
    if (out / f"{MODEL}.json").exists():
        note(console, f"predict: gatedrnn predict {shlex.quote(str(out))} FILE")


def said(result: TrainResult) -> list[str]:
    """Return what a run came to, in lines: by the metric that decides, beside the baseline, then by all others."""
    metric, baseline = result["metric"], result["baseline"]
    lines = [f"test: {_score(result['test'], result)} {unit_in_words(metric)}"]
    if result["trial"]["diverged_at"] is not None:
        lines.insert(0, f"diverged in epoch {result['trial']['diverged_at']}; tested are the best parameters before")
    if baseline is not None:
        lines.append(
            f"strongest simple baseline: {_score(baseline['test'], result)}, {_named(baseline)}; "
            f"on this test the network is {'better' if _better(result, baseline) else 'no better'}"
        )
    for name, known in METRICS.items():
        if name in result["test"] and name != metric["name"]:
            beside = None if baseline is None else baseline["test"].get(name)
            also = "" if beside is None else f", baseline {plain(beside)}"
            lines.append(f"  {known.words}: {plain(result['test'][name])}{also}")
    return lines


def _score(scores: dict[str, float], result: TrainResult) -> str:
    score = verdict_score(scores, result["metric"]["name"])
    return "unknown" if score is None else plain(score)


def _better(result: TrainResult, baseline: TestedBaseline) -> bool:
    ours, theirs = (verdict_score(each["test"], result["metric"]["name"]) for each in (result, baseline))
    return ours is not None and theirs is not None and ours < theirs


def _named(baseline: TestedBaseline) -> str:
    return f"{baseline['name']} ({baseline['choice']})" if baseline["choice"] else baseline["name"]
