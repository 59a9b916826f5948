"""Make docs/cells.md's table of costs of what `python benchmarks/zoo.py` wrote.

python experiments/cell_costs.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gatedrnn.files import write_text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "zoo-cpu-2-cores.json"
PAGE = ROOT / "docs" / "cells.md"
BLOCK = re.compile(r"(<!-- begin costs -->\n).*?(<!-- end costs -->)", re.DOTALL)


def _passed(one: dict[str, Any], which: str) -> list[str]:
    """Return microseconds a step of one pass, and their ratio to the LSTM's with its interval."""
    microseconds = 1e3 * one[which]["milliseconds"]["median"] / one["sizes"]["length"]
    over = one[which]["over LSTM"]
    low, high = over["interval"]
    return [f"{microseconds:.1f}", f"{over['median']:.2f} [{low:.2f}, {high:.2f}]"]


def _engines(one: dict[str, Any]) -> str:
    """Return the engines that take a cell, the one that "auto" takes first."""
    return ", ".join(dict.fromkeys((one["auto"], *one["engines"])))


def table(costs: list[dict[str, Any]]) -> str:
    """Return the table in Markdown, a row for each cell that was measured."""
    heads = ["cell", "parameters", "forward, µs", "over LSTM", "training, µs", "over LSTM", "engines"]
    rows = [
        [one["cell"], f"{one['parameters']:,}", *_passed(one, "forward"), *_passed(one, "training"), _engines(one)]
        for one in costs
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ["---"] * len(heads), *rows))


def with_table(page: str) -> str:
    """Return the page with the table of what was measured last."""
    costs = json.loads(RESULTS.read_text(encoding="utf-8"))["results"]
    return BLOCK.sub(lambda found: f"{found[1]}{table(costs)}{found[2]}", page)


if __name__ == "__main__":
    write_text(PAGE, with_table(PAGE.read_text(encoding="utf-8")))
