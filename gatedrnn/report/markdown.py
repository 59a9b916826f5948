"""The report in Markdown: everything but its plots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatedrnn.comparison.verdict.pairs import pairs
from gatedrnn.comparison.verdict.scope import place
from gatedrnn.experiment.formatting import seconds
from gatedrnn.report.as_text import as_text
from gatedrnn.report.content.parts import Table, inline
from gatedrnn.report.content.task import TaskContent, task_content
from gatedrnn.report.plots.sequences import sequences_in_words

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Results
    from gatedrnn.comparison.verdict.pairs import TaskOfPair


def render_markdown(results: Results) -> str:
    """Return the report as Markdown.

    Args:
        results: what results.json holds; docs/results.md has its schema.
    """
    results = as_text(results)
    names = list(dict.fromkeys(name for task in results["tasks"] for name in task["cells"]))
    lines = [
        f"# {', '.join(names[:-1])} or {names[-1]}?",
        "",
        f"{results['started'][:10]}, {place(results['device'])}, took {seconds(results['seconds'])}. The plots are in "
        "[report.html](report.html), all numbers in [results.json](results.json).",
        "",
    ]
    for task in results["tasks"]:
        lines += _task(task_content(task, results), [_of_sequences(pair) for pair in pairs(task)])
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    ticks = _fence(results["command"], 3)
    lines += ["## To do it again", "", f"{ticks}sh", results["command"], ticks, ""]
    lines += [f"Seed {results['seed']}; {escaped(versions)}."]
    return "\n".join(lines) + "\n"


def _of_sequences(pair: TaskOfPair) -> str:
    """Return where two cells differ; nothing where the metric is no mean over sequences."""
    return "" if pair["statistics"]["two_way_bootstrap"] is None else sequences_in_words(pair)


def _task(content: TaskContent, sequences: list[str]) -> list[str]:
    lines = [f"## {escaped(content.title)}", "", f"**{escaped(content.headline)}**", ""]
    for pair, differ in zip(content.pairs, sequences, strict=True):
        title = escaped(f"{' or '.join(pair.names)}? {pair.headline}")
        lines += [f"### {title}", ""] if len(content.pairs) > 1 else []
        lines += [f"*{escaped(pair.other)}*", ""] if pair.other else []
        lines += [escaped(pair.finding), "", *_table(pair.intervals), ""]
        lines += [escaped(differ), ""] if differ else []
    lines += [escaped(content.scope), ""]
    if content.understood is not None:
        lines += [*_table(content.understood, "---"), ""]
    if content.caveats:
        lines += ["### Before you rely on this", "", *_bullets(content.caveats), ""]
    steps = [f"- {escaped(step.text)}{_code(step.command)}" for step in content.steps]
    lines += ["### What to do next", "", *steps, ""]
    lines += [f"### {content.cells.title}", "", *_table(content.cells), ""]
    if content.baselines is not None:
        lines += [f"### {content.baselines.title}", "", *_table(content.baselines), ""]
    if content.windows is not None:
        lines += [f"### {content.windows.title}", "", *_table(content.windows), ""]
    method = [f"{term}: {text}" for term, text in content.method.items()]
    return [*lines, "### How it was done", "", *_bullets(method), ""]


def _table(table: Table, rule: str = "---:") -> list[str]:
    """Return a table, notes in the line of what they belong to; without heads, its title is the only one.

    Args:
        table: the rows to show, with their heads.
        rule: Markdown's rule below the heads of values: to the right for numbers.
    """

    def line(row: Sequence[str]) -> str:
        return f"| {' | '.join(escaped(cell) for cell in row)} |"

    heads = ["", *(inline(head.text, head.note) for head in table.heads)] if table.heads else [table.title, ""]
    rows = [
        [inline(row.label, row.note), *(inline(value.text, value.note) for value in row.values)] for row in table.rows
    ]
    return [line(heads), f"|---|{f'{rule}|' * (len(heads) - 1)}", *map(line, rows)]


def _bullets(lines: Sequence[str]) -> list[str]:
    return [f"- {escaped(line)}" for line in lines]


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no tags, links or table cells, no line breaks of its own.

    Example:
        >>> escaped("a < b | c"), escaped("[a](b)")
        ('a &lt; b \\\\| c', '[a]\\\\(b)')
    """
    for sign, shown in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("](", "]\\(")):
        text = text.replace(sign, shown)
    return " ".join(text.split())


def _code(command: str | None) -> str:
    """Return a command as code, after a space; nothing where there is none."""
    return f" {(ticks := _fence(command, 1))}{command}{ticks}" if command else ""


def _fence(text: str, least: int) -> str:
    """Return more backticks than there are beside each other in a text, and at least so many."""
    return "`" * max(least, *(len(run) + 1 for run in re.findall("`+", text)), 0)
