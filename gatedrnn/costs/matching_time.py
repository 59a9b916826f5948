"""Equal time: the hidden sizes at which a training step of the cells takes equally long on this machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.costs.matching import match
from gatedrnn.costs.timing import as_layer, step_seconds
from gatedrnn.layers.chain import chain
from gatedrnn.layers.stateless import dense

if TYPE_CHECKING:
    from gatedrnn.costs.matching import Make
    from gatedrnn.types import Layer

FACTORS = (0.6, 0.8, 1.0, 1.25, 1.6)
"""Sizes that are measured, as multiples of the size of equal parameters."""


def match_time(
    cells: Mapping[str, Make], in_dim: int, out_dim: int, hidden: int, *, batch: int, length: int, rounds: int = 15
) -> dict[str, int]:
    """Return hidden sizes of equal measured time of a training step, recurrent layer and dense head.

    Of each cell but the first, five sizes are measured beside the first cell, in turn, and ``log(time)`` is fitted as
    linear in ``log(hidden)``: single times vary too much, and in steps, for a search. The size stays within the range
    that was measured, so that the times of very different cells may remain apart; measure them.

    Args:
        cells: functions from a hidden size to a cell or to layers, as ``match`` takes them, by name; the first has
            ``hidden`` units.
        in_dim: I, features of the input.
        out_dim: O, features of the dense head.
        hidden: units of the first cell.
        batch: B, examples of a step.
        length: T, time steps of an example.
        rounds: how often each size is measured.

    Raises:
        InputError: as ``match`` and ``step_seconds``.

    Example:
        >>> import gatedrnn as gr
        >>> sizes = match_time({"LSTM": gr.LSTM, "GRU": gr.GRU}, 3, 2, 8, batch=4, length=10, rounds=5)
        >>> sizes["LSTM"], 5 <= sizes["GRU"] <= 16
        (8, True)
    """
    near = match(cells, in_dim, out_dim, hidden, by="parameters", window=0)
    first, *others = cells

    def network(name: str, size: int) -> Layer:
        return chain(as_layer(cells[name](size)), dense(out_dim))

    sizes = {first: hidden}
    for name in others:
        tried = sorted({max(1, round(factor * near[name].hidden)) for factor in FACTORS})
        networks = {"first": network(first, hidden), **{str(size): network(name, size) for size in tried}}
        times = step_seconds(networks, in_dim, batch=batch, length=length, rounds=rounds)
        sizes[name] = equal_time(tried, [times[str(size)]["median"] for size in tried], times["first"]["median"])
    return sizes


def equal_time(sizes: list[int], seconds: list[float], target: float) -> int:
    """Return the size at which a line through ``log(seconds)`` over ``log(sizes)`` meets ``target``.

    Where time does not grow with size at all, the size is the largest that is as fast, or else the smallest.

    Example:
        >>> equal_time([8, 16, 32], [1.0, 2.0, 4.0], 3.0)
        24
        >>> equal_time([8, 16], [1.0, 1.0], 3.0), equal_time([8, 16], [1.0, 2.0], 0.1)
        (16, 8)
    """
    if len(sizes) == 1:
        return sizes[0]
    slope, start = np.polyfit(np.log(sizes), np.log(seconds), 1)
    if slope <= 1e-3:
        return sizes[-1] if np.median(seconds) <= target else sizes[0]
    return round(min(max(math.exp((math.log(target) - start) / slope), sizes[0]), sizes[-1]))
