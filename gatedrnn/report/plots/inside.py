"""What goes on inside a layer, as figures: gates and gradients over time, and for how many steps units remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.report.plots import parts
from gatedrnn.report.plots.svg import RULE, STYLE, Figure, matplotlib, style_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

SIZE = (5.0, 3.2)
"""Inches of a figure of one panel."""
MIDDLE = (10, 90)
"""Percent of all sequences and units between which the band lies."""


def plot_gates(gates: Any, names: Sequence[str], *, lengths: Any = None, axes: Axes | None = None) -> Axes:
    """Plot how far gates are open over time: the median of all sequences and units, and the middle 80 % as a band.

    Args:
        gates: what ``gr.gate_values`` returned for one cell, ``[T, *B, G, H]``.
        names: the gates' names in this order, ``cell.gates.open``.
        lengths: how many steps each sequence has, ``[*B]``; steps beyond them are left out.
        axes: what to draw on; None makes a figure, ``axes.figure``, which ``savefig`` writes.

    Raises:
        InputError: where there are other than ``names`` gates; ``MissingPackageError`` without Matplotlib.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> layer = gr.scan(gr.LSTM(3))
        >>> params = layer.init(jax.random.key(0), in_dim=2)
        >>> gates = gr.gate_values(layer, params, jnp.ones((6, 4, 2)))
        >>> axes = plot_gates(gates, gr.LSTM(3).gates.open)
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['input', 'forget', 'output']
    """
    values = _array("gates", gates, least=3)
    if values.shape[-2] != len(names):
        raise InputError(f"names: expected {values.shape[-2]}, one for each gate, got {len(names)}")
    axes = _axes(axes)
    for k, name in enumerate(names):
        _draw_over_time(axes, name, values[..., k, :], lengths, k)
    return _finished(axes, "step", "gate, open at 1", (-0.02, 1.02))


def plot_gradient_norms(norms: Mapping[str, Any], *, axes: Axes | None = None) -> Axes:
    """Plot norms of gradients over time, one line for each name: the median of all sequences, the middle 80 % a band.

    Args:
        norms: a dictionary of what ``gr.gradient_norms`` returned for one state each, ``[T, *B]``; zeros are left out,
            as a logarithmic axis has no place for them.
        axes: what to draw on; None makes a figure, ``axes.figure``, which ``savefig`` writes.

    Raises:
        InputError: where norms have no axis of time; ``MissingPackageError`` without Matplotlib.

    Example:
        >>> import numpy as np
        >>> axes = plot_gradient_norms({"h": 0.5 ** np.arange(9.0)[:, None], "c": np.ones((9, 1))})
        >>> axes.get_yscale()
        'log'
    """
    _check_names("norms", norms)
    axes = _axes(axes)
    axes.set_yscale("log")
    for k, (name, values) in enumerate(norms.items()):
        values = _array(name, values, least=1)
        _draw_over_time(axes, name, np.where(values > 0, values, np.nan)[..., None], None, k)
    return _finished(axes, "step", "norm of the gradient", None)


def plot_timescales(scales: Mapping[str, Any], *, axes: Axes | None = None) -> Axes:
    """Plot which part of the units remembers for at least so many steps, one line for each name.

    Args:
        scales: a dictionary of what ``gr.memory_timescale`` returned for one cell each, ``[H]``, such as before and
            after training.
        axes: what to draw on; None makes a figure, ``axes.figure``, which ``savefig`` writes.

    Raises:
        InputError: where time scales are none; ``MissingPackageError`` without Matplotlib.

    Example:
        >>> axes = plot_timescales({"before": [2.0, 2.5, 3.0], "after": [2.0, 8.0, 30.0]})
        >>> axes.get_xscale()
        'log'
    """
    _check_names("scales", scales)
    found = {name: np.sort(_array(name, values, least=1).ravel()) for name, values in scales.items()}
    every = np.concatenate([*found.values()] or [np.array([])])
    if not every.size or not (every > 0).all():
        raise InputError(f"scales: expected numbers of steps above 0, got {scales!r:.100}")
    axes = _axes(axes)
    low, high = float(every.min()) / 1.3, float(every.max()) * 1.3
    for k, (name, steps) in enumerate(found.items()):
        part = 1 - np.arange(len(steps) + 1) / len(steps)
        colour, _, dashes = style_of(k)
        axes.step(
            np.concatenate([[low], steps]),
            100 * part,
            where="post",
            color=colour,
            linestyle=dashes,
            linewidth=2.2,
            label=name,
        )
    parts.log_ticks(axes, low, high)
    axes.set_xlim(low, high)
    return _finished(axes, "steps that a unit remembers, or more", "units, %", (-2, 102))


def _check_names(name: str, values: Any) -> None:
    if not isinstance(values, Mapping):
        raise InputError(f"{name}: expected a dictionary of arrays by name, got {values!r:.100}")


def _array(name: str, values: Any, *, least: int) -> np.ndarray:
    if isinstance(values, (dict, tuple)):
        raise InputError(f"{name}: expected one array, that of one cell, got a {type(values).__name__} of them")
    try:
        values = np.asarray(jax.device_get(values), np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: expected an array of numbers, got {values!r:.100}") from error
    if values.ndim < least:
        raise InputError(f"{name}: expected {least} axes or more, got shape {values.shape}")
    return values


def _axes(axes: Axes | None) -> Axes:
    """Return what to draw on, in the style of all plots."""
    if axes is not None:
        return axes
    with matplotlib.rc_context(STYLE):
        return Figure(SIZE, layout="constrained", dpi=144).subplots()


def _draw_over_time(axes: Axes, name: str, values: np.ndarray, lengths: Any, k: int) -> None:
    """Draw the median and the band of ``values [T, *B, N]``; what no sequence has at a step is a gap."""
    flat = values.reshape(len(values), -1).copy()
    if lengths is not None:
        there = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 2)) < np.asarray(lengths)
        flat[~np.broadcast_to(there[..., None], values.shape).reshape(flat.shape)] = np.nan
    seen = ~np.isnan(flat).all(1)
    low, middle, high = np.full((3, len(flat)), np.nan)
    low[seen], middle[seen], high[seen] = np.nanpercentile(flat[seen], [MIDDLE[0], 50, MIDDLE[1]], axis=1)
    colour, _, dashes = style_of(k)
    steps = np.arange(len(flat))
    axes.fill_between(steps, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(steps, middle, color=colour, linestyle=dashes, linewidth=2.2, label=name)


def _finished(axes: Axes, x: str, y: str, limits: tuple[float, float] | None) -> Axes:
    """Name the axes, guide the eye by a few lines, and name the lines above the plot, where nothing lies under them."""
    with matplotlib.rc_context(STYLE):
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.grid(axis="y", color=RULE)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", which="both", length=0)
        if limits is not None:
            axes.set_ylim(*limits)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, borderpad=0.1)
    return axes
