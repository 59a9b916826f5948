"""The report's tables: the cells side by side, the baselines, every interval, and every replicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gatedrnn.compare.search import limits
from gatedrnn.compare.verdict import caveats
from gatedrnn.costs.counting import step_flops
from gatedrnn.experiment.formatting import MINUS, count, decimals, interval, number, seconds
from gatedrnn.report.markup import Child, Markup, element, unbroken
from gatedrnn.report.plots.svg import CELLS
from gatedrnn.tasks.task import CLASSES

if TYPE_CHECKING:
    from gatedrnn.compare.schema.pairs import EstimateEntry, IntervalEntry, PairEntry
    from gatedrnn.compare.schema.results import CellEntry, TaskEntry, TestedTask
    from gatedrnn.compare.schema.runs import BaselineEntry, ReplicateEntry
    from gatedrnn.compare.verdict.pairs import TaskOfPair


def value(exact: float, text: str) -> Markup:
    """Return a number as shown, with the number as it is for programs: ``<data value=...>``."""
    return element("data", text, value=repr(exact))


def css_class(place: int) -> str:
    """Return the class that colours the cell at that place as the plots do."""
    return f"cell-{place % len(CELLS) + 1}"


def cells_table(task: TaskEntry) -> Markup:
    """Return quality, cost in all four matchings, and runs of every cell."""
    names = list(task["cells"])
    head = element("tr", element("th", ""), [_cell_name(name, k) for k, name in enumerate(names)])
    rows = [
        element("tr", element("th", label, scope="row"), [element("td", show(name)) for name in names], class_=kind)
        for label, show, kind in [*_quality_rows(task), *_cost_rows(task), *_run_rows(task)]
    ]
    caption = "The two cells" if len(names) == 2 else "The cells"
    table = element("table", element("caption", caption), element("thead", head), element("tbody", rows))
    return _scrolling(table, caption) if len(names) > 2 else table


Row = tuple[Child, Callable[[str], Child], "str | None"]


def _quality_rows(task: TaskEntry) -> list[Row]:
    digits = places(task)
    cells = {name: pair["statistics"]["cells"][name] for pair in task["pairs"] for name in pair["names"]}
    accuracies = {
        name: estimate
        for pair in task["pairs"]
        if (accuracy := pair["statistics"]["accuracy"]) is not None
        for name, estimate in accuracy["cells"].items()
    }

    def validation(name: str) -> Child:
        score = cells[name]["validation"]
        return "none" if score is None else value(score, number(score, digits))

    def beats(name: str) -> Child:
        return "yes" if cells[name]["beats_baseline"] else "not shown"

    rows: list[Row] = [
        (
            ["Test", element("small", unbroken(f"{task['unit']}, 95 %"))],
            lambda name: _with_interval(cells[name]["test"], digits),
            "main",
        )
    ]
    if accuracies:
        label = ["Accuracy in the test", element("small", unbroken("95 %; decides nothing"))]
        rows.append((label, lambda name: _with_interval(accuracies[name], 3), None))
    rows.append((["Validation", element("small", "selected trials")], validation, None))
    if task["baselines"]:
        rows.append((["Beats the baseline", element("small", "whole interval")], beats, None))
    return rows


def _cost_rows(task: TaskEntry) -> list[Row]:
    """Return what cells cost; each of the four matchings says how far the cells are apart in it."""
    cells, first = task["cells"], next(iter(task["cells"]))
    by = task["protocol"]["matching"]

    def measure(
        label: str, matching: str, note: str, of: Callable[[CellEntry], float], show: Callable[[Any], str]
    ) -> Row:
        def cell(name: str) -> Child:
            exact = of(cells[name])
            ratio = "" if name == first else f"{number(exact / of(cells[first]), 2)}×"
            return _noted(value(exact, show(exact)), ratio)

        matched = ", matched" if matching == by else ""
        return [label, element("small", f"{note}{matched}")], cell, "matched" if matched else None

    def duration(field: str) -> Callable[[str], Child]:
        return lambda name: value(cells[name][field], seconds(cells[name][field]))

    return [
        measure("Units", "width", "width", lambda cell: cell["hidden"], count),
        measure("Parameters", "parameters", "head included", lambda cell: cell["parameters"]["total"], count),
        measure("FLOPs per step", "flops", "forward, backward", lambda c: step_flops(c), count),
        measure("Time per step", "time", "measured, batch", lambda cell: cell["step_seconds"]["median"], seconds),
        (["Training time", element("small", "of one replicate")], duration("training_seconds"), None),
        ("Compile time", duration("compile_seconds"), None),
    ]


def _run_rows(task: TaskEntry) -> list[Row]:
    def late(task: TestedTask, name: str) -> int:
        return limits.late(caveats.runs(task, name), task["protocol"]["max_epochs"])

    def part(counted: Callable[[TestedTask, str], int]) -> Callable[[str], Child]:
        return lambda name: [
            value(counted(task, name), str(counted(task, name))),
            f" of {len(caveats.runs(task, name))}",
        ]

    return [
        ("Runs that diverged", part(caveats.diverged), None),
        (["Runs best at the cap", element("small", "in its last 5 %")], part(late), None),
    ]


def baselines_table(task: TaskEntry) -> Markup | None:
    """Return the simple baselines, the strongest one marked."""
    if not task["baselines"]:
        return None
    digits = places(task)
    classes = task["kind"] in CLASSES
    heads = ["Test", *(["Accuracy"] if classes else []), "Validation"]

    def row(baseline: BaselineEntry) -> Markup:
        chosen = ", ".join(sorted(set(filter(None, baseline["choices"]))))
        notes = [note for note in (chosen, "the strongest" if baseline["strongest"] else "") if note]
        name = [baseline["name"], element("small", "; ".join(notes)) if notes else None]
        cells: list[Child] = [value(baseline["test"], number(baseline["test"], digits))]
        if classes:
            accuracy = baseline["accuracy"]
            cells.append("" if accuracy is None else value(accuracy, number(accuracy, 3)))
        cells.append(value(baseline["validation"], number(baseline["validation"], digits)))
        strongest = "strongest" if baseline["strongest"] else None
        return element(
            "tr", element("th", name, scope="row"), [element("td", cell) for cell in cells], class_=strongest
        )

    head = element("tr", element("th", ""), [element("th", text, scope="col") for text in heads])
    return element(
        "table",
        element("caption", "Simple baselines"),
        element("thead", head),
        element("tbody", [row(baseline) for baseline in task["baselines"]]),
    )


def intervals_table(pair: TaskOfPair) -> Markup:
    """Return everything that was reckoned of one pair's difference."""
    (a, b), statistics, digits = pair["cells"], pair["statistics"], pair_places(pair)
    d, s, q = statistics["difference"], statistics["superiority"], statistics["equivalence"]
    corrected = ", corrected" if statistics["pairs"] > 1 else ""
    needed = statistics["replicates_needed"]

    def ends(entry: IntervalEntry, digits: int = digits) -> str:
        return interval(entry["low"], entry["high"], digits)

    superior = f"{number(s['probability'], 2)} {ends(s, 2)}"
    rows = [
        ("Mean, paired t", f"{number(d['mean'], digits)} {ends(d)}", f"95 %; p{corrected} {_p(d['p'])}; decides"),
        ("Bootstrap of replicates", ends(statistics["bootstrap"]), "95 %"),
        ("Two-way bootstrap", ends(statistics["two_way_bootstrap"]), "95 %, replicates and test sequences"),
        ("Equivalence", ends(q), f"90 %; p{corrected} {_p(q['p'])} against ±{number(q['region'], digits)}"),
        (f"P({a} better)", superior, f"95 %; {s['wins']} won, {s['losses']} lost, {s['ties']} tied"),
        ("Replicates needed", "none found" if needed is None else count(needed), f"power {statistics['power']:g}"),
    ]
    body = [
        element("tr", element("th", r[0], element("small", unbroken(r[2])), scope="row"), element("td", r[1]))
        for r in rows
    ]
    return element("table", element("caption", f"{a} {MINUS} {b}, {pair['unit']}"), element("tbody", body))


