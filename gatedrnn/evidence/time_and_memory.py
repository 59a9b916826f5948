"""What both cells cost: parameters, time and memory of a training step, at equal width and at equal parameters."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from gatedrnn.costs.counting import parameters
from gatedrnn.costs.matching import match
from gatedrnn.costs.timing import step_seconds
from gatedrnn.evidence.intervals import median_interval
from gatedrnn.evidence.record import Answer, Measured, Published
from gatedrnn.evidence.reproduction import Findings, Reproduction

if TYPE_CHECKING:
    from gatedrnn.evidence.record import Answered
    from gatedrnn.evidence.work import Arrays, Work
    from gatedrnn.types import Cell

FASTER = Published("0.79 at equal width, 0.97 at equal parameters", "a pilot of this project", "seen in the source")
LESS = Published("a quarter less memory", "guides", "recalled")


@dataclasses.dataclass(frozen=True)
class CostSettings:
    """What is timed.

    Attributes:
        widths: units of the LSTM.
        features: features of the input, I.
        batch: sequences beside each other, B.
        length: steps of each, T.
        repeats: times that both cells are measured anew, each a median of ``rounds``.
        rounds: calls of each program in a repeat, in turn.
    """

    widths: tuple[int, ...] = (64, 128, 256, 512)
    features: int = 64
    batch: int = 32
    length: int = 128
    repeats: int = 15
    rounds: int = 20


SMALL = CostSettings(widths=(64, 256), length=64, repeats=8, rounds=5)


def size(cell: Cell, settings: CostSettings) -> int:
    """Return how many parameters a cell has."""
    return sum(parameters(cell, settings.features).values())


def temporary_bytes(cell: Cell, settings: CostSettings) -> int:
    """Return the bytes that a compiled training step needs beside its arguments and results.

    Args:
        cell: the cell, in ``gr.scan``.
        settings: the shape of the layer's input.
    """
    layer = gr.scan(cell)
    params = jax.eval_shape(lambda key: layer.init(key, settings.features), jax.random.key(0))
    xs = jax.ShapeDtypeStruct((settings.length, settings.batch, settings.features), jnp.float32)
    program = jax.jit(jax.value_and_grad(lambda p, x: jnp.mean(layer.apply(p, x)[1] ** 2))).lower(params, xs).compile()
    found = program.memory_analysis()
    return int(found.temp_size_in_bytes) if found else 0


def protocol(settings: CostSettings) -> str:
    """Return what is done, in words."""
    s = settings
    return (
        f"one layer, B {s.batch}, T {s.length}, I {s.features}, float32, engine auto; a training step is value and "
        f"gradient of the mean squared output, in turn with the other cell; {s.repeats} repeats, each the median of "
        f"{s.rounds} calls. Ratios GRU / LSTM: median of repeats with an exact interval of order statistics. Temporary "
        "memory is that of the compiled program beside arguments and results. Parameters are those of the cell alone"
    )


def measure(settings: CostSettings, work: Work) -> Findings:
    """Measure both cells at all widths.

    Args:
        settings: shapes and repeats of the measurement.
        work: what has been measured so far.
    """
    numbers: list[Measured] = []
    for width in settings.widths:
        equal = match({"LSTM": gr.LSTM, "GRU": gr.GRU}, settings.features, None, width, window=0)["GRU"].hidden
        lstm = gr.LSTM(width)
        for said, gru in (("equal width", gr.GRU(width)), ("equal parameters", gr.GRU(equal))):
            work.say(f"{width} LSTM units and {gru.hidden} GRU units, {said}")
            part = work.once(f"{width}-{said}", partial(_ratios, lstm, gru, settings))
            numbers += _measured(f"{said}, {width} LSTM units", gru.hidden, part)
    return Findings(tuple(numbers), (), answers(numbers))


def _ratios(lstm: Cell, gru: Cell, settings: CostSettings) -> dict[str, np.ndarray]:
    both = {"LSTM": lstm, "GRU": gru}
    times = [
        step_seconds(both, settings.features, batch=settings.batch, length=settings.length, rounds=settings.rounds)
        for _ in range(settings.repeats)
    ]
    return {
        "times": np.array([one["GRU"]["median"] / one["LSTM"]["median"] for one in times]),
        "parameters": np.array(size(gru, settings) / size(lstm, settings)),
        "memory": np.array(temporary_bytes(gru, settings) / max(temporary_bytes(lstm, settings), 1)),
    }


def _measured(said: str, hidden: int, ratios: Arrays) -> list[Measured]:
    each, count, memory = ratios["times"].tolist(), ratios["parameters"].item(), ratios["memory"].item()
    name = f"GRU({hidden})"
    return [
        Measured(f"time of a training step, ratio, {said}", name, *median_interval(each), tuple(each), (FASTER,)),
        Measured(f"parameters, ratio, {said}", name, count, count, count, 1.0, (count,), (LESS,)),
        Measured(f"temporary memory, ratio, {said}", name, memory, memory, memory, 1.0, (memory,), (LESS,)),
    ]


def answers(numbers: list[Measured]) -> tuple[Answer, ...]:
    """Return what ratios at equal width say of "20 to 40 % faster" and "25 % less memory"."""
    times, counts, memory = (
        [one for one in numbers if one.what.startswith(f"{kind}, ratio, equal width")]
        for kind in ("time of a training step", "parameters", "temporary memory")
    )
    fewer = f"parameters are {1 - counts[0].value:.0%} fewer"
    less = ", ".join(f"{1 - one.value:.0%}" for one in memory)
    near = all(0.2 <= 1 - one.value <= 0.3 for one in memory)
    said = f"at equal width {fewer}, temporary memory of a training step is {less} less by width, on this backend"
    return (
        Answer(1, *_faster(times)),
        Answer(2, "holds" if near else "depends", said),
    )


def _faster(times: list[Measured]) -> tuple[Answered, str]:
    ranges = ", ".join(f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]" for one in times)
    said = f"time over the LSTM's at equal width, by width: {ranges}, on this backend and engine"
    inside = [one.low >= 0.6 and one.high <= 0.8 for one in times]
    outside = [one.low > 0.8 or one.high < 0.6 for one in times]
    if all(inside):
        return "holds", said
    return ("does not hold" if all(outside) else "depends" if any(outside) else "not resolved"), said


TIME_AND_MEMORY = Reproduction(
    name="time-and-memory",
    title="Is the GRU 20 to 40 % faster, and does it need 25 % less memory?",
    paper="popular guides, and a pilot of this project",
    full=CostSettings(),
    small=SMALL,
    smaller="widths 64 and 256 without 128 and 512, T 64 instead of 128, 8 repeats of 5 calls instead of 15 of 20",
    estimate="12 minutes on 2 quiet CPU cores",
    differences=("guides name no backend, shape or engine; here they are those of this machine and library",),
    protocol=protocol,
    measure=measure,
)
