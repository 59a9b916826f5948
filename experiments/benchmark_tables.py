"""Make the tables of docs/ that hold times, of what benchmarks wrote into benchmarks/results/.

python experiments/benchmark_tables.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gatedrnn.files import write_text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PASSES = ("forward", "training")
METHODS = ("newton", "block", "gate")


def _measured(name: str) -> list[dict[str, Any]]:
    """Return what a benchmark has measured, one entry for each program or pass."""
    return json.loads((RESULTS / f"{name}-cpu-2-cores.json").read_text(encoding="utf-8"))["results"]


def _markdown(heads: list[str], rows: Iterable[list[str]]) -> str:
    """Return a table in Markdown."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ["---"] * len(heads), *rows))


def cells() -> str:
    """Return what each cell costs beside the LSTM, of `python benchmarks/zoo.py`."""

    def passed(one: dict[str, Any], which: str) -> list[str]:
        microseconds = 1e3 * one[which]["milliseconds"]["median"] / one["sizes"]["length"]
        over = one[which]["over LSTM"]
        low, high = over["interval"]
        return [f"{microseconds:.1f}", f"{over['median']:.2f} [{low:.2f}, {high:.2f}]"]

    def row(one: dict[str, Any]) -> list[str]:
        engines = ", ".join(dict.fromkeys((one["auto"], *one["engines"])))
        return [one["cell"], f"{one['parameters']:,}", *passed(one, "forward"), *passed(one, "training"), engines]

    heads = ["cell", "parameters", "forward, µs", "over LSTM", "training, µs", "over LSTM", "engines"]
    return _markdown(heads, map(row, _measured("zoo")))


def native(maker: str) -> str:
    """Return the native engine's time over others' on a maker's machine, of `python benchmarks/peers.py`.

    They are medians of ratios within rounds.
    """
    known: dict[tuple[str, str], dict[str, dict[str, list[float]]]] = {}
    for one in _measured(f"native-{maker}") + _measured(f"native-rest-{maker}"):
        passes = known.setdefault((one["cell"], one["shape"]), {})
        passes.setdefault(one["pass"], {})[one["contestant"]] = one["times_ms"]

    def ratios(times: dict[str, list[float]]) -> list[str]:
        others = ("ours", "pytorch", "floor")
        return [f"{np.median(np.divide(times['native'], times[other])):.2f}" for other in others]

    over = ["over PyTorch", "over the floor"]
    heads = ["cell", "shape", "forward: over fast", *over, "training: over fast", *over]
    # All shapes of a cell, then of the next.
    places = sorted(known, key=lambda place: place[0] == "GRU")
    return _markdown(heads, ([*key, *ratios(known[key]["forward"]), *ratios(known[key]["training"])] for key in places))


def parallel() -> str:
    """Return times over the scan's, forward and in training, of `python benchmarks/parallel.py`."""
    found = {(one["cell"], one["layer"], one["steps"], one["pass"]): one for one in _measured("parallel")}
    lengths = sorted({steps for _, _, steps, _ in found})
    layers = dict.fromkeys((cell, layer) for cell, layer, _, _ in found if layer != "scan")

    def both(cell: str, layer: str, steps: int) -> str:
        known = [found.get((cell, layer, steps, which)) for which in PASSES]
        return ", ".join(f"{one['over scan']['median']:.2g}" if one else "" for one in known).strip(", ")

    rows = ([cell, f'`"{layer}"`', *(both(cell, layer, steps) for steps in lengths)] for cell, layer in layers)
    return _markdown(["cell", "layer", *(f"T {steps:,}" for steps in lengths)], rows)


def iterations() -> str:
    """Return how often gr.parallel corrects, of `python benchmarks/parallel_iterations.py`, and the largest errors."""
    nets: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    for one in _measured("parallel_iterations"):
        kind = one["type"].replace(", carry", " with a carry of")
        words = (one["net"].split(",")[0], *(() if kind == "float32" else (kind,)))
        what = (one["cell"], str(one["hidden"]), ", ".join(words), f"{one['steps']:,}", f"{one['exponent']:.2f}")
        nets.setdefault(what, {})[one["method"]] = one

    def counted(one: dict[str, Any] | None) -> str:
        if one is None:
            return ""
        return f"{one['iterations']} ({one['warm iterations']})" if one["converged"] else "the scan"

    def errors(methods: dict[str, dict[str, Any]]) -> list[str]:
        return [f"{max(one[f'{which} error'] for one in methods.values()):.0e}" for which in ("forward", "gradient")]

    heads = ["cell", "H", "network", "T", "exponent", *METHODS, "forward error", "gradient error"]
    rows = ([*net, *(counted(of.get(method)) for method in METHODS), *errors(of)] for net, of in nets.items())
    return _markdown(heads, rows)


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "costs": ("docs/cells.md", cells),
    "native-amd": ("docs/performance.md", partial(native, "amd")),
    "native-intel": ("docs/performance.md", partial(native, "intel")),
    "parallel": ("docs/parallel.md", parallel),
    "iterations": ("docs/parallel.md", iterations),
}
"""By the name in a page's comments, the page and what makes the table between them."""


def with_table(page: str, name: str) -> str:
    """Return a page with the table of that name made again."""
    block = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    return block.sub(lambda found: f"{found[1]}{TABLES[name][1]()}{found[2]}", page)


if __name__ == "__main__":
    for name, (path, _) in TABLES.items():
        write_text(ROOT / path, with_table((ROOT / path).read_text(encoding="utf-8"), name))
