"""One task in the report: verdict, key numbers, caveats, plots, and how it was done."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from gatedrnn.comparison.formatting import MINUS, decimals, interval, number
from gatedrnn.comparison.report import plots, tables
from gatedrnn.comparison.report.markup import Child, Markup, element
from gatedrnn.comparison.report.tables import value
from gatedrnn.comparison.verdict.wording import budget, favoured

CLASSES = ("cell-a", "cell-b")


def task_section(task: dict[str, Any], name: str) -> Markup:
    """Return the section of one task.

    Args:
        task: its entry in results.json.
        name: of the section, unique in the page.
    """
    verdict = task["verdict"]
    differences, curves, rates, costs = _figures(task, name)
    return element(
        "section",
        element("p", task["title"], class_="eyebrow"),
        element("h2", headline(task)),
        element("p", _unbroken(verdict["finding"]), class_="finding"),
        element("p", f"Scope: {verdict['scope']}.", class_="scope"),
        _tiles(task),
        _caveats(verdict["caveats"]),
        element(
            "div",
            element("div", differences, costs),
            element("div", tables.cells_table(task), tables.baselines_table(task)),
            class_="pair",
        ),
        element("div", curves, rates, class_="pair"),
        element("details", element("summary", "How it was done"), _method(task)),
        element("details", element("summary", "Every replicate"), tables.replicates_table(task)),
        id=name,
    )


def headline(task: dict[str, Any]) -> Markup:
    """Return the verdict's headline with the cells' names in their colours."""
    text = html.escape(task["verdict"]["headline"])
    classes = {html.escape(name): CLASSES[k] for k, name in enumerate(task["cells"])}
    pattern = "|".join(rf"\b{re.escape(name)}(?![\w-])" for name in sorted(classes, key=len, reverse=True))
    return Markup(re.sub(pattern, lambda m: f'<span class="{classes[m[0]]}">{m[0]}</span>', text))


def _tiles(task: dict[str, Any]) -> Markup:
    """Return the three numbers that decide."""
    (a, b), statistics = task["cells"], task["statistics"]
    d, q = statistics["difference"], statistics["equivalence"]
    better, s = favoured(task)
    places = decimals((d["high"] - d["low"]) / 2)
    ties = f", {s.ties} tied" if s.ties else ""
    return element(
        "dl",
        _tile(
            f"Difference {a} {MINUS} {b}",
            value(d["mean"], number(d["mean"], places)),
            f"{interval(d['low'], d['high'], places)} {task['unit']}, paired, 95 %",
        ),
        _tile(
            f"Probability that {better} is better",
            value(s.probability, number(s.probability, 2)),
            f"{interval(s.low, s.high, 2)}, 95 %; {s.wins} of {d['n']} replicates{ties}",
        ),
        _tile("Region of practical equivalence", *_region(q, places)),
        class_="tiles",
    )


def _region(equivalence: dict[str, Any], places: int) -> tuple[Child, str]:
    if equivalence["region"] == 0:
        return "none", "no cell gains on a simple baseline in validation"
    where = "inside it" if equivalence["equivalent"] else "not inside it"
    ninety = interval(equivalence["low"], equivalence["high"], places)
    shown = ["±", value(equivalence["region"], number(equivalence["region"], places))]
    return shown, f"90 % interval {ninety} is {where}"


def _tile(term: str, shown: Child, note: str) -> Markup:
    return element("div", element("dt", term), element("dd", shown, element("small", _unbroken(note))))


def _caveats(lines: list[str]) -> Markup | None:
    if not lines:
        return None
    items = [element("li", line) for line in lines]
    return element("aside", element("h3", "Before you rely on this"), element("ul", items), class_="caveats")


def _figures(task: dict[str, Any], name: str) -> list[Markup]:
    a, b = task["cells"]
    shown: tuple[tuple[Callable[[dict[str, Any], str], str], str, str, str], ...] = (
        (
            plots.paired_differences,
            "differences",
            "Paired differences",
            f"Each replicate's {a} {MINUS} {b} in the test. Below, their mean with its 95 % interval (thin) and 90 % "
            "interval (thick). Shaded: the region of practical equivalence.",
        ),
        (
            plots.learning_curves,
            "curves",
            "Learning curves",
            "Validation of the selected trials; bold, the median over replicates of the best so far, where a run that "
            "stopped early keeps its best.",
        ),
        (
            plots.learning_rates,
            "rates",
            "Sensitivity to the learning rate",
            "Each trial's best validation score; lines are medians of six equal parts of the axis. Triangles are worse "
            "than the range shown, crosses diverged.",
        ),
        (
            plots.quality_against_cost,
            "costs",
            "Quality against cost",
            "Test scores of all replicates, with means and 95 % intervals. Where sizes are about equal, the cells "
            "stand side by side. Training time is that of all trials of a replicate.",
        ),
    )
    return [
        element(
            "figure",
            element("figcaption", element("h3", title), element("p", _unbroken(text))),
            Markup(plot(task, f"{name}-{suffix}")),
        )
        for plot, suffix, title, text in shown
    ]


def _method(task: dict[str, Any]) -> Markup:
    protocol = task["protocol"]
    space = "; ".join(f"{name.replace('_', ' ')}: {text}" for name, text in protocol["space"].items())
    rows = {
        "Replication": f"{protocol['replicates']} repetitions of the whole procedure, each with its own split into "
        "training and validation part, configurations and seed; both cells share these. In each, "
        f"{budget(task)} of random configurations are trained, the best one on the validation part is selected, and "
        "that one alone meets the test set, once.",
        "Training": f"Adam, batches of {protocol['batch_size']} sequences, at most {protocol['max_epochs']} epochs, "
        f"stopped after {protocol['patience']} epochs without a better validation score.",
        "Search space": f"{space}.",
        "Sizes": f"Matched by {protocol['matching']}, recurrent layer and head counted."
        if protocol["matching"] == "parameters"
        else f"By {protocol['matching']}, which are not matched.",
        "Baselines": "Fitted on the same splits; the strongest in validation is the one to beat. A cell beats it where "
        "the whole 95 % interval of its test score is better.",
        "Difference": "Mean of the paired differences with its 95 % t interval (Student 1908). It decides which "
        "cell is better.",
        "Superiority": "Part of the replicates in which a cell is better, ties counted half, with the exact 95 % "
        "interval (Clopper and Pearson 1934). Better is called meaningfully better from 0.75 on, with the interval "
        "above 0.5 (Bouthillier et al. 2021), and with more than practical equivalence.",
        "Equivalence": "Two one-sided t tests at 5 % (Schuirmann 1987) against a region of 2 % of what the best cell "
        "gains over the strongest simple baseline, by validation scores alone.",
        "Time and FLOPs": "FLOPs of matrix products for one time step of one sequence. Time per step is measured in "
        "training on a whole batch, forward and backward; its interval is the middle half of the measurements.",
        "Data": f"{task['source'].rstrip('.')}; SHA-256 {task['data_sha256']}.",
    }
    entries = [[element("dt", term), element("dd", _unbroken(text))] for term, text in rows.items()]
    return element("dl", entries, class_="method")


def _unbroken(text: str) -> str:
    """Keep a percent sign with its number at the end of a line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")
