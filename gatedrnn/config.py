"""Configurations: frozen dataclasses that hash, compare and print as what the user wrote."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, dataclass_transform

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


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def config(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass whose ``repr`` shows only what differs from the defaults.

    Example:
        >>> import gatedrnn as gr
        >>> gr.LSTM(64)
        LSTM(hidden=64)
    """
    cls.__repr__ = _repr
    return dataclasses.dataclass(frozen=True, repr=False)(cls)
