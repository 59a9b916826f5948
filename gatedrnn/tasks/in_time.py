"""Parts of recorded data that are split in time: whatever is tested comes after all that was seen.

.. code-block:: text

    |..s..| train 64 % |gap| validation 12 % |..|gap| test 20 % |      of the times, about

Groups are cut at the same times, because what happens on a day happens to all of them. The seed draws where training
starts, s, and validation moves along with it (a rolling origin, Tashman 2000, International Journal of Forecasting 16):
replicates differ, and none has seen its future.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.rolling import PANEL, SERIES, Bounds, bounds_in_time, rolled
from gatedrnn.tasks.sequences import FEWEST
from gatedrnn.tasks.splitting import TEST, Stretches

if TYPE_CHECKING:
    from jaxtyping import Bool, Int, Shaped

    from gatedrnn.tasks.framing import Framing, SplitBy
    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.task import Kind


def split_by(data: Sequences, kind: Kind, framing: Framing) -> SplitBy:
    """Return what the test is set apart by: what is asked for, or what keeps the future out of what is seen.

    A forecast of sequences with times is split in time where there are enough times, and so is whatever is asked of
    each step of few sequences.

    Raises:
        InputError: where what is asked for cannot be.
    """
    sequences, asked = len(data.lengths), framing.split_by
    later = kind != "classification"
    if not later and (asked in ("time", "both") or framing.test_from is not None):
        raise InputError(
            f"split_by, test_from: expected none where each sequence has one class, got {asked or 'a time'}"
        )
    if (data.parts is not None or data.cuts is not None) and (asked is not None or framing.test_from is not None):
        raise InputError("split_by, test_from: expected none, as a split is given; got both, leave out one of them")
    if data.cuts is not None:
        return "time"
    if asked == "group" and sequences == 1:
        raise InputError("split_by: expected time for a single series, got group")
    if asked is not None:
        return asked
    if data.parts is not None or not later:
        return "group"
    groups = sequences if data.groups is None else len(np.unique(data.groups))
    in_time = kind == "forecast" and data.times is not None and len(np.unique(data.times)) >= PANEL
    return "time" if sequences == 1 or in_time or framing.test_from is not None or groups < FEWEST else "group"


def parts_in_time(
    data: Sequences, ahead: int, seed: int | None, test_from: str | None = None
) -> tuple[Stretches, Stretches, Stretches]:
    """Split every sequence at the same times; without times, each at the same parts of its own steps.

    What is looked for in a part lies in it, and in no other. A forecast may be made up to ``ahead`` steps earlier: in
    the gap, or, where a split was given without one or rows of a sequence lack, in what was seen, which is its past.

    Args:
        data: the recorded sequences, with their times where they have some.
        ahead: steps from a forecast to what it is about.
        seed: what draws where training starts; None: training is what every seed trains on.
        test_from: the first time of the test; None is four fifths of the times.

    Raises:
        InputError: where there are too few steps, or no time is like ``test_from``.

    Example:
        >>> from gatedrnn.tasks.sequences import Sequences
        >>> days = np.tile(np.arange(100), 2)
        >>> data = Sequences(np.zeros((200, 1)), np.array([100, 100]), times=days)
        >>> test = parts_in_time(data, 1, seed=0, test_from="90")[2]
        >>> test.starts.tolist(), test.stops.tolist()  # a forecast for day 90 is made on day 89
        ([89, 189], [100, 200])
    """
    return _stretches(data, _cuts(data, ahead, seed, test_from), ahead)


def before_test(data: Sequences, ahead: int, test_from: str | None = None) -> Stretches:
    """Return all steps that are before the test of a split in time, whatever the seed.

    Args:
        data: the recorded sequences, with their times where they have some.
        ahead: steps from a forecast to what it is about.
        test_from: the first time of the test; None is four fifths of the times.

    Raises:
        InputError: as `parts_in_time` does.
    """
    ends = [cut.test[0] for cut in _cuts(data, ahead, None, test_from)]
    rows = [(int(start), int(start) + end, k) for k, (start, end) in enumerate(zip(data.starts, ends, strict=True))]
    return _as_stretches([row for row in rows if row[1] > row[0]])


def _cuts(data: Sequences, ahead: int, seed: int | None, test_from: str | None) -> list[Bounds]:
    """Return where the parts of each sequence lie among its own steps."""
    if data.cuts is not None:
        return _as_given(data, data.cuts, ahead, seed)
    if data.times is None:
        if test_from is not None:
            raise InputError(f"test_from: expected none, as no column of time says when a step was; got {test_from!r}")
        return [_of_steps(int(length), ahead, seed, len(data.lengths)) for length in data.lengths]
    axis = np.unique(data.times)
    test = None if test_from is None else _steps_from(axis, test_from)
    gap = max(ahead, len(axis) // 100)
    bounds = bounds_in_time(len(axis), gap, seed, test=test, least=_least(len(data.lengths)))
    return [
        _at_times(data.times[start : start + length], axis, bounds)
        for start, length in zip(data.starts, data.lengths, strict=True)
    ]


def _as_given(data: Sequences, cuts: Int[np.ndarray, "B 2"], ahead: int, seed: int | None) -> list[Bounds]:
    """Return the parts that were given; where none validates, the seed draws that from what trains, at common times."""
    steps = list(zip(data.starts.tolist(), data.lengths.tolist(), cuts.tolist(), strict=True))
    if (cuts[:, 0] < cuts[:, 1]).any():
        return [Bounds((0, first), (first, second), (second, length)) for _, length, (first, second) in steps]
    times = np.concatenate([np.arange(n) for n in data.lengths]) if data.times is None else data.times
    axis = np.unique(np.concatenate([times[start : start + first] for start, _, (first, _) in steps]))
    gap = max(ahead, len(axis) // 100)
    bounds = Bounds(*rolled(len(axis), gap, seed), (len(axis), len(axis)))
    found = [(_at_times(times[a : a + first], axis, bounds), first, length) for a, length, (first, _) in steps]
    return [one._replace(test=(first, length)) for one, first, length in found]


def _least(sequences: int) -> int:
    return SERIES if sequences == 1 else PANEL


def _of_steps(steps: int, ahead: int, seed: int | None, sequences: int) -> Bounds:
    return bounds_in_time(steps, max(ahead, steps // 100), seed, least=_least(sequences))


def _steps_from(axis: Shaped[np.ndarray, "K"], text: str) -> int:
    """Return how many times lie at or after that one."""
    try:
        first: Any = np.datetime64(text) if np.issubdtype(axis.dtype, np.datetime64) else float(text)
    except ValueError as error:
        raise InputError(f"test_from: expected a time such as {axis[-1]}, got {text!r}") from error
    found = int((axis >= first).sum())
    if not 0 < found < len(axis):
        raise InputError(f"test_from: expected a time after {axis[0]} and up to {axis[-1]}, got {text!r}")
    return found


def _at_times(times: Shaped[np.ndarray, "n"], axis: Shaped[np.ndarray, "K"], bounds: Bounds) -> Bounds:
    """Return the steps of one sequence that lie between the times that bound the parts."""

    def at(step: int) -> int:
        return len(times) if step == len(axis) else int(np.searchsorted(times, axis[step]))

    return Bounds(*((at(first), at(stop)) for first, stop in bounds))


def _stretches(data: Sequences, cuts: list[Bounds], ahead: int) -> tuple[Stretches, Stretches, Stretches]:
    parts: list[list[tuple[int, int, int]]] = [[], [], []]
    for k, (offset, cut) in enumerate(zip(data.starts.tolist(), cuts, strict=True)):
        for part, (first, stop), before in zip(parts, cut, (0, ahead, ahead), strict=True):
            if stop > first:
                part.append((offset + max(first - before, 0), offset + stop, k))
    train, validation, test = (_as_stretches(part) for part in parts)
    return train, validation, test


def _as_stretches(part: list[tuple[int, int, int]]) -> Stretches:
    rows = np.array(part, np.int64).reshape(-1, 3)
    starts, stops, sequences = (np.ascontiguousarray(column) for column in rows.T)
    return Stretches(starts, stops, sequences)


def of_other_groups(
    parts: tuple[Stretches, Stretches, Stretches], groups: Int[np.ndarray, "B"]
) -> tuple[Stretches, Stretches, Stretches]:
    """Return parts in time of which the test holds groups that training and validation never see.

    Args:
        parts: training, validation and test, split in time.
        groups: a number for each sequence; those of one number stay together.

    Raises:
        InputError: where there are fewer than three groups.
    """
    train, validation, test = parts
    return (
        of_seen_groups(train, groups),
        of_seen_groups(validation, groups),
        _among(test, ~_seen(groups)[test.sequences]),
    )


def of_seen_groups(part: Stretches, groups: Int[np.ndarray, "B"]) -> Stretches:
    """Return the stretches of the groups that `of_other_groups` keeps out of the test."""
    return _among(part, _seen(groups)[part.sequences])


def _seen(groups: Int[np.ndarray, "B"]) -> Bool[np.ndarray, "B"]:
    """Return which sequences are of the groups that may be seen: the same for every seed, as the test set is."""
    names = np.unique(groups)
    if len(names) < 3:
        raise InputError(f"split_by: expected time where there are fewer than 3 groups, got both and {len(names)}")
    held = np.random.default_rng(0).permutation(names)[: max(1, round(TEST * len(names)))]
    return ~np.isin(groups, held)


def _among(part: Stretches, chosen: Bool[np.ndarray, "K"]) -> Stretches:
    return Stretches(*(a[chosen] for a in part))
