"""Everything that a report says of one task, but for its plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.comparison.verdict.pairs import pairs
from gatedrnn.comparison.verdict.scope import scope
from gatedrnn.experiment.architecture import in_words
from gatedrnn.report.content.baselines import baselines_table
from gatedrnn.report.content.cells import cells_table
from gatedrnn.report.content.pair import PairContent, pair_content
from gatedrnn.report.content.parts import Table
from gatedrnn.report.content.understood import understood_table
from gatedrnn.report.content.windows import windows_in_words, windows_table
from gatedrnn.report.method import method_in_words
from gatedrnn.report.next_steps import Step, next_steps
from gatedrnn.report.overall import overall

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Results, TaskEntry


class TaskContent(NamedTuple):
    """What is said of one task.

    Attributes:
        title: the task in words.
        headline: the verdict, or what several verdicts come to.
        pairs: the verdict on each pair of cells.
        scope: what the verdicts hold for, as a sentence.
        caveats: what to know before relying on them, in sentences.
        steps: what to do next, the most important first.
        understood: what was understood of the data; None where a task says nothing of it.
        cells: the cells side by side.
        baselines: the simple baselines; None where the task has none.
        windows: scores and labels with other windows; None where none were tried.
        method: how the comparison was done, by the name of each part.
    """

    title: str
    headline: str
    pairs: tuple[PairContent, ...]
    scope: str
    caveats: tuple[str, ...]
    steps: tuple[Step, ...]
    understood: Table | None
    cells: Table
    baselines: Table | None
    windows: Table | None
    method: dict[str, str]


def task_content(task: TaskEntry, results: Results) -> TaskContent:
    """Return everything that is said of one task.

    Args:
        task: an entry of ``tasks`` in results.json.
        results: the whole of results.json.

    Raises:
        InputError: where the label of a verdict is not of the vocabulary.
    """
    order = list(task["cells"])
    return TaskContent(
        title=task["title"],
        headline=overall(task),
        pairs=tuple(
            pair_content(pair, entry["other"], order, entry["censored"])
            for pair, entry in zip(pairs(task), task["pairs"], strict=True)
        ),
        scope=f"Scope: {scope(task, results['device'])}.",
        caveats=_caveats(task),
        steps=tuple(next_steps(task, results)),
        understood=understood_table(task["facts"], in_words(task["protocol"]["architecture"])),
        cells=cells_table(task),
        baselines=baselines_table(task) if task["baselines"] else None,
        windows=windows_table(task),
        method={term: text.strip() for term, text in method_in_words(task).items()},
    )


def _caveats(task: TaskEntry) -> tuple[str, ...]:
    """Return what all pairs have to say, once, and whether another window would have given another verdict."""
    lines = [line for pair in task["pairs"] for line in pair["verdict"]["caveats"]]
    of_windows = windows_in_words(task)
    return tuple(dict.fromkeys([*lines, *([of_windows] if of_windows else [])]))
