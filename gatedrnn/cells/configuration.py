"""A cell's whole configuration as plain data, and back: what a saved network needs to be built again.

A configuration is ``{"class": NAME, "fields": {...}}`` with the fields that differ from their defaults. Numbers, texts,
truth values and None stand for themselves; a configuration inside (a policy, a wrapped cell) is one again; a tuple is
``{"tuple": [...]}`` and a function ``{"function": "jnp.tanh"}``, one of ``FUNCTIONS``.

What is read back may come from anybody: nothing is imported because data name it, and no value is of another kind than
its field's.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.registry import CELLS
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy

OF_JNP = "sin cos tan tanh sinh arcsin arccos arctan arcsinh exp expm1 exp2 log1p abs square sqrt cbrt sign sinc"
OF_NN = """celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh identity leaky_relu log_sigmoid mish relu relu6
selu sigmoid silu soft_sign softplus sparse_plus sparse_sigmoid squareplus swish tanh"""
FUNCTIONS: dict[str, Any] = {
    **{f"jnp.{name}": getattr(jnp, name) for name in OF_JNP.split()},
    **{f"jax.nn.{name}": getattr(jax.nn, name) for name in OF_NN.split()},
}
"""Functions that a configuration may hold, elementwise all of them, by the name under which they are written down."""

CLASSES: dict[str, type] = {kind.__name__: kind for kind in (*(entry.kind for entry in CELLS.values()), Policy)}
"""Configurations that data may name, by the short names under which they are written down."""


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
        raise InputError(f"cell: expected a frozen dataclass, as another cannot be saved; got {configuration!r}")
    given = {field.name: getattr(configuration, field.name) for field in dataclasses.fields(configuration)}
    defaults = {field.name: _default(field) for field in dataclasses.fields(configuration)}
    fields = {name: _value(name, value) for name, value in given.items() if not _same(value, defaults[name])}
    return {"class": class_name(kind), "fields": fields}


def from_data(data: Any, *, further: Mapping[str, type] | None = None, own: type | None = None) -> Any:
    """Return the configuration that `as_data` wrote down.

    Args:
        data: what `as_data` returned, or what claims to be that.
        further: configurations besides ``CLASSES`` that data may name, by ``class_name``.
        own: the class of a cell that the user named; data may name it, and dataclasses that its module defines.

    Raises:
        InputError: where data have another shape, name another class or field, or a value of another kind.

    Example:
        >>> from_data({"class": "LSTM", "fields": {"hidden": 4, "policy": {"class": "Policy", "fields": {}}}})
        LSTM(hidden=4)
        >>> from_data({"class": "LSTM", "fields": {"hidden": "4"}})
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: hidden: expected an int, got '4'
    """
    if not (isinstance(data, dict) and data.keys() == {"class", "fields"} and isinstance(data["fields"], dict)):
        raise InputError(f"cell: expected a configuration with class and fields, got {data!r}")
    kind = _class(data["class"], {**CLASSES, **(further or {})}, own)
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    unknown = [name for name in data["fields"] if name not in fields]
    if unknown:
        raise InputError(f"cell: expected fields of {kind.__name__}, {', '.join(fields)}; got {', '.join(unknown)}")
    given = {name: _read(value, further, own) for name, value in data["fields"].items()}
    lacking = [name for name, field in fields.items() if name not in given and not _has_default(field)]
    if lacking:
        raise InputError(f"cell: expected {', '.join(lacking)} of {kind.__name__}, got none")
    for name, value in given.items():
        _refuse_kind(fields[name], value)
    return kind(**given)


def class_name(kind: type) -> str:
    """Return the name under which the class of a configuration is written down.

    Raises:
        InputError: where it stands in no module that can be imported.
    """
    if CLASSES.get(kind.__name__) is kind:
        return kind.__name__
    if "<locals>" in kind.__qualname__ or kind.__module__ == "__main__":
        raise InputError(
            f"cell: expected a class in a module that can be imported; got one of {kind.__module__}, so that "
            f"{kind.__qualname__} cannot be saved"
        )
    return f"{kind.__module__}:{kind.__qualname__}"


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def _class(name: Any, known: Mapping[str, type], own: type | None) -> type:
    if isinstance(name, str) and name in known:
        return known[name]
    if own is not None:
        # Its module is there already, as the user named it; what that has imported from elsewhere is not meant.
        held = [own, *vars(sys.modules[own.__module__]).values()]
        classes = [one for one in held if isinstance(one, type) and one.__module__ == own.__module__]
        for found in classes:
            if dataclasses.is_dataclass(found) and class_name(found) == name:
                return found
    raise InputError(f"class: expected one of {', '.join(known)}; got {name!r}")


def _refuse_kind(field: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value of another kind than the field's default; without one, all but an int where such is annotated."""
    default = _default(field)
    if default is dataclasses.MISSING:
        fits = field.type not in ("int", int) or type(value) is int
    elif default is None:
        return
    elif isinstance(default, float):
        fits = type(value) in (int, float)
    elif dataclasses.is_dataclass(default):
        fits = dataclasses.is_dataclass(value) and isinstance(value, Policy) == isinstance(default, Policy)
    elif callable(default):
        fits = callable(value)
    else:
        fits = type(value) is type(default)
    if not fits:
        expected = "an int" if default is dataclasses.MISSING else f"one like {default!r}"
        raise InputError(f"{field.name}: expected {expected}, got {value!r}")


def _value(name: str, value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, tuple):
        return {"tuple": [_value(name, one) for one in value]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return as_data(value)
    for written, function in FUNCTIONS.items():
        if function is value:
            return {"function": written}
    raise InputError(
        f"{name}: expected plain values, configurations, or a function of each number alone of jax.numpy or jax.nn, as "
        f"others cannot be saved; got {value!r}"
    )


def _read(value: Any, further: Mapping[str, type] | None, own: type | None) -> Any:
    if isinstance(value, list):
        raise InputError(f"cell: expected plain values, tuples, functions and configurations, got {value!r}")
    if not isinstance(value, dict):
        return value
    if value.keys() == {"tuple"} and isinstance(value["tuple"], list):
        return tuple(_read(one, further, own) for one in value["tuple"])
    if value.keys() == {"function"}:
        named = value["function"]
        if not isinstance(named, str) or named not in FUNCTIONS:
            raise InputError(f"cell: expected a function of each number alone, such as jnp.tanh, got {named!r}")
        return FUNCTIONS[named]
    return from_data(value, further=further, own=own)
