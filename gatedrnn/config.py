"""Configurations: frozen dataclasses that hash, compare and print as what the user wrote."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from typing import Any, NamedTuple, TypeVar, dataclass_transform

T = TypeVar("T")


def _show(value: Any) -> str:
    """Functions by their name: an address would differ between two logs of one run."""
    if callable(value) and not dataclasses.is_dataclass(value):
        return getattr(value, "__name__", repr(value))
    return repr(value)


def _repr(self: Any) -> str:
    fields = [f for f in dataclasses.fields(self) if f.repr]
    given = [f for f in fields if f.default is dataclasses.MISSING or not _same(getattr(self, f.name), f.default)]
    return f"{type(self).__name__}({', '.join(f'{f.name}={_show(getattr(self, f.name))}' for f in given)})"


def _same(value: Any, default: Any) -> bool:
    """Identity first: a traced value has no truth to compare."""
    return value is default or (type(value) is type(default) and value == default)


class _Named(NamedTuple):
    """A function by the place where it is found again: a copy of it would be another function, equal to nothing."""

    module: str
    name: str


def _named(value: Any) -> Any:
    """Return where a function of JAX or of a module is found; anything else as it is."""
    name = getattr(value, "__qualname__", None)
    if not callable(value) or name is None or isinstance(value, type):
        return value
    for module in (value.__module__, "jax.nn", "jax.numpy"):
        if getattr(sys.modules.get(module), name, None) is value:
            return _Named(module, name)
    return value


def _rebuild(cls: type[T], fields: dict[str, Any]) -> T:
    """Make a configuration again from what ``_reduce`` has kept."""
    found = {
        name: getattr(importlib.import_module(value.module), value.name) if isinstance(value, _Named) else value
        for name, value in fields.items()
    }
    return cls(**found)


def _reduce(self: Any) -> Any:
    given = {field.name: _named(getattr(self, field.name)) for field in dataclasses.fields(self) if field.init}
    return _rebuild, (type(self), given)


def _itself(self: Any, *_: Any) -> Any:
    """Return what is copied: it never changes, and a copy of a function that it holds would equal nothing."""
    return self


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def config(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass whose ``repr`` shows only what differs from the defaults.

    A copy of it is itself, and what is pickled comes back equal, with the same functions.

    Example:
        >>> import gatedrnn as gr
        >>> gr.LSTM(64)
        LSTM(hidden=64)
    """
    cls.__repr__ = _repr
    for name, method in (("__copy__", _itself), ("__deepcopy__", _itself), ("__reduce__", _reduce)):
        setattr(cls, name, method)
    return dataclasses.dataclass(frozen=True, repr=False)(cls)
