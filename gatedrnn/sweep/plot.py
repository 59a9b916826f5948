"""A sweep at a glance: the validation score against each hyperparameter that varies, and the learning curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import needed
from gatedrnn.files import Writer, written
from gatedrnn.sweep.settings import RANGES
from gatedrnn.sweep.space import varied

with needed("the plot of a sweep needs matplotlib", "matplotlib", "gatedrnn[compare]"):
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

if TYPE_CHECKING:
    from gatedrnn.sweep.schema import MemberEntry, NumberedMember, SweepResults

COLORS = ("#0072b2", "#c9560b", "#00795a", "#9a4c89", "#7a6a00")
INK, MUTED, RULE = "#22252a", "#6a6f77", "#d8d5ce"
SHOWN = 0.9
"""Part of the members whose scores the axis spans; the others stand at its top, as triangles."""
ACROSS = 3
"""Panels in a row."""


def plot(results: SweepResults) -> Figure:
    """Return the figure of a sweep's results."""
    members = [entry for entry in results["members"] if entry["score"] is not None]
    names = varied(results["settings"])
    panels = len(names) + 1
    across, down = min(ACROSS, panels), -(-panels // ACROSS)
    figure = Figure(figsize=(4.0 * across + 0.6, 3.1 * down + 0.9), layout="constrained", dpi=144)
    axes = np.atleast_1d(figure.subplots(down, across)).ravel()
    cells = results["settings"]["cell"]
    colors = {cell: COLORS[i % len(COLORS)] for i, cell in enumerate(cells)}
    metric, limits = results["metric"], span(list(map(score_of, members)))
    unit = results["unit"] if metric["name"] == "nats" else f"{metric['words']}, {metric['unit']}"
    for k, (ax, name) in enumerate(zip(axes, names, strict=False)):
        _against(ax, name, members, colors, limits)
        _plain(ax, limits)
        _label(ax, f"best validation, {unit}" if k % across == 0 else None)
    last, alone = axes[panels - 1], metric["name"] != "nats" or panels % across == 1
    _curves(last, members, colors)
    _plain(last, span([loss for entry in members if (loss := entry["validation"]) is not None]))
    _label(last, f"validation, {results['unit']}" if alone else None)
    for ax in axes[panels:]:
        ax.set_visible(False)
    lost = len(results["members"]) - len(members)
    note = f"; {lost} without a score" if lost else ""
    title = f"{results['title']}: {len(results['members'])} members{note}"
    figure.suptitle(title, x=0.01, ha="left", color=INK, fontsize=11)
    marks = [Line2D([], [], ls="", marker="o", color=colors[cell], label=cell) for cell in cells]
    marks.append(Line2D([], [], ls="", marker="o", ms=9, mfc="none", mec=INK, label="best"))
    if any(score_of(entry) > limits[1] for entry in members):
        marks.append(Line2D([], [], ls="", marker="^", color=MUTED, label="above the axis"))
    figure.legend(handles=marks, loc="outside upper right", ncols=len(marks), frameon=False, fontsize=9)
    return figure


def write_plot(results: SweepResults, path: Path, *, writer: Writer = written) -> Path:
    """Write the figure; the ending says the format, such as .png or .svg."""
    with writer(path) as file:
        plot(results).savefig(file, format=path.suffix[1:])
    return path


def score_of(entry: MemberEntry) -> float:
    """Return the score of a member that has one."""
    score = entry["score"]
    assert score is not None
    return score


def span(scores: list[float]) -> tuple[float, float]:
    """Return the ends of an axis of scores: from the best to nearly the worst.

    Example:
        >>> span([float(score) for score in range(11)])
        (-0.54, 9.54)
    """
    scores = scores or [0.0, 1.0]
    low, high = min(scores), float(np.quantile(scores, SHOWN))
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


def _against(ax: Any, name: str, members: list[NumberedMember], colors: dict[str, str], limits: Any) -> None:
    """Scatter scores against one hyperparameter; the best is ringed."""
    values = [entry[name] for entry in members]
    positions = values if name in RANGES else _jittered(ax, values)
    top = limits[1] - 0.02 * (limits[1] - limits[0])
    best = min(range(len(members)), key=lambda k: score_of(members[k]), default=None)
    for k, (entry, x) in enumerate(zip(members, positions, strict=True)):
        score = score_of(entry)
        y, marker = (top, "^") if score > limits[1] else (score, "o")
        ax.plot(x, y, marker, color=colors[entry["cell"]], ms=5, alpha=0.75, mew=0)
        if k == best:
            ax.plot(x, y, "o", ms=11, mfc="none", mec=INK, mew=1.2)
    if name in RANGES:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(name.replace("_", " "), color=INK)


def _jittered(ax: Any, values: list[Any]) -> list[float]:
    """Return a place beside each of a few values, so that members with the same do not hide each other."""
    order = sorted(set(values))
    ax.set_xticks(range(len(order)), [f"{v:g}" if isinstance(v, float) else str(v) for v in order])
    ax.set_xlim(-0.5, len(order) - 0.5)
    jitter = np.random.default_rng(0).uniform(-0.18, 0.18, len(values))
    return [order.index(value) + shift for value, shift in zip(values, jitter, strict=True)]


def _curves(ax: Any, members: list[NumberedMember], colors: dict[str, str]) -> None:
    """Draw the learning curves, the best one thick."""
    best = min(members, key=score_of, default=None)
    for entry in members:
        curve = [np.nan if loss is None else loss for loss in entry["curve"]]
        strong = entry is best
        ax.plot(
            range(1, len(curve) + 1),
            curve,
            color=colors[entry["cell"]],
            lw=2.0 if strong else 0.7,
            alpha=1.0 if strong else 0.45,
            zorder=3 if strong else 2,
        )
    ax.set_xlabel("epoch (validation; the best in bold)", color=INK)


def _label(ax: Any, text: str | None) -> None:
    """Name the upright axis; without a text its numbers go too, as it is the one to its left again."""
    ax.tick_params(axis="y", labelleft=text is not None)
    ax.set_ylabel(text or "", color=INK)


def _plain(ax: Any, limits: tuple[float, float]) -> None:
    ax.set_ylim(limits)
    ax.grid(color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(RULE)
    ax.tick_params(which="both", colors=MUTED, labelsize=8, length=0)
