"""Options that a command does not have: named first of all that is wrong with a command line, with whose they are."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro

ALIKE = 0.75
"""From which share of letters in common on an option may be meant by another word."""


def options(command: Callable[..., Any]) -> list[str]:
    """Return the options that a command takes, from its arguments and those of the settings among them.

    Example:
        >>> def cook(hours: float, dry_run: bool = False): ...
        >>> options(cook)
        ['--hours', '--dry-run', '--no-dry-run']
    """
    hints = get_type_hints(command, include_extras=True)
    return [option for name in inspect.signature(command).parameters for option in _options_of(name, hints[name])]


def _options_of(name: str, of: Any) -> Iterator[str]:
    kind, marks = (get_args(of)[0], get_args(of)[1:]) if get_origin(of) is Annotated else (of, ())
    if tyro.conf.Positional in marks or tyro.conf.Suppress in marks:
        return
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        for field in dataclasses.fields(kind):
            yield from _options_of(field.name, hints[field.name])
        return
    said = name.replace("_", "-")
    yield from (f"--{said}", f"--no-{said}") if kind is bool else (f"--{said}",)


def unknown_option(arguments: list[str], commands: Mapping[str, Callable[..., Any]]) -> str | None:
    """Return in one line which option of a command line its command does not have; None where it has all.

    Args:
        arguments: the words after the name of the program, the command first.
        commands: the functions behind all commands, by their names.

    Example:
        >>> def cook(hours: float): ...
        >>> def bake(minutes: float, heat: float): ...
        >>> unknown_option(["cook", "--heat=200"], {"cook": cook, "bake": bake})
        '--heat: expected an option of gatedrnn cook, got one of gatedrnn bake, with 200 behind it'
        >>> unknown_option(["cook", "--houres"], {"cook": cook, "bake": bake})
        '--houres: expected an option of gatedrnn cook (is --hours meant?), got another'
    """
    if not arguments or arguments[0] not in commands:
        return None
    command, *words = arguments
    known = [*options(commands[command]), "--help"]
    for k, word in enumerate(words):
        option, _, value = word.partition("=")
        asked = option.replace("_", "-")
        if not option.startswith("--") or option == "--" or asked in known:
            continue
        alike = difflib.get_close_matches(asked, known, cutoff=ALIKE)
        alike += [one for one in known if one.startswith(asked) and one not in alike]
        meant = f" (is {' or '.join(alike)} meant?)" if alike else ""
        whose = [name for name, other in commands.items() if name != command and asked in options(other)]
        got = f"one of gatedrnn {', '.join(whose)}" if whose else "another"
        after = words[k + 1 :]
        rest = [value] if value else after[: next((n for n, one in enumerate(after) if one.startswith("--")), None)]
        behind = f", with {', '.join(rest)} behind it" if rest else ""
        return f"{option}: expected an option of gatedrnn {command}{meant}, got {got}{behind}"
    return None