def replicates_table(task: TaskEntry) -> Markup:
    """Return scores and selected configurations of every replicate."""
    names, digits = list(task["cells"]), places(task)
    fields = list(task["protocol"]["space"])
    chosen = [element("small", " · ".join(field.replace("_", " ") for field in fields))]
    difference = [f"{names[0]} {MINUS} {names[1]}"] if len(names) == 2 else []
    heads: list[Child] = ["", "Seed", *names, *difference, *([f"{name} selected", chosen] for name in names)]

    def selected(replicate: ReplicateEntry, name: str) -> str:
        configuration = replicate["configurations"][replicate["cells"][name]["selected"]]
        return " · ".join(_plain(configuration[field]) for field in fields)

    def row(replicate: ReplicateEntry) -> Markup:
        scores = [replicate["cells"][name]["test"]["nats"] for name in names]
        numbers = [value(x, number(x, digits)) for x in (*scores, *([scores[0] - scores[1]] if difference else []))]
        cells = [str(replicate["seed"]), *numbers, *(selected(replicate, name) for name in names)]
        return element(
            "tr", element("th", str(replicate["index"] + 1), scope="row"), [element("td", cell) for cell in cells]
        )

    table = element(
        "table",
        element("thead", element("tr", [element("th", head, scope="col") for head in heads])),
        element("tbody", [row(replicate) for replicate in task["replicates"]]),
    )
    return _scrolling(table, "Every replicate")


def _scrolling(table: Markup, label: str) -> Markup:
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def places(task: TaskEntry) -> int:
    """Return the decimals that the smallest uncertainty of any pair allows."""
    return max(pair_places(pair) for pair in task["pairs"])


def pair_places(pair: PairEntry | TaskOfPair) -> int:
    """Return the decimals that the uncertainty of one pair's difference allows."""
    difference = pair["statistics"]["difference"]
    return decimals((difference["high"] - difference["low"]) / 2)


def _cell_name(name: str, k: int) -> Markup:
    return element("th", name, scope="col", class_=css_class(k))


def _with_interval(estimate: EstimateEntry, digits: int) -> Child:
    shown = value(estimate["mean"], number(estimate["mean"], digits))
    return _noted(shown, interval(estimate["low"], estimate["high"], digits))


def _noted(shown: Markup, note: str) -> Child:
    return [shown, element("small", note)] if note else shown


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.2g}"


def _plain(choice: Any) -> str:
    return choice if isinstance(choice, str) else f"{choice:.3g}"
