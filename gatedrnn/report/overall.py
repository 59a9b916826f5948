"""The headline of a task: its verdict, or what the verdicts on several pairs come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatedrnn.compare.schema.results import TaskEntry


def overall(task: TaskEntry) -> str:
    """Return the headline of the only pair; of several pairs, which cell is better than all others, if any is.

    Args:
        task: an entry of ``tasks`` in results.json.

    Example:
        >>> def pair(a, b, winner):
        ...     return {"names": [a, b], "verdict": {"winner": winner, "label": "", "headline": f"{winner} is better"}}
        >>> cells = {"LSTM": {}, "GRU": {}, "SimpleRNN": {}}
        >>> won = [pair("LSTM", "GRU", "GRU"), pair("GRU", "SimpleRNN", "GRU"), pair("LSTM", "SimpleRNN", None)]
        >>> overall({"cells": cells, "pairs": won})
        'GRU is better than LSTM and SimpleRNN'
        >>> overall({"cells": cells, "pairs": won[1:]})
        'None of LSTM, GRU and SimpleRNN is shown to be better than all others'
    """
    if len(task["pairs"]) == 1:
        return task["pairs"][0]["verdict"]["headline"]
    names = list(task["cells"])
    if all(pair["verdict"]["label"] == "neither beats the baseline" for pair in task["pairs"]):
        return f"None of {listed(names)} beats the baseline"
    for name in names:
        if sum(pair["verdict"]["winner"] == name for pair in task["pairs"]) == len(names) - 1:
            return f"{name} is better than {listed([other for other in names if other != name])}"
    return f"None of {listed(names)} is shown to be better than all others"


def listed(words: list[str]) -> str:
    """Join words as a sentence does.

    Example:
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
