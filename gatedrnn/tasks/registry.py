"""The table of tasks by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from gatedrnn.errors import InputError
from gatedrnn.tasks import etth1, japanese_vowels, jsb_chorales, mnist, piano_rolls, tiny_shakespeare
from gatedrnn.tasks.generated.adding import adding
from gatedrnn.tasks.generated.automata import dyck, flip_flop, parity
from gatedrnn.tasks.generated.counting import counting
from gatedrnn.tasks.generated.recall import copy_memory, selective_copying

if TYPE_CHECKING:
    from gatedrnn.tasks.task import Task

TASKS: Mapping[str, Callable[[], Task]] = MappingProxyType(
    {
        "japanese-vowels-forecast": japanese_vowels.forecast,
        "japanese-vowels-speaker": japanese_vowels.speaker,
        "jsb-chorales": jsb_chorales.next_frame,
        **{each.name: each.task for each in (piano_rolls.NOTTINGHAM, piano_rolls.MUSEDATA, piano_rolls.PIANO_MIDI)},
        "tiny-shakespeare": tiny_shakespeare.next_character,
        "sequential-mnist": partial(mnist.digits, permuted=False),
        "permuted-mnist": partial(mnist.digits, permuted=True),
        "etth1": etth1.oil_temperature,
        **{f"adding-{length}": partial(adding, length) for length in (50, 100, 200, 400, 600)},
        **{f"copy-memory-{pause}": partial(copy_memory, pause) for pause in (50, 100, 1000)},
        "selective-copying-100": partial(selective_copying, 100),
        "parity-32": partial(parity, 32),
        "flip-flop-100": partial(flip_flop, 100),
        "dyck-100": partial(dyck, 100),
        "anbn-50": partial(counting, 2, 50),
        "anbncn-50": partial(counting, 3, 50),
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


def refuse_unknown(*tasks: str | Task) -> None:
    """Refuse names that no task has.

    Raises:
        InputError: where there is such, naming the tasks that there are.
    """
    unknown = [task for task in tasks if isinstance(task, str) and task not in TASKS]
    if unknown:
        raise InputError(f"task: expected one of {', '.join(TASKS)}; got {', '.join(unknown)}")


def identity(task: str | Task) -> str | dict[str, str]:
    """Return what tells a task from others, as JSON has it: its name, or of one that is not registered its data too.

    Example:
        >>> identity("jsb-chorales")
        'jsb-chorales'
    """
    return task if isinstance(task, str) else task.identity()
