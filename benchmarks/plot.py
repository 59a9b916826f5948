"""Draw what the benchmarks measured: benchmarks/results/*-<device>.json becomes docs/*-<device>.png.

python benchmarks/plot.py [--device cpu-2-cores] [--results FOLDER] [--out FOLDER]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import timing
import tyro
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter
from race import Record
from shapes import CELLS, PASSES, SHAPES, Pass

INK, GRID = "#333333", "#dddddd"
STYLES = {  # colours that stay apart for the color-blind (Okabe and Ito)
    "ours": ("#D55E00", "o"),
    "native": ("#D55E00", "*"),
    "ours_reset_before": ("#F0B48A", "o"),
    "linen": ("#0072B2", "s"),
    "equinox": ("#009E73", "^"),
    "haiku": ("#CC79A7", "v"),
    "keras": ("#E69F00", "D"),
    "pytorch": ("#000000", "P"),
    "onnxruntime": ("#56B4E9", "X"),
    "floor": ("#888888", "|"),
}
"""Colour and marker of each contestant, in the order in which they stand; nnx is the line at 1."""
RATIOS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6)


def draw_ratios(axes: Axes, records: list[Record]) -> None:
    """Draw the time of each contestant over nnx's, with the interval of its median; a group of rows for each shape."""
    shapes = [name for name in SHAPES if any(record["shape"] == name for record in records)]
    names = [name for name in STYLES if any(record["contestant"] == name for record in records)]
    for row, name in enumerate(names):
        color, marker = STYLES[name]
        mine = [record for record in records if record["contestant"] == name]
        y = [shapes.index(record["shape"]) + 0.84 * ((row + 0.5) / len(names) - 0.5) for record in mine]
        x = [record["over nnx"]["median"] for record in mine]
        intervals = [record["over nnx"]["interval"] or (v, v) for record, v in zip(mine, x, strict=True)]
        for height, (low, high) in zip(y, intervals, strict=True):
            axes.plot([low, high], [height, height], color=color, linewidth=1.2, solid_capstyle="butt")
        first = name.startswith("ours")
        axes.plot(x, y, marker, color=color, markersize=6.5 if first else 5, label=mine[0]["label"], zorder=3 + first)
    axes.axvline(1, color=INK, linewidth=1)
    for between in range(1, len(shapes)):
        axes.axhline(between - 0.5, color=GRID, linewidth=0.8)
    axes.set_yticks(range(len(shapes)), [shape_label(name, records) for name in shapes])
    axes.set_ylim(len(shapes) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(RATIOS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def shape_label(name: str, records: list[Record]) -> str:
    """Return a shape's name and sizes."""
    sizes = next(record["sizes"] for record in records if record["shape"] == name)
    return name + "\n" + ", ".join(str(size) for size in sizes.values())


def peers(found: dict[str, Any], which: Pass) -> Figure:
    """Return the figure of one pass: a panel for each cell."""
    figure = Figure(figsize=(10.5, 9.2), layout="constrained")
    panels = figure.subplots(1, len(CELLS), sharex=True, sharey=True)
    for axes, cell in zip(panels, CELLS, strict=True):
        draw_ratios(axes, [r for r in found["results"] if (r["cell"], r["pass"]) == (cell, which) and r["over nnx"]])
        axes.set_title(cell, fontweight="bold")
        axes.set_xlabel("time / time of flax.nnx (left of the line is faster)")
        tidy(axes, "x")
    name = "Training step" if which == "training" else "Forward pass"
    title = f"{name} beside every peer: medians of paired ratios with 95 % intervals; sizes are B, T, I, H"
    figure.suptitle(f"{title}\n{where(found)}")
    handles = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def length(found: dict[str, Any]) -> Figure:
    """Return the figure of cost over length: a panel for each size of layer."""
    records = found["results"]
    sizes = sorted({(r["batch"], r["in_dim"], r["hidden"]) for r in records})
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for axes, size in zip(panels, sizes, strict=True):
        for record in (r for r in records if (r["batch"], r["in_dim"], r["hidden"]) == size):
            steps = [m["length"] for m in record["lengths"]]
            cost = [m["milliseconds"]["median"] for m in record["lengths"]]
            color = "#0072B2" if record["cell"] == "LSTM" else "#D55E00"
            label = f"{record['cell']} {record['pass']}, {record['exponent']:.2f}"
            axes.loglog(steps, cost, "--" if record["pass"] == "forward" else "-", marker="o", color=color, label=label)
        axes.set_title("B {}, I {}, H {}".format(*size), fontweight="bold")
        axes.set_xlabel("length T")
        axes.legend(frameon=False, loc="upper left")
        tidy(axes, "both")
    panels[0].set_ylabel("milliseconds")
    title = "Cost over length, with the exponent p of the power law T^p that fits; 1 is linear"
    figure.suptitle(f"{title}\n{where(found)}")
    return figure


def where(found: dict[str, Any]) -> str:
    """Return on what and with what a benchmark ran."""
    about = found["provenance"]
    device = f"{about['cpu']}, {about['cores']} cores" if about["device"] == "cpu" else about["device"]
    return f"{device}; jax {about['versions']['jax']}, flax {about['versions']['flax']}; {about['date']}"


def tidy(axes: Axes, grid: str) -> None:
    """Leave a light grid and no box."""
    axes.grid(axis=grid, color=GRID, linewidth=0.8)  # pyright: ignore[reportArgumentType]
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.tick_params(which="both", length=0, colors=INK)


def main(device: str | None = None, results: Path = timing.RESULTS, out: Path = Path("docs")) -> None:
    """Draw every result that there is.

    Args:
        device: as in the names of the files; None is the device at hand.
        results: the folder of JSON files.
        out: the folder of pictures.
    """
    device = device or timing.device_label()
    figures: dict[str, Figure] = {}
    if (path := results / f"peers-{device}.json").exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        figures |= {f"peers-{which}": peers(found, which) for which in PASSES}
    if (path := results / f"length-{device}.json").exists():
        figures["length"] = length(json.loads(path.read_text(encoding="utf-8")))
    if not figures:
        raise SystemExit(f"no results for {device} in {results}: run `make bench`, or name another device")
    for name, figure in figures.items():
        figure.savefig(out / f"{name}-{device}.png", dpi=110)
        print(f"drawn: {name}-{device}.png")


if __name__ == "__main__":
    tyro.cli(main)
