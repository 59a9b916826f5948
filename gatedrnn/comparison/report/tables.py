"""The report's tables: the two cells side by side, the baselines, and every replicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatedrnn.comparison.formatting import MINUS, count, decimals, interval, number, seconds
from gatedrnn.comparison.report.markup import Child, Markup, element
from gatedrnn.comparison.search import limits
from gatedrnn.comparison.verdict import caveats
from gatedrnn.tasks.task import CLASSES

Cell = dict[str, Any]


def value(exact: float, text: str) -> Markup:
    """Return a number as shown, with the number as it is for programs: ``<data value=...>``."""
    return element("data", text, value=repr(exact))


def cells_table(task: dict[str, Any]) -> Markup:
    """Return quality, cost and runs of both cells."""
    names = list(task["cells"])
    head = element("tr", element("th", ""), [_cell_name(name, k) for k, name in enumerate(names)])
    rows = [
        element("tr", element("th", label, scope="row"), [element("td", show(name)) for name in names], class_=kind)
        for label, show, kind in [*_quality_rows(task), *_cost_rows(task), *_run_rows(task)]
    ]
    return element("table", element("caption", "The two cells"), element("thead", head), element("tbody", rows))


Row = tuple[Child, Callable[[str], Child], "str | None"]


def _quality_rows(task: dict[str, Any]) -> list[Row]:
    statistics, places = task["statistics"], _places(task)

    def test(name: str) -> Child:
        score = statistics["cells"][name]["test"]
        return _with_interval(score, places)

    def accuracy(name: str) -> Child:
        return _with_interval(statistics["accuracy"]["cells"][name], 3)

    def validation(name: str) -> Child:
        score = statistics["cells"][name]["validation"]
        return "none" if score is None else value(score, number(score, places))

    rows: list[Row] = [(["Test", element("small", f"{task['unit']}, 95 %")], test, "main")]
    if statistics["accuracy"] is not None:
        rows.append((["Accuracy in the test", element("small", "95 %; decides nothing")], accuracy, None))
    rows.append((["Validation", element("small", "selected trials")], validation, None))
    return rows


def _cost_rows(task: dict[str, Any]) -> list[Row]:
    cells = task["cells"]

    def parameters(name: str) -> Child:
        p = cells[name]["parameters"]
        return _noted(value(p["total"], count(p["total"])), f"{count(p['recurrent'])} + {count(p['head'])}")

    def flops(name: str) -> Child:
        f = cells[name]["flops_per_step"]
        total = sum(f.values())
        return _noted(value(total, count(total)), f"{count(f['forward'])} + {count(f['backward'])}")

    def step(name: str) -> Child:
        t = cells[name]["step_seconds"]
        return _noted(value(t["median"], seconds(t["median"])), f"{seconds(t['low'])} to {seconds(t['high'])}")

    def duration(field: str) -> Callable[[str], Child]:
        return lambda name: value(cells[name][field], seconds(cells[name][field]))

    return [
        ("Units", lambda name: value(cells[name]["hidden"], count(cells[name]["hidden"])), None),
        (["Parameters", element("small", "recurrent + head")], parameters, None),
        (["FLOPs per step", element("small", "forward + backward")], flops, None),
        (["Time per step", element("small", "measured, batch")], step, None),
        (["Training time", element("small", "of one replicate")], duration("training_seconds"), None),
        ("Compile time", duration("compile_seconds"), None),
    ]


def _run_rows(task: dict[str, Any]) -> list[Row]:
    def late(task: dict[str, Any], name: str) -> int:
        return limits.late(caveats.runs(task, name), task["protocol"]["max_epochs"])

    def part(counted: Callable[[dict[str, Any], str], int]) -> Callable[[str], Child]:
        return lambda name: [
            value(counted(task, name), str(counted(task, name))),
            f" of {len(caveats.runs(task, name))}",
        ]

    return [
        ("Runs that diverged", part(caveats.diverged), None),
        (["Runs best at the cap", element("small", "in its last 5 %")], part(late), None),
    ]


def baselines_table(task: dict[str, Any]) -> Markup | None:
    """Return the simple baselines, the strongest one marked."""
    if not task["baselines"]:
        return None
    places = _places(task)
    classes = task["kind"] in CLASSES
    heads = ["Test", *(["Accuracy"] if classes else []), "Validation"]

    def row(baseline: dict[str, Any]) -> Markup:
        chosen = ", ".join(sorted(set(filter(None, baseline["choices"]))))
        notes = [note for note in (chosen, "the strongest" if baseline["strongest"] else "") if note]
        name = [baseline["name"], element("small", "; ".join(notes)) if notes else None]
        cells = [value(baseline["test"], number(baseline["test"], places))]
        if classes:
            accuracy = baseline["accuracy"]
            cells.append("" if accuracy is None else value(accuracy, number(accuracy, 3)))
        cells.append(value(baseline["validation"], number(baseline["validation"], places)))
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


def replicates_table(task: dict[str, Any]) -> Markup:
    """Return scores and selected configurations of every replicate."""
    (a, b), places = task["cells"], _places(task)
    fields = list(task["protocol"]["space"])
    chosen = [element("small", " · ".join(field.replace("_", " ") for field in fields))]
    heads: list[Child] = ["", "Seed", a, b, f"{a} {MINUS} {b}", *([f"{name} selected", chosen] for name in (a, b))]

    def selected(replicate: dict[str, Any], name: str) -> str:
        configuration = replicate["configurations"][replicate["cells"][name]["selected"]]
        return " · ".join(_plain(configuration[field]) for field in fields)

    def row(replicate: dict[str, Any]) -> Markup:
        first, second = (replicate["cells"][name]["test"]["nats"] for name in (a, b))
        numbers = [value(x, number(x, places)) for x in (first, second, first - second)]
        cells = [str(replicate["seed"]), *numbers, *(selected(replicate, name) for name in (a, b))]
        return element(
            "tr", element("th", str(replicate["index"] + 1), scope="row"), [element("td", cell) for cell in cells]
        )

    table = element(
        "table",
        element("thead", element("tr", [element("th", head, scope="col") for head in heads])),
        element("tbody", [row(replicate) for replicate in task["replicates"]]),
    )
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label="Every replicate")


def _places(task: dict[str, Any]) -> int:
    difference = task["statistics"]["difference"]
    return decimals((difference["high"] - difference["low"]) / 2)


def _cell_name(name: str, k: int) -> Markup:
    return element("th", name, scope="col", class_=("cell-a", "cell-b")[k])


def _with_interval(estimate: dict[str, float], places: int) -> Child:
    shown = value(estimate["mean"], number(estimate["mean"], places))
    return _noted(shown, interval(estimate["low"], estimate["high"], places))


def _noted(shown: Markup, note: str) -> Child:
    return [shown, element("small", note)]


def _plain(choice: Any) -> str:
    return choice if isinstance(choice, str) else f"{choice:.3g}"
