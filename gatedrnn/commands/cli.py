"""The table of the subcommands of ``gatedrnn``, and how their arguments are read."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tyro

from gatedrnn.commands.compare import compare
from gatedrnn.commands.describe import describe
from gatedrnn.commands.exit_code import command_line, exit_code
from gatedrnn.commands.options import unknown_option
from gatedrnn.commands.predict import predict
from gatedrnn.commands.reading import AskedTask
from gatedrnn.commands.refusal import in_one_line
from gatedrnn.commands.reproduce import reproduce
from gatedrnn.commands.sweep import sweep
from gatedrnn.commands.tasks import tasks
from gatedrnn.commands.train import train
from gatedrnn.errors import InputError
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
        instance_from_str=lambda arguments: AskedTask(arguments[0]),
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
    "reproduce": reproduce,
}


class HeldBack(io.StringIO):
    """What tyro says of arguments that it refuses, as if to the terminal, until it is known whether to show it."""

    def isatty(self) -> bool:
        """Whether it would be shown in a terminal."""
        return sys.__stderr__ is not None and sys.__stderr__.isatty()


def run(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code, as ``exit_code`` has it."""
    return exit_code(lambda: read(arguments)(), command_line())


def read(arguments: list[str] | None) -> Callable[[], Any]:
    """Return what a command line asks for, not done yet.

    Args:
        arguments: the words after the name of the program; None: those of this process.

    Raises:
        InputError: where a setting or an argument is refused, by a check of ours or by tyro; it would say so in a box,
            now and then under a name of its own.
        SystemExit: where tyro shows its help.
    """
    held = HeldBack()
    try:
        with contextlib.redirect_stderr(held):
            return tyro.extras.subcommand_cli_from_dict(
                {name: later(command) for name, command in COMMANDS.items()},
                prog="gatedrnn",
                description="LSTM or GRU? Measured, on your problem.",
                args=arguments,
                registry=ARGUMENTS,
            )
    except SystemExit as stop:
        if not stop.code:  # help was asked for
            raise
        refused = input_error(stop) or refused_by_tyro(
            held.getvalue(), sys.argv[1:] if arguments is None else arguments
        )
        if refused is not None:
            raise refused from None
        sys.stderr.write(held.getvalue())
        raise


def refused_by_tyro(box: str, arguments: list[str]) -> InputError | None:
    """Return in our form what tyro refused, an unknown option first; None where its box is none that is known."""
    command = next((word for word in arguments[:1] if word in COMMANDS), "")
    help_of = f"gatedrnn {command}".rstrip()
    if option := unknown_option(arguments, COMMANDS):
        return InputError(f"{option}; {help_of} --help shows all")
    line = in_one_line(box, help_of)
    return None if line is None else InputError(line)


def later(command: Callable[..., Any]) -> Callable[..., Callable[[], Any]]:
    """Return a function of the same arguments that gives the command with them, to be called when all are read."""

    @functools.wraps(command)
    def with_arguments(*given: Any, **named: Any) -> Callable[[], Any]:
        return functools.partial(command, *given, **named)

    return with_arguments


def input_error(error: BaseException | None) -> InputError | None:
    """Return the refusal of ours that an error came from; None where it came from none."""
    while error is not None and not isinstance(error, InputError):
        error = error.__cause__ or error.__context__
    return error
