"""Results as they may be shown: what a user's data are called is text, whatever signs it has."""

from __future__ import annotations

from typing import Any, TypeVar

from gatedrnn.tasks.plain import plain

T = TypeVar("T")


def as_text(results: T) -> T:
    r"""Return results in which each text and each key is in one line, and without signs that steer a terminal.

    Files are read so already; tasks made in Python, and a folder that somebody else sent, may call things as they like.

    Args:
        results: what results.json holds, or a part of it.

    Example:
        >>> as_text({"a\nb": ["\x1b[31mred", 1.5]})
        {'a b': ['\\x1b[31mred', 1.5]}
    """
    return _shown(results)


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(key): _shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [inner if isinstance(inner, float) else _shown(inner) for inner in value]
    return value
