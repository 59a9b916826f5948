"""A file of one's own, as compare, train and sweep take it: read, and what was understood of it shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.padding import Padding

from gatedrnn.commands.console import note
from gatedrnn.errors import InputError
from gatedrnn.report.content.understood import understood_table
from gatedrnn.report.understood import render_understood
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question

if TYPE_CHECKING:
    from rich.console import Console

    from gatedrnn.tasks.task import Task


class AskedTask(str):
    """The name of a task that a command line gives, and not one that stands there by default."""


def task_asked(
    console: Console, file: Path | None, question: Question, network: str = "", *, tasks: Sequence[str | Task] = ()
) -> Task | None:
    """Return the task of a file, and show what was understood of it; None where there is no file.

    Args:
        console: the terminal in which what was understood is shown.
        file: the file of the user's own, or None.
        question: what is asked of the file.
        network: what stands around the cells, in words.
        tasks: the tasks of the settings, whose place the file takes.

    Raises:
        InputError: where the file is unfit, a question is asked of none, or a task is asked for beside the file.
    """
    if file is None:
        if question != Question():
            raise InputError(f"file: expected one, as {', '.join(question.said())} is asked of it; got none")
        return None
    asked = [task for task in tasks if isinstance(task, AskedTask)]
    if asked:
        raise InputError(f"file: expected none where a task is named, got {file} beside {', '.join(asked)}")
    note(console, f"preparing: reading {file.name}")
    task = task_from_file(file, question)
    understood = understood_table(task.facts, network)
    if understood is not None:
        console.print(Padding(render_understood(understood), (0, 0, 1, 0)))
    return task
