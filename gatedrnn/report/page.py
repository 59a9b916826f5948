"""The report: results.json as one HTML file that needs nothing else."""

from __future__ import annotations

import datetime
import importlib.resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from gatedrnn.comparison.verdict.scope import place
from gatedrnn.experiment.formatting import seconds
from gatedrnn.files import Writer, write_text, written
from gatedrnn.report.as_text import as_text
from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.markup import Markup, element, join
from gatedrnn.report.overall import overall
from gatedrnn.report.task import coloured, task_section

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Results, TaskEntry


def write_report(results: Results, path: str | Path, *, writer: Writer = written) -> None:
    """Write the report of a comparison, atomically: a page, and beside it the same in Markdown (.md).

    Args:
        results: what results.json holds; docs/results.md has its schema.
        path: where the HTML file goes.
        writer: what writes a file, such as that of a run's folder.
    """
    write_text(Path(path), render_report(results), writer=writer)
    write_text(Path(path).with_suffix(".md"), render_markdown(results), writer=writer)


def render_report(results: Results) -> str:
    """Return the report as one HTML page without a reference to anything outside it."""
    results = as_text(results)
    template = importlib.resources.files("gatedrnn.report").joinpath("report.html").read_text(encoding="utf-8")
    main = element("main", [task_section(task, results, f"task-{i}") for i, task in enumerate(results["tasks"], 1)])
    body = join([_header(results), main, _footer(results)])
    return Template(template).substitute(title=join(f"{_question(results)} gatedrnn compare"), body=body)


def _question(results: Results) -> str:
    names = dict.fromkeys(name for task in results["tasks"] for name in task["cells"])
    *first, last = names
    return f"{', '.join(first)} or {last}?"


def _header(results: Results) -> Markup:
    started = datetime.datetime.fromisoformat(results["started"])
    facts = (f"{started.day} {started:%B %Y}", place(results["device"]), f"took {seconds(results['seconds'])}")
    tasks = results["tasks"]
    overview = [
        element("li", element("a", _overview(task), href=f"#task-{i}")) for i, task in enumerate(tasks, start=1)
    ]
    return element(
        "header",
        element("div", "gatedrnn compare", class_="eyebrow"),
        element("h1", _question(results)),
        element("p", " · ".join(facts)),
        element("ul", overview, class_="overview") if len(tasks) > 1 else None,
    )


def _overview(task: TaskEntry) -> list[Markup]:
    return [
        element("span", task["title"], class_="eyebrow"),
        element("strong", coloured(overall(task), list(task["cells"]))),
    ]


def _footer(results: Results) -> Markup:
    device = results["device"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    devices = f"{device['count']} {device['platform']} device{'s' * (device['count'] > 1)} ({device['kind']})"
    return element(
        "footer",
        element("h2", "To do it again"),
        element("pre", element("code", results["command"])),
        element(
            "dl",
            _row("Seed", str(results["seed"])),
            _row("Versions", versions),
            _row("Device", f"{devices}, {device['cpu_cores']} CPU cores"),
            _row("Started", results["started"]),
            _row(
                "Numbers",
                "results.json beside this file holds every number, curve and configuration; report.md is this "
                "report without its plots.",
            ),
            class_="method",
        ),
    )


def _row(term: str, text: str) -> list[Markup]:
    return [element("dt", term), element("dd", text)]
