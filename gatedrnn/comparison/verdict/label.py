"""The closed vocabulary of verdicts, and the only two ways between a label and its text in results.json."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import assert_never

from gatedrnn.errors import InputError


class Label(Enum):
    """What can be concluded about two cells A and B; there is no other conclusion.

    It is not a string, so that nothing can compare it with a text that is misspelt. Whoever turns a label into words
    or advice does so in a ``match`` without a default that ends in ``assert_never``: pyright then names every place
    that a new label has to be told to.
    """

    NEITHER_BEATS_BASELINE = "neither beats the baseline"
    BUDGET_DEPENDENT = "budget-dependent"
    A_BETTER = "{a} better"
    B_BETTER = "{b} better"
    PRACTICALLY_EQUIVALENT = "practically equivalent"
    NOT_RESOLVED = "not resolved"


def text_of(label: Label, names: Sequence[str]) -> str:
    """Return a label as results.json holds it.

    Args:
        label: the verdict on two cells.
        names: the names of these cells, A first.

    Example:
        >>> text_of(Label.B_BETTER, ["LSTM", "GRU"])
        'GRU better'
    """
    a, b = names
    return label.value.format(a=a, b=b)


def label_of(text: str, names: Sequence[str]) -> Label:
    """Return the label that a text from results.json stands for.

    Args:
        text: the verdict's entry ``label``.
        names: the names of the two cells, A first.

    Raises:
        InputError: where no label has this text, as in a file that was changed by hand.

    Example:
        >>> label_of("GRU better", ["LSTM", "GRU"])
        <Label.B_BETTER: '{b} better'>
    """
    texts = {text_of(label, names): label for label in Label}
    if text not in texts:
        raise InputError(f"label: expected one of {', '.join(map(repr, texts))}, got {text!r}")
    return texts[text]


def winner_of(label: Label, names: Sequence[str]) -> str | None:
    """Return the name of the better cell; None where the label says of neither that it is.

    Args:
        label: the verdict on two cells.
        names: the names of these cells, A first.
    """
    a, b = names
    match label:
        case Label.A_BETTER:
            return a
        case Label.B_BETTER:
            return b
        case Label.NEITHER_BEATS_BASELINE | Label.BUDGET_DEPENDENT | Label.PRACTICALLY_EQUIVALENT | Label.NOT_RESOLVED:
            return None
        case _:
            assert_never(label)
