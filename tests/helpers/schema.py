"""The entries of which a type of JSON is made."""

from __future__ import annotations

from typing import Any, get_args, is_typeddict


def entries_within(of: Any) -> list[Any]:
    """Return the entries (TypedDict) that a type holds itself: under a key, in a list, or by name."""
    if is_typeddict(of):
        return [of]
    return [entry for arg in get_args(of) for entry in entries_within(arg)]
