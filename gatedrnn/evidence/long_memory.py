"""What steps and errors of networks that have to remember say: by problem, T and where the memory gate starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.evidence.intervals import compared, median_interval
from gatedrnn.evidence.record import Answer, Compared, Measured, Published
from gatedrnn.evidence.remembering import BIASES, Effort
from gatedrnn.evidence.reproduction import Findings

if TYPE_CHECKING:
    from gatedrnn.evidence.record import Answered

CELLS = ("LSTM", "GRU")


class Key(NamedTuple):
    """Which networks.

    Attributes:
        problem: adding or copy memory.
        length: T of the problem.
        start: where the gate that keeps memory starts, of ``BIASES``.
        cell: the cell, LSTM or GRU.
    """

    problem: str
    length: int
    start: str
    cell: str

    @property
    def words(self) -> str:
        """Problem, T and start."""
        return f"{self.problem}, T = {self.length}, bias {self.start}"


LONG = 200
"""Steps from which a sequence is a long one, the least T of adding in Bai et al. 2018."""
Found = dict[Key, tuple[np.ndarray, np.ndarray]]
"""Steps until the threshold, infinity where the cap was not enough, and errors in the end, of each seed."""


def concluded(found: Found, efforts: Mapping[str, Effort], ends: Mapping[Key, tuple[Published, ...]]) -> Findings:
    """Return numbers, comparisons and what they say of forget biases and of long sequences.

    Args:
        found: steps and errors of each seed.
        efforts: how long each problem was learnt.
        ends: what sources say of errors in the end.
    """
    measured = [one for key in found for one in _numbers(key, *found[key], efforts[key.problem], ends.get(key, ()))]
    pairs = {
        key: compared(
            f"{key.words}: {_steps(efforts[key.problem])}",
            *((cell, np.minimum(found[key._replace(cell=cell)][0], efforts[key.problem].cap)) for cell in CELLS),
            higher=False,
            pairs=len(BIASES),
        )
        for key in found
        if key.cell == CELLS[0]
    }
    longest = {key.problem: max(k.length for k in pairs if k.problem == key.problem) for key in pairs}
    bias = forget_bias({key.start: pair for key, pair in pairs.items() if key[:2] == ("adding", longest["adding"])})
    far = {k: pair for k, pair in pairs.items() if k.length == longest[k.problem] and k.length >= LONG}
    length = long_sequences(far, pairs)
    return Findings(tuple(measured), tuple(pairs.values()), (bias, length))


def _steps(effort: Effort) -> str:
    return f"steps to an error below {effort.threshold:g}"


def _numbers(
    key: Key, steps: np.ndarray, errors: np.ndarray, effort: Effort, said: tuple[Published, ...]
) -> list[Measured]:
    bounded = np.minimum(steps, effort.cap)
    reached = f"{np.isfinite(steps).sum()} of {len(steps)} runs reached it; else the cap, {effort.cap:,}"
    median, low, high, level = median_interval(errors)
    exact = effort.threshold < 1e-3  # Only where runs go on for as long as the paper's does an end compare with its.
    band = low <= float(said[0].said) <= high if said and exact else None
    each, ends = (tuple(map(float, values)) for values in (bounded, errors))
    return [
        Measured(f"{key.words}: {_steps(effort)} ({reached})", key.cell, *median_interval(bounded), each),
        Measured(f"{key.words}: error in the end", key.cell, median, low, high, level, ends, said, band),
    ]


def forget_bias(by_start: Mapping[str, Compared]) -> Answer:
    """Return what the longest adding says of "a forget bias of 1 closes the gap", both cells started alike."""
    beside = "; ".join(f"{name}: {_said(pair)}" for name, pair in by_start.items())
    what = next(iter(by_start.values())).what.split(", bias")[0]
    said = f"{what}, steps of the LSTM less those of the GRU, by the bias that both start from: {beside}"
    zero, one = (by_start[name].verdict for name in ("0", "1"))
    if zero != "GRU better":
        return Answer(7, "not resolved", f"{said}. No gap is shown at 0 that could be closed")
    label: Answered = "does not hold" if one == "GRU better" else "holds" if one == "LSTM better" else "not resolved"
    return Answer(7, label, said)


def long_sequences(longest: Mapping[Key, Compared], pairs: Mapping[Key, Compared]) -> Answer:
    """Return what the longest sequences of each problem say of "LSTM is better on long sequences".

    Args:
        longest: pairs of the longest T of each problem that has a long one, of all starts.
        pairs: pairs of every T.
    """
    verdicts = [pair.verdict for pair in longest.values()]
    lstm, gru = ("LSTM better" in verdicts), ("GRU better" in verdicts)
    told: dict[tuple[str, int], list[str]] = {}
    for key, pair in pairs.items():
        told.setdefault((key.problem, key.length), []).append(pair.verdict)
    said = "; ".join(
        f"{problem} T = {length}: LSTM sooner from {of.count('LSTM better')}, GRU from {of.count('GRU better')}"
        for (problem, length), of in told.items()
    )
    said = f"of {len(BIASES)} biases that both start from, with as many parameters, {said}; else not resolved. "
    said += "Longer ones were not tried"
    if not longest:
        return Answer(4, "not resolved", f"none is as long as guides mean; {said}")
    if lstm and gru:
        return Answer(4, "depends", f"on the problem and the bias: {said}")
    if all(verdict == "LSTM better" for verdict in verdicts):
        return Answer(4, "holds", said)
    return Answer(4, "does not hold" if gru else "not resolved", said)


def _said(pair: Compared) -> str:
    return f"{pair.difference:,.0f} [{pair.low:,.0f}, {pair.high:,.0f}]"
