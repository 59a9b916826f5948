"""The errors that say: what came in was wrong, or something is not installed; the program is right."""

from __future__ import annotations

import contextlib
import importlib.util
import shlex
from collections.abc import Iterator


class InputError(ValueError):
    """Input that a check of this package refused; its message names the argument, what was expected and what came.

    Only our own checks raise it, so that a command can tell a user's mistake (one line, exit code 2) from a defect,
    such as a ``ValueError`` of a library below.

    Example:
        >>> import gatedrnn as gr
        >>> try:
        ...     gr.LSTM(0)
        ... except InputError as error:
        ...     print(error)
        hidden: expected a positive int, got 0
    """


class MissingPackageError(InputError, ImportError):
    """A package that an extra brings is not installed, or cannot be imported; its message says what to install.

    It is an ``ImportError`` for those who try, and an ``InputError`` for a command, which says it in one line.

    Example:
        >>> issubclass(MissingPackageError, ImportError)
        True
    """


@contextlib.contextmanager
def needed(what: str, module: str, install: str) -> Iterator[None]:
    """Say what needs a package where it cannot be imported in this context, in which nothing else is done.

    Args:
        what: what needs which package.
        module: the package, as it is imported.
        install: what pip installs, which brings it.

    Raises:
        MissingPackageError: where it is not installed; or where it is, and fails, which then says how.

    Example:
        >>> with needed("maps need cartography", "cartography", "gatedrnn[maps]"):
        ...     import cartography
        Traceback (most recent call last):
        ...
        gatedrnn.errors.MissingPackageError: maps need cartography: pip install 'gatedrnn[maps]'
    """
    try:
        yield
    except Exception as error:  # of a package that is broken by another's release, now and then a ValueError
        if isinstance(error, ModuleNotFoundError) and importlib.util.find_spec(module) is None:
            raise MissingPackageError(f"{what}: pip install {shlex.quote(install)}") from error
        why = " ".join(str(error).split()) or type(error).__name__
        raise MissingPackageError(
            f"{what}, which is installed but cannot be imported ({why}): install it anew"
        ) from error
