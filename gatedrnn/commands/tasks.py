"""``gatedrnn tasks``: the tasks that come along."""

from __future__ import annotations

from rich.text import Text

from gatedrnn.commands.console import make_console
from gatedrnn.tasks import registry, trivial

SAID = "Of each: the question, the validation loss at which it counts as solved, and what its trivial baseline, which "
SAID += "reads nothing, reaches on the validation part of split 0."


def tasks() -> None:
    """List the tasks that compare, train and sweep know, with the trivial baseline of each."""
    console = make_console()
    plain = {name: short for short, name in registry.PLAIN.items()}
    for name in registry.TASKS:
        task = registry.load(name)
        solved = "" if task.threshold is None else f", solved at {task.threshold:.3g}"
        also = f", or {plain[name]}" if name in plain else ""
        lines = [f"{task.title}; {task.unit}{solved}", f"trivial baseline: {trivial.words(task)}"]
        said = Text.assemble((name, "bold"), also, *(f"\n  {line}" for line in lines), "\n  ", (task.source, "dim"))
        console.print(said, highlight=False)
    console.print(Text(SAID, "dim"), highlight=False)
