"""What one argument has to be: a number, a flag, a choice, a function; each check names the argument."""

from __future__ import annotations

import numbers
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gatedrnn.errors import InputError


def whole(name: str, value: Any, *, least: int = 1, most: int | None = None) -> None:
    """Refuse what is no whole number within limits; a truth value is none.

    Args:
        name: the name of the argument, for the message.
        value: what was given for the argument.
        least: the smallest number that is taken.
        most: the largest number that is taken; None: there is no limit.

    Raises:
        InputError: where it is none.

    Example:
        >>> whole("trials", 3, most=10)
        >>> whole("trials", 11, most=10)
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: trials: expected 10 or less, got 11
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        kind = "a positive int" if least == 1 else f"an int of {least} or more"
        raise InputError(f"{name}: expected {kind}, got {value!r}")
    if most is not None and value > most:
        raise InputError(f"{name}: expected {most} or less, got {value!r}")


def number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> None:
    """Refuse what is no finite number within limits, also after rounding to float32, in which training reckons.

    Args:
        name: the name of the argument, for the message.
        value: what was given for the argument.
        above: a number that is smaller than all that are taken; None: there is none.
        least: the smallest number that is taken; None: there is none.
        below: a number that is larger than all that are taken; None: there is none.
        most: the largest number that is taken; None: there is none.

    Raises:
        InputError: where it is none.

    Example:
        >>> number("dropout", 0.1, least=0.0, below=1.0)
        >>> number("learning_rate", float("nan"), above=0.0)
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: learning_rate: expected a finite number above 0, got nan
    """
    limits = (("above", above), ("of at least", least), ("below", below), ("of at most", most))
    if is_number(value):
        with np.errstate(over="ignore"):
            x = float(np.float32(float(value)))
        if (
            np.isfinite(x)
            and (above is None or x > above)
            and (least is None or x >= least)
            and (below is None or x < below)
            and (most is None or x <= most)
        ):
            return
    words = " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
    raise InputError(f"{name}: expected {f'a finite number {words}'.strip()}, got {value!r}")


def is_number(value: Any) -> bool:
    """Return whether it is one real number that a float can hold, NaN and infinity included; a truth value is none."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def flag(name: str, value: Any) -> None:
    """Refuse what is neither True nor False: text such as "no" would count as true.

    Raises:
        InputError: where it is something else.
    """
    if not isinstance(value, bool):
        raise InputError(f"{name}: expected True or False, got {value!r}")


def choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    """Refuse what is not among the choices.

    Raises:
        InputError: where it is not, naming them all.
    """
    if not any(value is one or (type(value) is type(one) and value == one) for one in choices):
        raise InputError(f"{name}: expected one of {', '.join(map(str, choices))}; got {value!r}")


def instance(name: str, value: Any, kind: type) -> None:
    """Refuse what is not of a class, such as the class itself.

    Raises:
        InputError: where it is not.
    """
    if not isinstance(value, kind):
        raise InputError(f"{name}: expected {kind.__name__}, got {value!r}")


def as_path(name: str, value: Any) -> Path:
    """Return a path, or raise ``InputError`` unless ``value`` is one or a text; an empty one is the current folder."""
    if value == "":
        raise InputError(f"{name}: expected a path, got an empty one; the current folder is .")
    if not isinstance(value, str | os.PathLike):
        raise InputError(f"{name}: expected a path, got {value!r}")
    return Path(value)


def function(name: str, value: Any) -> None:
    """Refuse what cannot be called.

    Raises:
        InputError: where it cannot.
    """
    if not callable(value):
        raise InputError(f"{name}: expected a function, got {value!r}")
