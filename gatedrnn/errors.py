"""The one error that says: what came in was wrong, not the program."""

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
