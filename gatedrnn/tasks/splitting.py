"""Parts of recorded data that don't leak: groups stay together, and time runs from training to test.

The test part is the same for every seed; what is left is shared by training and validation as the seed draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.sequences import FEWEST, PARTS

if TYPE_CHECKING:
    from jaxtyping import Int

    from gatedrnn.tasks.sequences import Sequences

TEST, VALIDATION = 0.2, 0.2
"""Parts of all groups that test, and of the rest that validate."""
SERIES = 100
"""Steps that a single series needs."""


class Stretches(NamedTuple):
    """Steps from ``starts [K]`` up to ``stops [K]``, each within one sequence ``[K]``; nothing reads beyond."""

    starts: Int[np.ndarray, "K"]
    stops: Int[np.ndarray, "K"]
    sequences: Int[np.ndarray, "K"]


def whole(data: Sequences, sequences: Int[np.ndarray, "K"]) -> Stretches:
    """Return whole sequences as stretches."""
    starts = data.starts[sequences]
    return Stretches(starts, starts + data.lengths[sequences], sequences)


def parts_by_group(data: Sequences, seed: int) -> tuple[Stretches, Stretches, Stretches]:
    """Draw groups for training, validation and test; of classes, as many of each as there are.

    Raises:
        InputError: where there are too few groups, or too few of a class.

    Example:
        >>> from gatedrnn.tasks.sequences import Sequences
        >>> data = Sequences(np.arange(40.0)[:, None], np.full(20, 2), groups=np.repeat(np.arange(10), 2))
        >>> train, validation, test = parts_by_group(data, seed=0)
        >>> [len(part.sequences) for part in (train, validation, test)]
        [12, 4, 4]
    """
    groups = np.arange(len(data.lengths)) if data.groups is None else data.groups
    of_sequences = data.y if data.y is not None and len(data.y) == len(groups) < len(data.x) else None
    classes = np.zeros(len(groups), np.int32) if of_sequences is None else of_sequences
    if data.parts is not None:
        named = [np.flatnonzero(data.parts == part) for part in PARTS]
        if not len(named[1]):
            named[1], named[0] = _draw(data, groups, classes, named[0], VALIDATION, np.random.default_rng(seed))
    else:
        if len(np.unique(groups)) < FEWEST:
            raise InputError(
                f"too few sequences: expected {FEWEST} or more groups, as no group lies in two parts, got "
                f"{len(np.unique(groups))}; record more, or give one long series without groups: it's split in time"
            )
        # What the test set is must not depend on the seed.
        test, known = _draw(data, groups, classes, np.arange(len(groups)), TEST, np.random.default_rng(0))
        validation, train = _draw(data, groups, classes, known, VALIDATION, np.random.default_rng(seed))
        named = [train, validation, test]
    lacking = np.setdiff1d(classes, classes[named[0]])
    if of_sequences is not None and len(lacking):
        raise InputError(
            f"too few sequences: expected some of class {data.classes[lacking[0]]!r} to train on, got none; "
            "record more, or leave this class out"
        )
    return whole(data, named[0]), whole(data, named[1]), whole(data, named[2])


def _draw(
    data: Sequences,
    groups: Int[np.ndarray, "B"],
    classes: Int[np.ndarray, "B"],
    among: Int[np.ndarray, "K"],
    part: float,
    rng: np.random.Generator,
) -> tuple[Int[np.ndarray, "k"], Int[np.ndarray, "l"]]:
    """Return the sequences of the groups drawn, and the others; each group counts for its first one's class."""
    found, first = np.unique(groups[among], return_index=True)
    drawn = []
    for k in np.unique(classes[among[first]]):
        of_class = found[classes[among[first]] == k]
        if len(of_class) < 2:
            name = f" of class {data.classes[k]!r}" if len(data.classes) > k else ""
            raise InputError(f"too few sequences: expected 3 or more groups{name}, as there are three parts")
        drawn.append(rng.permutation(of_class)[: max(1, round(part * len(of_class)))])
    chosen = np.isin(groups[among], np.concatenate(drawn))
    return among[chosen], among[~chosen]


def parts_in_time(steps: int, gap: int, seed: int) -> tuple[Stretches, Stretches, Stretches]:
    """Split one series: training before validation before test, and ``gap`` steps between them that nobody reads.

    .. code-block:: text

        |..s..| train 64 % |gap| validation 12 % |..|gap| test 20 % |      of the steps, about

    The seed draws where training starts, s, and validation moves along with it (a rolling origin, Tashman 2000,
    International Journal of Forecasting 16): replicates differ, and none has seen its future.

    Raises:
        InputError: where the series is too short.

    Example:
        >>> train, validation, test = parts_in_time(1000, gap=10, seed=0)
        >>> [int(part.stops[0] - part.starts[0]) for part in (train, validation, test)]
        [632, 118, 200]
    """
    sizes = {"test": round(TEST * steps)}
    known = steps - sizes["test"] - gap
    sizes["train"], sizes["validation"] = int(0.8 * known), int(0.15 * known)
    slack = known - sizes["train"] - gap - sizes["validation"]
    if steps < SERIES or slack < 0 or sizes["validation"] < 2:
        raise InputError(
            f"too few steps: expected {max(SERIES, 25 * gap):,} or more in a series that is split in time with gaps of "
            f"{gap}, got {steps:,}; record more, or forecast less far ahead"
        )
    start = int(np.random.default_rng(seed).integers(slack + 1))
    stop = start + sizes["train"]
    bounds = ((start, stop), (stop + gap, stop + gap + sizes["validation"]), (steps - sizes["test"], steps))
    train, validation, test = (Stretches(np.array([a]), np.array([b]), np.array([0])) for a, b in bounds)
    return train, validation, test


class Windows(NamedTuple):
    """Steps that are read together: where each window starts, how many steps it has, and of which sequence it is."""

    starts: Int[np.ndarray, "W"]
    lengths: Int[np.ndarray, "W"]
    sequences: Int[np.ndarray, "W"]


def windows(part: Stretches, window: int, ahead: int) -> Windows:
    """Cut stretches into windows that follow each other, whose targets lie ``ahead`` steps on, within the stretch.

    Example:
        >>> [a.tolist() for a in windows(Stretches(np.array([0]), np.array([10]), np.array([7])), 4, ahead=1)]
        [[0, 4, 8], [4, 4, 1], [7, 7, 7]]
    """
    steps = np.maximum(part.stops - part.starts - ahead, 0)
    counts = -(-steps // window)
    of = np.repeat(np.arange(len(counts)), counts)
    within = (np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)) * window
    return Windows(part.starts[of] + within, np.minimum(window, steps[of] - within), part.sequences[of])
