"""Make docs/performance.md's table of the native engine of what `python benchmarks/peers.py` wrote.

python experiments/native_costs.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from gatedrnn.files import write_text

ROOT = Path(__file__).parents[1]
FILES = ("native-cpu-2-cores.json", "native-rest-cpu-2-cores.json")
PAGE = ROOT / "docs" / "performance.md"
BLOCK = re.compile(r"(<!-- begin native -->\n).*?(<!-- end native -->)", re.DOTALL)
OTHERS = ("ours", "pytorch", "floor")
CELLS = ("LSTM", "GRU")


def measured() -> dict[tuple[str, str, str], dict[str, list[float]]]:
    """Return milliseconds in each round by cell, shape and pass, of each contestant."""
    found: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    for name in FILES:
        text = (ROOT / "benchmarks" / "results" / name).read_text(encoding="utf-8")
        for one in json.loads(text)["results"]:
            found.setdefault((one["cell"], one["shape"], one["pass"]), {})[one["contestant"]] = one["times_ms"]
    return found


def _ratios(times: dict[str, list[float]]) -> list[str]:
    """Return the engine's time over each other's, the median of the ratios within rounds."""
    return [f"{np.median(np.divide(times['native'], times[other])):.2f}" for other in OTHERS]


def table() -> str:
    """Return the table in Markdown, a row for each cell and shape."""
    known = measured()
    over = ["over fast", "over PyTorch", "over the floor"]
    heads = ["cell", "shape", f"forward: {over[0]}", *over[1:], f"training: {over[0]}", *over[1:]]
    shapes = dict.fromkeys(shape for _, shape, _ in known)
    rows = [
        [cell, shape, *_ratios(known[cell, shape, "forward"]), *_ratios(known[cell, shape, "training"])]
        for cell in CELLS
        for shape in shapes
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ["---"] * len(heads), *rows))


def with_table(page: str) -> str:
    """Return the page with the table of what was measured last."""
    return BLOCK.sub(lambda found: f"{found[1]}{table()}{found[2]}", page)


if __name__ == "__main__":
    write_text(PAGE, with_table(PAGE.read_text(encoding="utf-8")))
