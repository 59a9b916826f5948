"""What each setting may be: one table for train, sweep, compare and Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from gatedrnn.arguments import choice, flag, number, whole
from gatedrnn.errors import InputError
from gatedrnn.experiment.changes import DIFFERENCES
from gatedrnn.experiment.initial_weights import INITIAL_WEIGHTS
from gatedrnn.tasks.metrics import DECIDING

GATE_BIASES = ("0", "1", "chrono")
"""Where the forget or update bias starts: a constant, or drawn for time constants up to the longest sequence."""
MOST_MEMBERS = 100_000
"""Configurations of one command, all seeds or replicates counted: each is an entry of results.json."""
LARGEST = 2**31 - 1
"""What a device counts in."""
LAST_SEED = 2**32 - 1
"""JAX makes a key of 32 bits: seeds above would be others' again."""

count = partial(whole, most=LARGEST)
epochs = partial(whole, most=10**7)  # the curves of a run have a number for each
units = partial(whole, most=10**6)
rate = partial(number, above=0.0)

LIMITS: Mapping[str, Callable[[str, Any], None]] = MappingProxyType(
    {
        "hidden": units,
        "sizes": units,
        "layers": partial(whole, most=1000),
        "embed": partial(whole, least=0, most=10**6),
        "bidirectional": flag,
        "residual": flag,
        "learning_rate": rate,
        "clip_norm": rate,
        "recurrent_scale": rate,
        "weight_decay": partial(number, least=0.0),
        "dropout": partial(number, least=0.0, below=1.0),
        "gate_bias": partial(choice, choices=GATE_BIASES),
        "initial_weights": partial(choice, choices=INITIAL_WEIGHTS),
        "difference": partial(choice, choices=DIFFERENCES),
        "metric": partial(choice, choices=DECIDING),
        "batch_size": count,
        "max_epochs": epochs,
        "patience": count,
        "segment": epochs,
        "seed": partial(whole, least=0, most=LAST_SEED),
        "seeds": partial(whole, most=MOST_MEMBERS),
        "draws": partial(whole, most=MOST_MEMBERS),
        "trials": partial(whole, most=MOST_MEMBERS),
        "replicates": partial(whole, least=2, most=1000),
        "minutes": partial(number, above=0.0, most=1e7),
        "threshold": number,
        "equivalence": partial(number, least=0.0, below=1.0),
        "extend": flag,
        "full": flag,
        "devices": partial(whole, most=1024),
        "sampling": partial(choice, choices=("random", "grid")),
    }
)
"""The check of each setting by its name; of a setting that has several values, each is checked."""

OPTIONAL = ("sizes", "trials", "minutes", "metric", "threshold")
"""Settings that may be None."""


def check(name: str, value: Any) -> None:
    """Refuse a value that a setting may not have.

    Args:
        name: the name of a setting in the table.
        value: one value of the setting.

    Raises:
        InputError: where it may not have it; says what is allowed.

    Example:
        >>> check("dropout", 1.5)
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: dropout: expected a finite number of at least 0 and below 1, got 1.5
    """
    LIMITS[name](name, value)


def check_fields(settings: Any, own: Mapping[str, Callable[[str, Any], None]] = MappingProxyType({})) -> None:
    """Refuse settings of which one may not be as it is; a list of several values becomes a tuple.

    Args:
        settings: a dataclass; those of its fields are checked that the table names.
        own: checks of this command alone, in the place of the table's.

    Raises:
        InputError: where one may not be as it is, naming it.
    """
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name not in LIMITS or (value is None and field.name in OPTIONAL):
            continue
        if "tuple" not in str(field.type):
            own.get(field.name, LIMITS[field.name])(field.name, value)
            continue
        if isinstance(value, list):
            value = tuple(value)
            object.__setattr__(settings, field.name, value)
        if not isinstance(value, tuple):
            raise InputError(f"{field.name}: expected a tuple, got {value!r}")
        for one in value:
            check(field.name, one)


def refuse_repeated(name: str, values: Any) -> None:
    """Refuse a setting of several values that has none, or one of them twice.

    Raises:
        InputError: where it is so.

    Example:
        >>> refuse_repeated("cells", ("GRU", "GRU"))
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: cells: expected one or more different values, got GRU, GRU
    """
    if not isinstance(values, tuple):
        raise InputError(f"{name}: expected a tuple, got {values!r}")
    if not values or len(set(values)) < len(values):
        raise InputError(f"{name}: expected one or more different values, got {', '.join(map(str, values)) or 'none'}")


def refuse_too_many(name: str, members: int) -> None:
    """Refuse more configurations than one command may have.

    Args:
        name: the setting that makes them so many.
        members: configurations in all, each seed or replicate counted.

    Raises:
        InputError: where there are more.
    """
    if members > MOST_MEMBERS:
        raise InputError(f"{name}: expected {MOST_MEMBERS} configurations in all or less, got {members}")


def refuse_too_many_seeds(seed: int, seeds: int) -> None:
    """Refuse more seeds in a row than there are from the first one on.

    Raises:
        InputError: where there are not so many.
    """
    if seed + seeds - 1 > LAST_SEED:
        raise InputError(f"seeds: expected {LAST_SEED - seed + 1} or less from seed {seed} on, got {seeds}")
