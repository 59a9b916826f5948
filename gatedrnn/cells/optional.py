"""Optional parts by which a cell says again, in a faster or shorter form, what others of its methods say."""

from __future__ import annotations

from typing import Any

REPLACES = {
    "joint": ("project", "recur", "gate"),
    "gate_derivative": ("gate",),
    "gates": ("gate",),
    "gate_sums": ("project", "recur", "gate", "step"),
    "linear": ("project", "recur", "gate"),
    "log_linear": ("project", "recur", "gate", "linear"),
    "diagonal": ("recur", "gate"),
    "output": ("gate", "step"),
}
"""What each says again: ``joint`` that ``gate`` reads the sum of both products alone, ``gates`` what its
blocks are, ``gate_sums`` what gates are the sigmoids of, ``linear`` what factor and what summand a step is, where the
carry is the output and nothing recurs, ``log_linear`` the logarithms of both, ``diagonal`` that ``recur`` maps each
unit to itself alone, ``output`` how a step's output follows from the carry that it leaves."""


def optional_method(cell: Any, name: str) -> Any:
    """Return the cell's attribute of that name, or None.

    None where the cell has none, and where a subclass has overridden a method that the hook of its parent says again:
    the parent's would be another function.

    Example:
        >>> import gatedrnn as gr
        >>> class Halved(gr.LSTM):
        ...     def gate(self, params, z, u, carry):
        ...         return super().gate(params, z / 2, u / 2, carry)
        >>> optional_method(gr.LSTM(3), "joint") is None, optional_method(Halved(3), "joint") is None
        (False, True)
    """
    own = _depth(cell, name)
    if any(_depth(cell, restated) < own for restated in REPLACES[name]):
        return None
    return getattr(cell, name, None)


def _depth(cell: Any, name: str) -> int:
    """Return how far up among a cell's classes a name is defined; a large number where it is not."""
    classes = type(cell).__mro__
    return next((depth for depth, one in enumerate(classes) if name in vars(one)), len(classes))
