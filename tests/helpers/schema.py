"""Holding JSON to the types that say what it is: every key that a type has, no other, and values of its kind."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict


def misfits(value: Any, of: Any, where: str = "") -> list[str]:
    """Return what of a JSON value is not as the type says, with its place; an empty list where all is.

    A whole number may stand for a float, as JSON writes 1.0 and 1 alike.
    """
    if is_typeddict(of):
        return _entry(value, get_type_hints(of), where)
    origin, args = get_origin(of), get_args(of)
    if of is Any:
        return []
    if origin in (Union, types.UnionType):
        found = [misfits(value, each, where) for each in args]
        return min(found, key=len) if all(found) else []
    if origin is list:
        if not isinstance(value, list):
            return [f"{where}: expected a list, got {value!r:.60}"]
        return [line for k, item in enumerate(value) for line in misfits(item, args[0], f"{where}[{k}]")]
    if origin is dict:
        if not isinstance(value, dict):
            return [f"{where}: expected names, got {value!r:.60}"]
        keys = [line for key in value for line in misfits(key, args[0], f"{where}, key")]
        return keys + [line for key, item in value.items() for line in misfits(item, args[1], f"{where}.{key}")]
    if origin is Literal:
        return [] if value in args else [f"{where}: expected one of {args}, got {value!r:.60}"]
    kinds = (int, float) if of is float else of
    fits = isinstance(value, kinds) and (of is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: expected {of.__name__}, got {value!r:.60}"]


def _entry(value: Any, hints: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: expected an entry, got {value!r:.60}"]
    lines = [f"{where}.{key}: missing" for key in hints if key not in value]
    lines += [f"{where}.{key}: not in the schema" for key in value if key not in hints]
    return lines + [line for key in hints if key in value for line in misfits(value[key], hints[key], f"{where}.{key}")]


def entries_within(of: Any) -> list[Any]:
    """Return the entries (TypedDict) that a type holds itself: under a key, in a list, or by name."""
    if is_typeddict(of):
        return [of]
    return [entry for arg in get_args(of) for entry in entries_within(arg)]
