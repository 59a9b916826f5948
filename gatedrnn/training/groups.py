"""Configurations sorted into groups that one program can train."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatedrnn.errors import InputError


class Group(NamedTuple):
    """Configurations that differ in traced hyperparameters alone."""

    static: dict[str, Any]
    """What they have in common and what changes a shape or the program, such as the cell and its size."""
    indices: list[int]
    """Which configurations these are."""
    hypers: dict[str, NDArray[Any]]
    """What they differ in, each ``[K]``, to be given to ``population``."""


def groups(configs: Sequence[Mapping[str, Any]], static: Collection[str]) -> list[Group]:
    """Return groups of configurations, in order of their first: one ``population``, and one compilation, for each.

    Args:
        configs: dicts that all have the same names; values under names that are not static are numbers.
        static: names of what changes a shape or the program; their values are hashable.

    Raises:
        InputError: where configurations have different names, or a static name is none of them.

    Example:
        >>> configs = [{"hidden": 8, "rate": 0.1}, {"hidden": 16, "rate": 0.1}, {"hidden": 8, "rate": 0.2}]
        >>> for group in groups(configs, static=["hidden"]):
        ...     print(group.static, group.indices, group.hypers["rate"].tolist())
        {'hidden': 8} [0, 2] [0.1, 0.2]
        {'hidden': 16} [1] [0.1]
    """
    names = set(configs[0]) if configs else set()
    for config in configs:
        if set(config) != names:
            raise InputError(f"configs: expected the names {sorted(names)} in all, got {sorted(config)}")
    if configs and not set(static) <= names:
        raise InputError(f"static: expected some of {sorted(names)}, got {sorted(static)}")
    found: dict[tuple[Any, ...], list[int]] = {}
    for i, config in enumerate(configs):
        found.setdefault(tuple(config[name] for name in static), []).append(i)
    return [
        Group(
            dict(zip(static, values, strict=True)),
            indices,
            {name: np.array([configs[i][name] for i in indices]) for name in configs[0] if name not in set(static)},
        )
        for values, indices in found.items()
    ]
