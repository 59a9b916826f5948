"""What the network reads of a table: its numbers, where they were missing, and its categories one-hot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from gatedrnn.tasks.columns import Labels
    from gatedrnn.tasks.rows import Rows


def inputs(
    numbers: Float[np.ndarray, "N J"],
    names: list[str],
    masks: dict[str, Bool[np.ndarray, "N"]],
    texts: dict[str, Labels],
    rows: Rows,
    asked: tuple[str, ...],
) -> tuple[Float[np.ndarray, "N I"], tuple[str, ...]]:
    """Return numbers, masks called ``load missing`` and categories called ``colour=red``, and their names.

    Args:
        numbers: columns of numbers, sequence by sequence.
        names: the names of these columns.
        masks: where columns of numbers were missing.
        texts: columns of categories, in the order of the table.
        rows: how the rows stand in the table.
        asked: the features that were named; where some are masks or single categories, no others are read.
    """
    places = {name: place for place, name in enumerate(names)}
    made = {f"{name} missing": mask for name, mask in masks.items() if name in places}
    codes = {name: rows.sort(labels.codes) for name, labels in texts.items()}
    for name, labels in texts.items():
        levels = sorted(labels.values)
        for level in levels[1:] if len(levels) == 2 else levels:  # of two, one says all
            made[f"{name}={level}"] = codes[name] == labels.values.index(level)
    single = [name for name in asked if name not in places and name not in texts]
    if single:
        known = {f"{name}={level}": codes[name] == k for name in texts for k, level in enumerate(texts[name].values)}
        made = {name: made.get(name, known.get(name, np.zeros(len(numbers), bool))) for name in single}
    if not made:
        return numbers, tuple(names)
    order = [name for name in (asked if single else (*names, *made)) if name in made or name in places]
    if not order:
        raise InputError("features: expected at least one column that the network reads, got none")
    x = np.empty((len(numbers), len(order)), numbers.dtype)
    for j, name in enumerate(order):
        x[:, j] = made[name] if name in made else numbers[:, places[name]]
    return x, tuple(order)
