"""``gatedrnn tasks``: the tasks that come along."""

from __future__ import annotations

from rich.text import Text

from gatedrnn.commands.console import make_console
from gatedrnn.tasks import registry


def tasks() -> None:
    """List the tasks that compare and train know."""
    console = make_console()
    for name in registry.TASKS:
        task = registry.load(name)
        solved = "" if task.threshold is None else f", solved at {task.threshold:.3g}"
        said = Text.assemble((name, "bold"), f"\n  {task.title}; {task.unit}{solved}\n  ", (task.source, "dim"))
        console.print(said, highlight=False)
