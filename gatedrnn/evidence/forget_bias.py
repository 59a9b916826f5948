"""Does a forget bias of 1 close the gap? Steps until the adding problem is solved, by where the forget gate starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import gatedrnn as gr
from gatedrnn.evidence.intervals import compared, median_interval
from gatedrnn.evidence.record import Answer, Compared, Measured, Published
from gatedrnn.evidence.remembering import BIASES, Effort, addition, learnt
from gatedrnn.evidence.reproduction import Findings, Reproduction
from gatedrnn.evidence.work import Once, Work, anew

if TYPE_CHECKING:
    from jaxtyping import Float

WHAT = "steps to a mean squared error below {threshold:g}, T = {length}"
PILOT = "a pilot of this project, one configuration"
PUBLISHED = {
    "LSTM, forget bias 0": (Published("not reached at T = 200", PILOT, "seen in the source"),),
    "LSTM, forget bias 1": (Published("2,400 at T = 200", PILOT, "seen in the source"),),
    "LSTM, forget bias chrono": (Published("1,200 at T = 200", PILOT, "seen in the source"),),
    "GRU": (Published("900 at T = 200", PILOT, "seen in the source"),),
}


@dataclasses.dataclass(frozen=True)
class BiasSettings:
    """How both cells learn to add.

    Attributes:
        length: T, the steps of each sequence.
        lstm: units of the LSTM.
        gru: units of the GRU, of as many parameters.
        threshold: the mean squared error on held-out sequences that ends a run.
        cap: steps after which a run has not reached it.
        every: steps between two looks at held-out sequences.
        batch: sequences in a step, drawn anew.
        held_out: sequences that the error is looked at on.
        rate: Adam's step size; gradients are clipped to a norm of 1.
        seeds: networks of each start.
    """

    length: int = 200
    lstm: int = 32
    gru: int = 37
    threshold: float = 0.01
    cap: int = 5000
    every: int = 100
    batch: int = 32
    held_out: int = 500
    rate: float = 2e-3
    seeds: int = 16


SMALL = BiasSettings(length=100, cap=1500, rate=5e-3, seeds=8, held_out=200)


def steps_needed(
    cell: Any, names: tuple[str, ...], settings: BiasSettings, once: Once = anew
) -> Float[np.ndarray, "N K"]:
    """Return the steps that each network needs, infinity where the cap is not enough.

    Args:
        cell: the cell, of which one network is trained for each start and seed.
        names: the starts, of ``BIASES``; the seeds are the same for all.
        settings: how the networks are trained.
        once: called with the name of each start and what trains its networks; keeps what becomes of them.
    """
    s = settings
    effort = Effort(s.threshold, s.cap, s.every, s.batch, s.held_out, s.rate, seeds=s.seeds)
    return learnt(cell, names, addition(s.length), effort, once).steps


def protocol(settings: BiasSettings) -> str:
    """Return what is done, in words."""
    s = settings
    return (
        f"one layer of {s.lstm} LSTM or {s.gru} GRU units of as many parameters, an affine head on the last step, "
        f"mean squared error; Adam {s.rate:g}, gradients clipped to a norm of 1, {s.batch} fresh sequences a step; "
        f"looked at every {s.every} steps on {s.held_out} held-out sequences, stopped at {s.cap:,}; {s.seeds} seeds. "
        "Medians with exact intervals of order statistics; in differences a run that the cap ended counts as the cap"
    )


def measure(settings: BiasSettings, work: Work) -> Findings:
    """Train LSTMs from all starts, and GRUs from theirs.

    Args:
        settings: how long and how far.
        work: what has been measured so far.
    """
    work.say(f"LSTM, {len(BIASES)} starts of the forget gate, {settings.seeds} seeds each")
    lstm = steps_needed(gr.LSTM(settings.lstm), tuple(BIASES), settings, work.under("LSTM"))
    work.say(f"GRU, {settings.seeds} seeds")
    gru = steps_needed(gr.GRU(settings.gru), ("0",), settings, work.under("GRU"))
    found = {f"LSTM, forget bias {name}": lstm[k] for k, name in enumerate(BIASES)} | {"GRU": gru[0]}
    return findings(found, settings)


def findings(found: Mapping[str, np.ndarray], settings: BiasSettings) -> Findings:
    """Return numbers, comparisons and what they say of the claim.

    Args:
        found: steps of each seed by the name of cell and start; infinity where the cap was not enough.
        settings: how the networks were trained.
    """
    what = WHAT.format(threshold=settings.threshold, length=settings.length)
    numbers = []
    for name, steps in found.items():
        bounded = np.minimum(steps, settings.cap)
        median, low, high, level = median_interval(bounded)
        said = f"{what} ({np.isfinite(steps).sum()} of {len(steps)} runs reached it; else the cap, {settings.cap:,})"
        each = tuple(float(value) for value in bounded)
        numbers.append(Measured(said, name, median, low, high, level, each, PUBLISHED.get(name, ())))
    pairs = [
        compared(
            what,
            (name, np.minimum(steps, settings.cap)),
            ("GRU", np.minimum(found["GRU"], settings.cap)),
            higher=False,
            pairs=len(found) - 1,
        )
        for name, steps in found.items()
        if name != "GRU"
    ]
    return Findings(tuple(numbers), tuple(pairs), (fewer_updates(pairs), answer(pairs)))


def answer(pairs: list[Compared]) -> Answer:
    """Return what comparisons with the GRU say of "a forget bias of 1 closes the gap"."""
    by_name = {pair.a.removeprefix("LSTM, forget bias "): pair for pair in pairs}
    zero, one = by_name["0"], by_name["1"]
    beside = "; ".join(f"{name}: {_said(by_name[name])}" for name in BIASES)
    said = f"on adding at one learning rate, steps of the LSTM less those of the GRU by forget bias: {beside}"
    if zero.verdict != "GRU better":
        return Answer(7, "not resolved", f"{said}. No gap is shown at 0 that could be closed")
    if one.verdict == "GRU better":
        return Answer(7, "does not hold", said)
    return Answer(7, "holds" if one.verdict == f"{one.a} better" else "not resolved", said)


def fewer_updates(pairs: list[Compared]) -> Answer:
    """Return what comparisons with the GRU say of "at equal parameters GRU converges in fewer updates"."""
    fewer = [pair for pair in pairs if pair.verdict == "GRU better"]
    biases = [pair.a.removeprefix("LSTM, forget bias ") for pair in fewer]
    named = "all of them" if len(fewer) == len(pairs) else ", ".join(biases) or "none of them"
    said = (
        "on where the LSTM's forget gate starts: to solve adding the GRU of as many parameters needs fewer updates "
        f"than the LSTM, of forget biases {', '.join(BIASES)}, with {named}; time was not measured"
    )
    if len(fewer) == len(pairs):
        return Answer(5, "holds", said.removeprefix("on where the LSTM's forget gate starts: "))
    if not fewer:
        return Answer(5, "not resolved", said.removeprefix("on where the LSTM's forget gate starts: "))
    return Answer(5, "depends", said)


def _said(pair: Compared) -> str:
    return f"{pair.difference:,.0f} [{pair.low:,.0f}, {pair.high:,.0f}]"


FORGET_BIAS = Reproduction(
    name="forget-bias",
    title="Does a forget bias of 1 close the gap to the GRU?",
    paper="Jozefowicz, Zaremba and Sutskever 2015; Tallec and Ollivier 2018, arXiv 1804.11188v1",
    full=BiasSettings(),
    small=SMALL,
    smaller="T 100 instead of 200, a cap of 1,500 steps at a rate of 5e-3 instead of 5,000 at 2e-3, 8 seeds instead of "
    "16, 200 held-out sequences instead of 500",
    estimate="27 minutes on one CPU core",
    differences=(
        "the papers ask it of language models, XML, arithmetic, copy and other tasks; here it is adding alone",
        "one learning rate for all, which was not tuned for any",
    ),
    protocol=protocol,
    measure=measure,
)
