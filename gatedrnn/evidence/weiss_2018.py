"""Weiss et al. 2018, "LSTM counts, GRU does not", with the GRU of their code and with the GRUs that others mean."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import jax
import numpy as np

import gatedrnn as gr
from gatedrnn.evidence.counting import CountingSettings, Reach, reach, train
from gatedrnn.evidence.inert_reset_gru import InertResetGRU
from gatedrnn.evidence.intervals import compared, median_interval
from gatedrnn.evidence.record import Answer, Compared, Measured, Published
from gatedrnn.evidence.reproduction import Findings, Reproduction

if TYPE_CHECKING:
    from gatedrnn.evidence.work import Work
    from gatedrnn.types import Cell

CELLS: Mapping[str, Callable[[int], Cell]] = MappingProxyType(
    {
        "LSTM": gr.LSTM,
        "GRU, inert reset": InertResetGRU,
        "GRU, reset after": gr.GRU,
        "GRU, reset before": lambda hidden: gr.GRU(hidden, reset="before"),
        "MinGRU": gr.MinGRU,
    }
)
GRUS = ("GRU, inert reset", "GRU, reset after", "GRU, reset before")
"""Those that the claim is about; the MinGRU is a control whose gates see the input alone."""
WORDS = {2: "a^n b^n", 3: "a^n b^n c^n"}
ASKED = {
    "accepted": "largest n accepted, by the paper's rule",
    "counted": "n up to which all decided letters are allowed",
    "recognised": "n up to which the decided letters of all words are the likeliest",
}
PAPER, CODE, COUNTER = (
    "Weiss, Goldberg and Yahav 2018, arXiv 1805.04908v1",
    "tech-srl/counting_dimensions, notebook",
    "El-Naggar et al. 2022, arXiv 2211.16429",
)
PUBLISHED = {
    (2, True): (
        Published("generalises to n = 256", PAPER, "recalled"),
        Published("accepts n = 1000", CODE, "seen in the source"),
        Published("LSTMs fail far out as well", COUNTER, "seen in the source"),
    ),
    (2, False): (
        Published("fails from about n = 39", PAPER, "recalled"),
        Published("rejects n = 1000", CODE, "seen in the source"),
    ),
    (3, True): (Published("accepts n = 60", CODE, "seen in the source"),),
    (3, False): (
        Published("fails from about n = 9", PAPER, "recalled"),
        Published("rejects n = 60", CODE, "seen in the source"),
    ),
}


@dataclasses.dataclass(frozen=True)
class WeissSettings:
    """Both languages.

    Attributes:
        two: how nets learn a^n b^n.
        three: how nets learn a^n b^n c^n.
    """

    two: CountingSettings
    three: CountingSettings


FULL = WeissSettings(CountingSettings(2, 99, 1000), CountingSettings(3, 49, 300))
SCALED = WeissSettings(
    two=CountingSettings(2, 30, 300, learning_rate=1e-2, batch=30, steps=500, segments=6, seeds=8),
    three=CountingSettings(3, 20, 200, learning_rate=1e-2, batch=20, steps=500, segments=6, seeds=8),
)


def protocol(settings: WeissSettings) -> str:
    """Return what is done, in words."""
    s = settings.two
    return (
        f"an embedding of {s.embedding}, two layers of {s.units} units with learned initial states, softmax; positive "
        f"words only, n up to {s.trained_to} (a^n b^n) and {settings.three.trained_to} (a^n b^n c^n); Adam "
        f"{s.learning_rate:g}, {s.batch} and {settings.three.batch} words a step, {s.steps * s.segments:,} steps; "
        f"{s.seeds} seeds of each cell as one population; asked up to n = {s.tested_to} and "
        f"{settings.three.tested_to}, threshold {s.threshold:g}. Medians with exact intervals of order statistics"
    )


def measure(settings: WeissSettings, work: Work) -> Findings:
    """Train and ask all cells in both languages.

    Args:
        settings: how long and how far.
        work: what has been measured so far.
    """
    found: dict[int, dict[str, Reach]] = {}
    for one in (settings.two, settings.three):
        for name, make in CELLS.items():
            work.say(f"{WORDS[one.letters]}: {name}, {one.seeds} seeds")
            part = work.once(f"{one.letters}-{name}", partial(_counts, make, one))
            found.setdefault(one.letters, {})[name] = Reach(**{asked: part[asked].astype(int) for asked in part})
    return findings(found)


def _counts(make: Callable[[int], Cell], settings: CountingSettings) -> dict[str, np.ndarray]:
    members = train(make, settings)
    alive = np.asarray(members.status.diverged_at) < 0
    of_cell = reach(make, settings, members.states.params)
    jax.clear_caches()
    return {asked: np.where(alive, each, 0) for asked, each in of_cell._asdict().items()}  # diverged: counts nothing


def findings(found: Mapping[int, Mapping[str, Reach]]) -> Findings:
    """Return numbers, comparisons and what they say of the claim.

    Args:
        found: how far each cell counts, by the number of letters.
    """
    numbers = [
        _measured(letters, name, asked, getattr(of_cell, asked))
        for letters, cells in found.items()
        for asked in ASKED
        for name, of_cell in cells.items()
    ]
    pairs = [
        compared(
            f"{WORDS[letters]}: {ASKED[asked]}",
            ("LSTM", getattr(cells["LSTM"], asked)),
            (name, getattr(of_cell, asked)),
            higher=True,
            pairs=len(GRUS) + 1,
        )
        for letters, cells in found.items()
        for asked in ("counted", "recognised")
        for name, of_cell in cells.items()
        if name != "LSTM"
    ]
    inert, *working = GRUS
    resets = [
        compared(
            f"{WORDS[letters]}: {ASKED['recognised']}",
            (inert, cells[inert].recognised),
            (name, cells[name].recognised),
            higher=True,
            pairs=len(working),
        )
        for letters, cells in found.items()
        for name in working
    ]
    return Findings(tuple(numbers), (*pairs, *resets), (answer(pairs),))


def answer(pairs: list[Compared]) -> Answer:
    """Return what comparisons with the three GRUs say of "LSTM counts, GRU does not", by the likeliest letters."""
    asked = [pair for pair in pairs if pair.b in GRUS and pair.what.endswith(ASKED["recognised"])]
    better = [pair for pair in asked if pair.verdict == "LSTM better"]
    worse = [pair for pair in asked if pair.verdict == f"{pair.b} better"]
    named = ", ".join(f"{pair.b} on {pair.what.split(':')[0]}" for pair in better) or "no GRU"
    if len(better) == len(asked):
        return Answer(6, "holds", "the LSTM counts further than each of the three GRUs in both languages")
    if worse and not better:
        return Answer(6, "does not hold", f"of {len(asked)} comparisons a GRU counts further in {len(worse)}")
    if better:
        return Answer(
            6, "depends", f"on the GRU and the language: the LSTM counts further than {named}; else no verdict"
        )
    wins = sorted(pair.wins for pair in asked)
    seeds = asked[0].wins + asked[0].losses + asked[0].ties
    return Answer(
        6,
        "not resolved",
        f"the LSTM counts further in {wins[0]} to {wins[-1]} of {seeds} seeds, by how much differs so much between "
        f"seeds that no interval of {len(asked)} mean differences excludes 0",
    )


def _measured(letters: int, name: str, asked: str, values: np.ndarray) -> Measured:
    median, low, high, level = median_interval(values)
    known = PUBLISHED[letters, name == "LSTM"] if asked == "accepted" and name in ("LSTM", GRUS[0]) else ()
    each = tuple(float(value) for value in values)
    return Measured(f"{WORDS[letters]}: {ASKED[asked]}", name, median, low, high, level, each, known)


WEISS_2018 = Reproduction(
    name="weiss-2018",
    title="LSTM counts, GRU does not?",
    paper=PAPER,
    full=FULL,
    small=SCALED,
    smaller="n up to 30 and 20 instead of 99 and 49; 3,000 steps of 30 and 20 words at a rate of 1e-2 instead of "
    "20,000 of 10 at 1e-3; 8 seeds instead of 16; asked up to n = 300 and 200 instead of 1,000 and 300",
    estimate="an hour and five minutes on one CPU core",
    differences=(
        "10 words a step and 20,000 steps, where the paper's code takes 1 word and about 100,000 to 200,000 steps",
        "each word's nats are summed over its letters",
        "a GRU whose reset gate works in two forms, and a MinGRU, stand beside the paper's GRU, whose reset gate is "
        "computed and not used",
        "asked is also whether the decided letters are the likeliest: by the paper's rule, which never shows a wrong "
        "word, a network that allows everything accepts all words",
    ),
    protocol=protocol,
    measure=measure,
)
