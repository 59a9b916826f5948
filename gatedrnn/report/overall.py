"""The headline of a task: its verdict, or what the verdicts on several pairs come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TaskEntry

from gatedrnn.comparison.verdict.label import Label, label_of, winner_of


def overall(task: TaskEntry) -> str:
    """Return the headline of the only pair; of several pairs, which cell is better than all others, if any is.

    Args:
        task: an entry of ``tasks`` in results.json.

    Example:
        >>> def pair(a, b, label):
        ...     return {"names": [a, b], "verdict": {"label": label}}
        >>> cells = {"LSTM": {}, "GRU": {}, "SimpleRNN": {}}
        >>> won = [
        ...     pair("LSTM", "GRU", "GRU better"),
        ...     pair("GRU", "SimpleRNN", "GRU better"),
        ...     pair("LSTM", "SimpleRNN", "not resolved"),
        ... ]
        >>> overall({"cells": cells, "pairs": won})
        'GRU is better than LSTM and SimpleRNN'
        >>> overall({"cells": cells, "pairs": won[1:]})
        'None of LSTM, GRU and SimpleRNN is shown to be better than all others'
    """
    labels, names = pair_labels(task), list(task["cells"])
    if len(labels) == 1:
        return task["pairs"][0]["verdict"]["headline"]
    if all(label is Label.NEITHER_BEATS_BASELINE for label in labels):
        return f"None of {listed(names)} beats the baseline"
    best = better_than_all(task)
    if best is not None:
        return f"{best} is better than {listed([other for other in names if other != best])}"
    return f"None of {listed(names)} is shown to be better than all others"


def pair_labels(task: TaskEntry) -> list[Label]:
    """Return the label of each pair in their order.

    Args:
        task: an entry of ``tasks`` in results.json.

    Raises:
        InputError: where a pair's label is not of the vocabulary.
    """
    return [label_of(pair["verdict"]["label"], pair["names"]) for pair in task["pairs"]]


def better_than_all(task: TaskEntry) -> str | None:
    """Return the cell that is better than every other one, by the labels of its pairs; None where none is.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    labels = zip(pair_labels(task), task["pairs"], strict=True)
    winners = [winner_of(label, pair["names"]) for label, pair in labels]
    return next((name for name in task["cells"] if winners.count(name) == len(task["cells"]) - 1), None)


def listed(words: list[str]) -> str:
    """Join words as a sentence does.

    Example:
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
