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
from gatedrnn.tasks.task import VisibleTask

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
PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "adding": "adding-50",
        "copy-memory": "copy-memory-50",
        "selective-copying": "selective-copying-100",
        "parity": "parity-32",
        "flip-flop": "flip-flop-100",
        "dyck": "dyck-100",
        "anbn": "anbn-50",
        "anbncn": "anbncn-50",
    }
)
"""Made-up problems by their names without a length, to the shortest length that there is: it takes the least time."""


def canonical(name: str) -> str:
    """Return the name of a task as ``TASKS`` has it, however it is written; what none has comes back as it came.

    Capitals do not count, blanks are hyphens, and carets of a language stand for nothing.

    Example:
        >>> [canonical(name) for name in ("adding", "copy memory", "a^n b^n", "Sequential MNIST", "adding-7")]
        ['adding-50', 'copy-memory-50', 'anbn-50', 'sequential-mnist', 'adding-7']
    """
    joined = "" if "^" in name else "-"
    written = joined.join(name.lower().replace("^", "").split())
    found = PLAIN.get(written, written)
    return found if found in TASKS else name


def load(name: str | Task) -> Task:
    """Return the task of that name, as ``canonical`` reads it; a task itself is returned as it is.

    Raises:
        InputError: where there is none, naming those that there are.

    Example:
        >>> load("japanese-vowels-speaker").kind, load("adding").name
        ('classification', 'adding-50')
    """
    if not isinstance(name, str):
        return name
    refuse_unknown(name, argument="name")
    return TASKS[canonical(name)]()


def refuse_unknown(*tasks: str | Task, argument: str = "task") -> None:
    """Refuse names that no task has.

    Args:
        tasks: names of tasks, or tasks, none of which is refused.
        argument: what the refusal calls them.

    Raises:
        InputError: where there is such a name, with the names that there are.
    """
    others = [task for task in tasks if not isinstance(task, str | VisibleTask)]
    if others:
        raise InputError(f"{argument}: expected the name of a task or a task, got {others[0]!r}")
    unknown = [task for task in tasks if isinstance(task, str) and canonical(task) not in TASKS]
    if unknown:
        raise InputError(f"{argument}: expected one of {', '.join((*TASKS, *PLAIN))}; got {', '.join(unknown)}")


def name_of(task: str | Task) -> str:
    """Return what a task is called in results: its name as ``TASKS`` has it.

    Example:
        >>> name_of("parity")
        'parity-32'
    """
    return canonical(task) if isinstance(task, str) else task.name


def identity(task: str | Task) -> str | dict[str, str]:
    """Return what tells a task from others, as JSON has it: its name, or of one that is not registered its data too.

    Example:
        >>> identity("jsb-chorales")
        'jsb-chorales'
    """
    return name_of(task) if isinstance(task, str) else task.identity()
