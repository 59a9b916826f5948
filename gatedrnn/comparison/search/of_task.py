"""All searches of one task, and what they left in the folder; nothing here has a way to the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gatedrnn.comparison.entries import (
    extended_protocol,
    protocol_entry,
    replicate_entries,
    validation_entries,
)
from gatedrnn.comparison.search.context import Preparing, SearchContext, SearchProgress
from gatedrnn.comparison.search.divided import extend_all, search_all
from gatedrnn.comparison.search.extension import STAGE, extension, extras, with_extra
from gatedrnn.comparison.search.in_time import search_in_time
from gatedrnn.comparison.search.replicate import Replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.experiment.reckoning import Reckoning, reckoning, trivial_validation
from gatedrnn.tasks.censored import censored_metric

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.simple_models import ValidatedBaseline
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.types import Cell, Params

CompareProgress: TypeAlias = SearchProgress | Preparing
"""What is told meanwhile."""


class TaskSearch(NamedTuple):
    """All searches of a task, before anything was tested.

    Attributes:
        found: what results.json holds of the searches.
        searches: the search of each cell, by the cell's name.
        stages: the stage in which each replicate's winner was found, by cell, as its files are called.
        baselines: what is known of the simple models on each replicate's split.
        reckoning: what scores are reckoned in.
    """

    found: Found
    searches: dict[str, Search]
    stages: dict[str, list[str]]
    baselines: list[list[ValidatedBaseline]]
    reckoning: Reckoning

    def winner(self, name: str, replicate: Replicate, folder: Folder) -> Params:
        """Return the parameters that a cell's search selected in a replicate."""
        one, key = self.searches[name], (replicate.task.name, name, replicate.index)
        return one.restore(folder.winner(*key, self.stages[name][replicate.index], like=one.leaves))

    def network(self, name: str, replicate: Replicate, folder: Folder) -> tuple[Cell, Params]:
        """Return the network that a cell's search selected in a replicate, in its own width."""
        entry = self.found["replicates"][replicate.index]
        chosen = entry["configurations"][entry["cells"][name]["selected"]]
        return self.searches[name].narrow(self.winner(name, replicate, folder), chosen)


def search(
    task: VisibleTask,
    settings: Settings,
    folder: Folder,
    replicates: list[Replicate],
    searches: dict[str, Search],
    on_progress: Callable[[CompareProgress], None],
) -> TaskSearch:
    """Run simple baselines, then the search of every cell in every replicate, and what has to be extended."""
    first = replicates[0]
    reckoned = reckoning(task, settings.scored, first.visible(), first.seed)
    if censored_metric(settings.metric) is not None:
        reckoned = reckoned._replace(other=None)  # the verdict by these scores stands beside the censored metric's
    baselines = []
    for k, replicate in enumerate(replicates):
        on_progress(Preparing(task.name, f"simple baselines, split {k + 1} of {len(replicates)}"))
        baselines.append([fitted.validated() for fitted in task.baselines(replicate.visible())])
    trivial = [trivial_validation(of_split, reckoned.metric) for of_split in baselines]
    context = SearchContext(task.name, replicates, trivial, folder, on_progress)
    if settings.minutes is None:
        entries = search_all(context, searches)
    else:
        entries = search_in_time(context, searches, 60 * settings.minutes)
    found: Found = {
        "protocol": protocol_entry(settings, task),
        "baselines": validation_entries(baselines, reckoned.metric),
        "replicates": replicate_entries(replicates, entries),
    }
    stages = {name: [""] * len(replicates) for name in searches}
    extended = extension(found, settings)
    if extended is None:
        return TaskSearch(found, searches, stages, baselines, reckoned)
    if extended.max_epochs is not None:
        train = replicates[0].visible().train
        searches = {name: old.on(task, train, extended.max_epochs) for name, old in searches.items()}
    added = extras(found, replicates, settings, extended)
    after = extend_all(context._replace(stage=STAGE), searches, added)
    for k, replicate in enumerate(found["replicates"]):
        replicate["configurations"] += next(iter(added.values()))[k].configurations
        for name in searches:
            before = replicate["cells"][name]
            replicate["cells"][name], moved = with_extra(before, after[name][k], added[name][k])
            stages[name][k] = STAGE if moved else ""
    found["protocol"] = {**found["protocol"], **extended_protocol(settings, extended)}
    return TaskSearch(found, searches, stages, baselines, reckoned)
