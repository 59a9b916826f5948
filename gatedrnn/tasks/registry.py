"""The table of tasks by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from gatedrnn.errors import InputError
from gatedrnn.tasks import japanese_vowels, jsb_chorales

if TYPE_CHECKING:
    from gatedrnn.tasks.task import Task

TASKS: Mapping[str, Callable[[], Task]] = MappingProxyType(
    {
        "japanese-vowels-forecast": japanese_vowels.forecast,
        "japanese-vowels-speaker": japanese_vowels.speaker,
        "jsb-chorales": jsb_chorales.next_frame,
    }
)
"""Names to constructors; data are read when a task is split."""


def load(name: str | Task) -> Task:
    """Return the task of that name; a task itself is returned as it is.

    Raises:
        InputError: where there is none, naming those that there are.

    Example:
        >>> load("japanese-vowels-speaker").kind
        'classification'
    """
    if not isinstance(name, str):
        return name
    if name not in TASKS:
        raise InputError(f"name: expected one of {', '.join(TASKS)}, got {name!r}")
    return TASKS[name]()
