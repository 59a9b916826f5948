"""Holding JSON to the types that say what it is: every key that a type has, no other, and values of its kind.

What is read back from a folder may come from anybody, and its digests with it. It is checked before it is used.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints, is_typeddict

from gatedrnn.errors import InputError

Check: TypeAlias = Callable[[Any], None]
"""What raises an InputError where a value is not what it should be."""

LARGEST = 2**53
"""Whole numbers beyond are no counts, and a float64 does not tell them apart."""


def refuse_misfit(value: Any, of: Any) -> None:
    """Refuse a JSON value that is not as a type says.

    Args:
        value: the value that was read from a file.
        of: a TypedDict or a dataclass, or another type of JSON values; tuples are lists in JSON.

    Raises:
        InputError: where it is another; names the first place at which it is.

    Example:
        >>> refuse_misfit({"a": [1.0, 2.0]}, dict[str, list[float]])
        >>> refuse_misfit({"a": [1.0, "2"]}, dict[str, list[float]])
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: a[1]: expected float, got '2'
    """
    found = misfits(value, of)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise InputError(f"{found[0].lstrip('.') if found[0][0] == '.' else f'content{found[0]}'}{more}")


def misfits(value: Any, of: Any, where: str = "") -> list[str]:
    """Return what of a JSON value is not as the type says, with its place; an empty list where all is.

    A whole number may stand for a float, as JSON writes 1.0 and 1 alike. Numbers are finite, and whole ones no larger
    than a float64 can tell apart.

    Args:
        value: the value that was read from a file.
        of: the type that the value has to be of.
        where: the place at which the value stands, such as ``.tasks[0].name``.
    """
    if of is Any:
        return []
    if is_typeddict(of) or dataclasses.is_dataclass(of):
        return _entry(value, _hints(of), where)
    origin, args = get_origin(of), get_args(of)
    if origin in (Union, types.UnionType):
        found = [misfits(value, each, where) for each in args]
        return min(found, key=len) if all(found) else []
    if origin in (list, tuple):
        if not isinstance(value, list):
            return [f"{where}: expected a list, got {_shown(value)}"]
        if args[0] is float and all(type(one) is float and math.isfinite(one) for one in value):
            return []  # curves are long
        return [line for k, item in enumerate(value) for line in misfits(item, args[0], f"{where}[{k}]")]
    if origin is dict:
        if not isinstance(value, dict):
            return [f"{where}: expected names, got {_shown(value)}"]
        keys = [line for key in value for line in misfits(key, args[0], f"{where}, key")]
        return keys + [line for key, item in value.items() for line in misfits(item, args[1], f"{where}.{_name(key)}")]
    if origin is Literal:
        return [] if value in args else [f"{where}: expected one of {args}, got {_shown(value)}"]
    return _plain(value, of, where)


def _plain(value: Any, of: Any, where: str) -> list[str]:
    kinds = (int, float) if of is float else of
    if not isinstance(value, kinds) or (of is not bool and isinstance(value, bool)):
        return [f"{where}: expected {of.__name__}, got {_shown(value)}"]
    if type(value) is int and abs(value) > LARGEST:
        return [f"{where}: expected a number of at most {LARGEST}, got one of {len(str(abs(value)))} digits"]
    if type(value) is float and not math.isfinite(value):
        return [f"{where}: expected a finite number, got {value}"]
    return []


def _entry(value: Any, hints: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: expected an entry, got {_shown(value)}"]
    lines = [f"{where}.{key}: missing" for key in hints if key not in value]
    lines += [f"{where}.{_name(key)}: not in the schema" for key in value if key not in hints]
    return lines + [line for key in hints if key in value for line in misfits(value[key], hints[key], f"{where}.{key}")]


@functools.cache
def _hints(of: Any) -> dict[str, Any]:
    return get_type_hints(of)


def _shown(value: Any) -> str:
    """Return a value in a few signs, none of which steers a terminal."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _name(key: str) -> str:
    return key if key.isprintable() and len(key) <= 60 else _shown(key)
