"""The tuned networks of a comparison, saved: of each cell the one of the best validation score."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from gatedrnn.errors import InputError
from gatedrnn.experiment.saving import can_be_saved, description, save

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.search.search import Search
    from gatedrnn.tasks.task import Task


def save_tuned(
    task: Task, found: Found, searches: dict[str, Search], stages: dict[str, list[str]], folder: Folder
) -> None:
    """Save the best network of each cell under ``models/TASK`` in a comparison's folder.

    The best is that of the replicate with the best validation score; the test part has no say. A task that encodes its
    inputs in a way of its own cannot be saved, and is left out; so is a cell whose configuration is no plain data, with
    a warning.

    Args:
        task: the task that the networks were trained on.
        found: what the searches of the task found.
        searches: the search of each cell, by the cell's name.
        stages: the stage in which each replicate's winner was found, by cell.
        folder: the folder of the comparison.
    """
    if not can_be_saved(task):
        return
    for name, one in searches.items():
        entries = [replicate["cells"][name] for replicate in found["replicates"]]
        trials = [entry["trials"][entry["selected"]] for entry in entries]
        best = min(range(len(trials)), key=lambda k: (trials[k]["score"] is None, trials[k]["score"]))
        replicate = found["replicates"][best]
        chosen = replicate["configurations"][entries[best]["selected"]]
        leaves = folder.winner(task.name, name, best, stages[name][best], like=one.leaves)
        cell, params = one.narrow(one.restore(leaves), chosen)
        choice = {
            "replicate": best,
            "seed": replicate["seed"],
            "configuration": chosen,
            "validation": trials[best]["validation"],
        }
        path = folder.path / "models" / task.name / name.replace(":", ".")
        try:
            described = description(task, name, cell, task.reading(replicate["seed"]), one.architecture)
        except InputError as error:  # a comparison of hours does not fail because of what it cannot save
            warnings.warn(f"the network of {name} is not saved: {error}", stacklevel=2)
            continue
        save(path, params, {**described, **choice}, writer=folder.written)
