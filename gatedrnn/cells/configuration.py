"""A cell's whole configuration as plain data, and back: what a saved network needs to be built again.

A configuration is ``{"class": NAME, "fields": {...}}`` with the fields that differ from their defaults. Numbers, texts,
truth values and None stand for themselves; a configuration inside (a policy, a wrapped cell) is one again; a tuple is
``{"tuple": [...]}`` and a function ``{"function": "jnp.tanh"}``, which must be one of ``jax.numpy`` or ``jax.nn``.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.registry import CELLS
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy

FUNCTIONS = {"jnp": jnp, "jax.nn": jax.nn}
"""Where functions may come from, by the name under which they are written down."""

CLASSES: dict[str, type] = {kind.__name__: kind for kind in (*(entry.kind for entry in CELLS.values()), Policy)}
"""The library's own configurations, by the short names under which they are written down."""


def as_data(configuration: Any) -> dict[str, Any]:
    """Return a cell's configuration as JSON has it.

    Args:
        configuration: a frozen dataclass whose class can be imported.

    Raises:
        InputError: where it is none, or a field holds something that is not plain data.

    Example:
        >>> import gatedrnn as gr
        >>> as_data(gr.GRU(4, reset="before", activation=jnp.sin))
        {'class': 'GRUResetBefore', 'fields': {'hidden': 4, 'activation': {'function': 'jnp.sin'}}}
    """
    kind = type(configuration)
    if not dataclasses.is_dataclass(configuration):
        raise InputError(f"cell: only a frozen dataclass can be saved, got {configuration!r}")
    given = {field.name: getattr(configuration, field.name) for field in dataclasses.fields(configuration)}
    defaults = {field.name: _default(field) for field in dataclasses.fields(configuration)}
    fields = {name: _value(name, value) for name, value in given.items() if not _same(value, defaults[name])}
    return {"class": _class_name(kind), "fields": fields}


def from_data(data: dict[str, Any]) -> Any:
    """Return the configuration that `as_data` wrote down.

    Raises:
        InputError: where its class cannot be imported, or refuses the fields.

    Example:
        >>> from_data({"class": "LSTM", "fields": {"hidden": 4, "policy": {"class": "Policy", "fields": {}}}})
        LSTM(hidden=4)
    """
    kind = _class(data["class"])
    return kind(**{name: _read(value) for name, value in data["fields"].items()})


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def _class_name(kind: type) -> str:
    if CLASSES.get(kind.__name__) is kind:
        return kind.__name__
    if "<locals>" in kind.__qualname__ or kind.__module__ == "__main__":
        raise InputError(f"cell: {kind.__qualname__} cannot be saved: it stands in no module that can be imported")
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> type:
    if name in CLASSES:
        return CLASSES[name]
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for attribute in path.split("."):
            found = getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"cell: expected a class that can be imported, got {name} ({error})") from error
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        raise InputError(f"cell: expected a dataclass, got {name}")
    return found


def _value(name: str, value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, tuple):
        return {"tuple": [_value(name, one) for one in value]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return as_data(value)
    for place, module in FUNCTIONS.items():
        called = getattr(value, "__name__", "")
        if called and getattr(module, called, None) is value:
            return {"function": f"{place}.{called}"}
    raise InputError(
        f"{name}: {value!r} cannot be saved; expected plain values, configurations or a function of jax.numpy or jax.nn"
    )


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(_read(one) for one in value["tuple"])
    if "class" in value:
        return from_data(value)
    place, _, called = value["function"].rpartition(".")
    found = getattr(FUNCTIONS.get(place), called, None)
    if not callable(found):
        raise InputError(f"cell: expected a function of jnp or jax.nn, got {value['function']!r}")
    return found
