"""Parts of recorded data that don't leak: groups stay together.

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
            raise InputError(f"too few sequences: expected 3 or more groups{name}, got {len(of_class)}")
        drawn.append(rng.permutation(of_class)[: max(1, round(part * len(of_class)))])
    chosen = np.isin(groups[among], np.concatenate(drawn))
    return among[chosen], among[~chosen]
