"""The errors that say: what came in was wrong, or something is not installed; the program is right."""

from __future__ import annotations


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
    """A package that an extra brings is not installed; its message says how to install it.

    It is an ``ImportError`` for those who try, and an ``InputError`` for a command, which says it in one line.

    Example:
        >>> issubclass(MissingPackageError, ImportError)
        True
    """
