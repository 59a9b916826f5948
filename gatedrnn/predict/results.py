"""What is read of a comparison's results.json, which may come from anybody: its tasks, and which cell did best."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.comparison.schema.results import Results
from gatedrnn.errors import InputError
from gatedrnn.experiment.paths import refuse_path
from gatedrnn.experiment.received import refuse_names
from gatedrnn.experiment.schema import refuse_misfit

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TaskEntry


def tasks_of(path: Path, results: Any) -> dict[str, TaskEntry]:
    """Return the entries of a comparison's tasks by name, as far as they are read here.

    Args:
        path: where results.json is, which errors name.
        results: what results.json holds, or what claims to be that.

    Raises:
        InputError: where it is something else, or a name in it leads out of the run's folder.
    """
    try:
        refuse_misfit(results, Results)
    except InputError as error:
        raise InputError(f"{path}: expected the results of a comparison, got something else ({error})") from error
    entries = {entry["name"]: entry for entry in results["tasks"]}
    if not entries:
        raise InputError(f"{path}: expected the results of a comparison, got one without tasks")
    try:
        for name, entry in entries.items():
            refuse_path("task", name)
            for cell in entry["cells"]:
                refuse_path("cell", cell)
            _refuse_pairs(entry)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return entries


def _refuse_pairs(entry: TaskEntry) -> None:
    """Refuse a task whose pairs are not those of its cells.

    Raises:
        InputError: where it is so.
    """
    cells = list(entry["cells"])
    if [tuple(pair["names"]) for pair in entry["pairs"]] != list(combinations(cells, 2)) or len(cells) < 2:
        raise InputError(f"pairs: expected those of {', '.join(cells) or 'two cells or more'}, got others")
    for pair in entry["pairs"]:
        if pair["verdict"]["winner"] not in (None, *pair["names"]):
            raise InputError(f"winner: expected one of {', '.join(pair['names'])}, got {pair['verdict']['winner']!r}")
        refuse_names("statistics.cells", pair["statistics"]["cells"], pair["names"])


def tuned(entry: TaskEntry) -> str:
    """Return the cell that wins all its pairs; without one, the cell of the best mean validation score.

    Args:
        entry: the entry of a task in results.json.

    Example:
        >>> def pair(winner, a, b):
        ...     cells = {"A": {"validation": a}, "B": {"validation": b}}
        ...     return {"names": ["A", "B"], "verdict": {"winner": winner}, "statistics": {"cells": cells}}
        >>> tuned({"cells": {"A": {}, "B": {}}, "pairs": [pair("B", 1.0, 2.0)]})
        'B'
        >>> tuned({"cells": {"A": {}, "B": {}}, "pairs": [pair(None, 1.0, 2.0)]})
        'A'
    """
    won = [pair["verdict"]["winner"] for pair in entry["pairs"]]
    for name in entry["cells"]:
        if won.count(name) == len(entry["cells"]) - 1:
            return name
    found = {n: p["statistics"]["cells"][n]["validation"] for p in entry["pairs"] for n in p["names"]}
    scores = {name: np.inf if score is None else score for name, score in found.items()}
    return min(scores, key=scores.__getitem__)
