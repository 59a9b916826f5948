"""The table of the subcommands of ``gatedrnn``, and how their arguments are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tyro

from gatedrnn.commands.compare import compare
from gatedrnn.commands.describe import describe
from gatedrnn.commands.exit_code import command_line, exit_code
from gatedrnn.commands.predict import predict
from gatedrnn.commands.sweep import sweep
from gatedrnn.commands.tasks import tasks
from gatedrnn.commands.train import train
from gatedrnn.tasks.task import Task

ARGUMENTS = tyro.constructors.ConstructorRegistry()


@ARGUMENTS.primitive_rule
def _task_by_name(info: Any) -> Any:
    """Read a task's name where a task may stand as well: only Python can give one."""
    if info.type != str | Task:
        return None
    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="STR",
        instance_from_str=lambda arguments: arguments[0],
        is_instance=lambda value: isinstance(value, str | Task),
        str_from_instance=lambda value: [str(value)],
    )


@ARGUMENTS.primitive_rule
def _path(info: Any) -> Any:
    """Read a path; an empty one, such as of a variable of the shell that is not set, would be the current folder."""
    if info.type is not Path:
        return None
    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="PATH",
        instance_from_str=lambda arguments: _not_empty(arguments[0]),
        is_instance=lambda value: isinstance(value, Path),
        str_from_instance=lambda value: [str(value)],
    )


def _not_empty(text: str) -> Path:
    if not text:
        raise ValueError("expected a path, got an empty one; the current folder is .")
    return Path(text)


COMMANDS: dict[str, Callable[..., Any]] = {
    "describe": describe,
    "compare": compare,
    "predict": predict,
    "train": train,
    "sweep": sweep,
    "tasks": tasks,
}


def run(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code, as ``exit_code`` has it."""
    return exit_code(
        lambda: tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="gatedrnn",
            description="LSTM or GRU? Measured, on your problem.",
            args=arguments,
            registry=ARGUMENTS,
        ),
        command_line(),
    )
