"""The report in Markdown: everything but its plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.compare.verdict.pairs import favoured, pairs
from gatedrnn.compare.verdict.scope import place
from gatedrnn.costs.counting import step_flops
from gatedrnn.experiment.formatting import MINUS, count, interval, number, seconds
from gatedrnn.report.method import method_in_words
from gatedrnn.report.next_steps import next_steps
from gatedrnn.report.overall import overall
from gatedrnn.report.plots.data import tests
from gatedrnn.report.plots.sequences import sequences_in_words
from gatedrnn.report.tables import pair_places, places

if TYPE_CHECKING:
    from gatedrnn.compare.schema.pairs import EstimateEntry, IntervalEntry
    from gatedrnn.compare.schema.results import Results, TaskEntry
    from gatedrnn.compare.verdict.pairs import TaskOfPair


def render_markdown(results: Results) -> str:
    """Return the report as Markdown.

    Args:
        results: what results.json holds; docs/results.md has its schema.
    """
    names = list(dict.fromkeys(name for task in results["tasks"] for name in task["cells"]))
    lines = [
        f"# {', '.join(names[:-1])} or {names[-1]}?",
        "",
        f"{results['started'][:10]}, {place(results['device'])}, took {seconds(results['seconds'])}. The plots are in "
        "[report.html](report.html), all numbers in [results.json](results.json).",
        "",
    ]
    for task in results["tasks"]:
        lines += _task(task, results)
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    lines += ["## To do it again", "", "```sh", results["command"], "```", "", f"Seed {results['seed']}; {versions}."]
    return "\n".join(lines) + "\n"


def _task(task: TaskEntry, results: Results) -> list[str]:
    lines = [f"## {escaped(task['title'])}", "", f"**{escaped(overall(task))}**", ""]
    every = pairs(task)
    for pair in every:
        lines += _pair(pair, several=len(every) > 1)
    lines += [f"Scope: {escaped(every[0]['verdict']['scope'])}.", ""] if len(every) == 1 else []
    caveats = list(dict.fromkeys(line for pair in every for line in pair["verdict"]["caveats"]))
    lines += ["### Before you rely on this", "", *_bullets(caveats), ""] if caveats else []
    steps = [step.text + (f" `{step.command}`" if step.command else "") for step in next_steps(task, results)]
    lines += ["### What to do next", "", *_bullets(steps), ""]
    lines += ["### The cells", "", *_cells(task), ""]
    if task["baselines"]:
        lines += ["### Simple baselines", "", *_baselines(task), ""]
    lines += ["### How it was done", ""]
    return [*lines, *_bullets([f"{term}: {text.strip()}" for term, text in method_in_words(task).items()]), ""]


def _pair(pair: TaskOfPair, *, several: bool) -> list[str]:
    (a, b), statistics, digits = pair["cells"], pair["statistics"], pair_places(pair)
    d, q = statistics["difference"], statistics["equivalence"]
    better, s = favoured(pair)
    rows = [
        ["mean, paired t interval, 95 %", _estimate(d, digits)],
        ["bootstrap, 95 %", _ends(statistics["bootstrap"], digits)],
        ["two-way bootstrap, 95 %", _ends(statistics["two_way_bootstrap"], digits)],
        [f"equivalence, 90 %, against ±{number(q['region'], digits)}", _ends(q, digits)],
        [f"P({better} better), 95 %", f"{number(s.probability, 2)} {interval(s.low, s.high, 2)}"],
    ]
    head = [f"### {escaped(f'{a} or {b}? ' + pair['verdict']['headline'])}", ""] if several else []
    table = _table([f"{a} {MINUS} {b}, {pair['unit']}", ""], rows)
    said = [escaped(pair["verdict"]["finding"]), "", *table, ""]
    return [*head, *said, escaped(sequences_in_words(pair)), ""]


def _cells(task: TaskEntry) -> list[str]:
    scores, cells = tests(task), task["cells"]
    rows = [
        [f"test, {task['unit']}", *(_estimate(scores[name], places(task)) for name in cells)],
        ["units", *(count(cell["hidden"]) for cell in cells.values())],
        ["parameters", *(count(cell["parameters"]["total"]) for cell in cells.values())],
        ["FLOPs per step", *(count(step_flops(cell)) for cell in cells.values())],
        ["time per step", *(seconds(cell["step_seconds"]["median"]) for cell in cells.values())],
        ["training time of a replicate", *(seconds(cell["training_seconds"]) for cell in cells.values())],
    ]
    return _table([f"matched by {task['protocol']['matching']}", *cells], rows)


def _baselines(task: TaskEntry) -> list[str]:
    rows = [
        [
            f"{baseline['name']}{' (the strongest)' if baseline['strongest'] else ''}",
            number(baseline["test"], places(task)),
            "" if baseline["accuracy"] is None else number(baseline["accuracy"], 3),
            number(baseline["validation"], places(task)),
        ]
        for baseline in task["baselines"]
    ]
    return _table(["", "test", "accuracy", "validation"], rows)


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    def line(row: list[str]) -> str:
        return f"| {' | '.join(escaped(cell) for cell in row)} |"

    return [line(head), f"|{'---|' * len(head)}", *(line(row) for row in rows)]


def _bullets(lines: list[str]) -> list[str]:
    return [f"- {escaped(line)}" for line in lines]


def _estimate(estimate: EstimateEntry, digits: int) -> str:
    return f"{number(estimate['mean'], digits)} {_ends(estimate, digits)}"


def _ends(entry: IntervalEntry, digits: int) -> str:
    return interval(entry["low"], entry["high"], digits)


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no tags, no table cells, no line breaks of its own.

    Example:
        >>> escaped("a < b | c")
        'a &lt; b \\\\| c'
    """
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").split())
