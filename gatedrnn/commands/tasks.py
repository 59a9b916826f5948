"""``gatedrnn tasks``: the tasks that come along."""

from __future__ import annotations

from rich.console import Console

from gatedrnn.tasks import registry


def tasks() -> None:
    """List the tasks that compare and train know."""
    console = Console()
    for name in registry.TASKS:
        task = registry.load(name)
        console.print(f"[bold]{name}[/]\n  {task.title}; {task.unit}\n  [dim]{task.source}[/]", highlight=False)
