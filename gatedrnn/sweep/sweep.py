"""A sweep: every group of equal shapes is one population; finished groups are kept, an unfinished one resumes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.arguments import instance
from gatedrnn.cells.registry import cell_maker, make_cell
from gatedrnn.experiment import provenance
from gatedrnn.experiment.folder import SECONDS_BETWEEN_CHECKPOINTS, RunFolder
from gatedrnn.experiment.initial_weights import refuse_initial_weights
from gatedrnn.experiment.measure import Measure
from gatedrnn.experiment.memory import Sizes, needed, refuse_too_large
from gatedrnn.experiment.reckoning import reckoning
from gatedrnn.experiment.space import refuse_difference
from gatedrnn.files import write_json
from gatedrnn.sweep.group import as_hypers, as_keys, entries, scored, sweep_run
from gatedrnn.sweep.received import refuse_members
from gatedrnn.sweep.settings import STATIC, SweepSettings
from gatedrnn.sweep.space import configurations, static_of
from gatedrnn.tasks import registry
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.early_stopping import Data
from gatedrnn.training.groups import Group, groups
from gatedrnn.training.hosts import is_first, of_each, wait_for_all
from gatedrnn.training.population import Members, Population

if TYPE_CHECKING:
    from gatedrnn.files import Writer
    from gatedrnn.sweep.schema import MemberEntry, SweepConfiguration, SweepResults
    from gatedrnn.tasks.parts import Batch, Visible
    from gatedrnn.tasks.task import VisibleTask

SCHEMA = 2
FILES = ("results.json", "members.csv", "members.parquet", "sweep.png", "groups/*.json")
STORES = ("groups/*/",)


class SweepProgress(NamedTuple):
    """Where a sweep stands: told after each segment."""

    group: str
    """The group at work, such as "GRU 32"."""
    entries: dict[int, MemberEntry]
    """What is known of its members, by their index in the sweep."""
    members: int
    """Of the whole sweep."""
    alive: int
    """Of this group, still training."""
    ended: int
    """Of the whole sweep."""
    diverged: int
    """Of those."""
    best: MemberEntry | None
    """The entry of the best validation loss so far."""
    epochs: int
    """Of all members together, so far."""
    epochs_left: float
    """Expected, if the others train as long as those that have ended; at most, while none has."""


def sweep(
    settings: SweepSettings,
    out: Path,
    *,
    on_progress: Callable[[SweepProgress], None] | None = None,
    on_end: Callable[[SweepResults, Writer], None] | None = None,
) -> SweepResults:
    """Train all members; each keeps its best parameters, which are scored in validation. The test part is never read.

    Called again with the same folder, it goes on: finished groups stay, and the one at work resumes, bit for bit.

    Args:
        settings: the space of hyperparameters, and how each member is trained.
        out: folder of what is finished, and of checkpoints.
        on_progress: called after each segment, and with each group that was finished before.
        on_end: called with what is returned and with what writes files in the folder, which is still held then.

    Returns:
        What results.json holds: settings, device, versions, and an entry for each member.

    Raises:
        InputError: where the folder holds a sweep with other settings, a name is unknown, the task has no such metric
            or no last value to change from, or the network is not for it or does not fit into memory.
    """
    instance("settings", settings, SweepSettings)
    task = registry.load(settings.task)
    settings.architecture.refuse_for(task)
    refuse_difference(task, settings.difference)
    visible = task.split(settings.seed)
    reckoned = reckoning(task, settings.metric, visible, settings.seed)
    members = configurations(settings)
    refuse_too_large_for(members, task, visible.train, settings)
    grouped = groups([static_of(c) for c in members], STATIC)
    _refuse_cells(grouped, task, settings)
    found: dict[int, MemberEntry] = {}

    def tell(name: str, latest: dict[int, MemberEntry]) -> None:
        if on_progress is not None:
            on_progress(progress(name, latest, {**found, **latest}, len(members), settings))

    started = datetime.datetime.now(datetime.UTC)
    with RunFolder(out, settings.as_dict(), FILES, STORES) as folder:
        for group in grouped:
            found |= train_group(group, members, task, visible, settings, folder, tell)
        results: SweepResults = {
            "schema": SCHEMA,
            "started": started.isoformat(timespec="seconds"),
            "versions": provenance.versions(),
            "device": provenance.device(),
            "settings": settings.as_dict(),
            "title": task.title,
            "unit": task.unit,
            "metric": reckoned.entry(reckoned.metric),
            "facts": dict(task.facts),
            "members": [{**found[k], "member": k} for k in sorted(found)],
        }
        if on_end is not None:
            on_end(results, folder.written)
    return results


def _refuse_cells(grouped: list[Group], task: VisibleTask, settings: SweepSettings) -> None:
    """Refuse cells that are none, or that cannot start so, before the folder is claimed."""
    for group in grouped:
        cell = make_cell(group.static["cell"], group.static["hidden"], "cell")
        refuse_initial_weights(cell, settings.architecture.width(task.in_dim), settings.initial_weights)


def refuse_too_large_for(
    members: list[SweepConfiguration], task: VisibleTask, train: Batch, settings: SweepSettings
) -> None:
    """Refuse a sweep of which one group does not fit into memory, before any of it is made.

    Args:
        members: the configuration of each member.
        task: the task that the members would be trained on.
        train: the training part, for its shapes.
        settings: the sizes of the networks and of their training.

    Raises:
        InputError: where it does not fit; names what makes it so large.
    """
    around = settings.architecture
    of_seeds = settings.sampling == "grid" or settings.seeds > settings.draws
    said = {"members": ("seeds", settings.seeds) if of_seeds else ("draws", settings.draws)}
    for group in groups([static_of(c) for c in members], STATIC):
        make = cell_maker(group.static["cell"])
        asked = Sizes(
            group.static["hidden"],
            around.layers,
            around.embed,
            settings.batch_size,
            settings.max_epochs,
            len(group.indices),
        )
        estimate = partial(needed, make=make, task=task, train=train, bidirectional=around.bidirectional)
        refuse_too_large(asked, estimate, said=said)


def train_group(
    group: Group,
    members: list[SweepConfiguration],
    task: VisibleTask,
    visible: Visible,
    settings: SweepSettings,
    folder: RunFolder,
    tell: Callable[[str, dict[int, MemberEntry]], None],
) -> dict[int, MemberEntry]:
    """Train the members of a group, or return what it found before; entries are by index in the sweep."""
    name, hidden = group.static["cell"], group.static["hidden"]
    path = folder.path / "groups" / f"{name.replace(':', '.')}-{hidden}"
    finished, title = path.with_name(f"{path.name}.json"), f"{name} {hidden}"
    if of_each(finished.exists())[0]:
        kept = folder.read_json(finished, partial(refuse_members, group=group, members=members, settings=settings))
        latest = {int(k): entry for k, entry in kept.items()}
        tell(title, latest)
        return latest
    own = [members[k] for k in group.indices]

    def by_index(trained: Members) -> dict[int, MemberEntry]:
        return dict(zip(group.indices, entries(trained.states, own, visible.offset), strict=True))

    cell = make_cell(name, hidden)
    run = sweep_run(cell, task, visible.train, settings)
    config = {"group": title, "task": task.name}
    with Checkpoints(path, every=SECONDS_BETWEEN_CHECKPOINTS, config=config) as store:
        trained = Population(run).train(
            as_hypers(own),
            as_keys(own),
            Data(visible.train, visible.validation),
            store=store,
            on_segment=lambda trained: tell(title, by_index(trained)),
        )
    measure = Measure(cell, task, settings.metric, settings.architecture)
    known = scored(list(by_index(trained).values()), trained.states.best_params, measure, visible)
    latest = dict(zip(group.indices, known, strict=True))
    wait_for_all("the group is finished")
    if is_first():
        write_json(finished, latest, writer=folder.written)
        folder.remove(path)
    return latest


def progress(
    name: str,
    latest: dict[int, MemberEntry],
    found: dict[int, MemberEntry],
    members: int,
    settings: SweepSettings,
) -> SweepProgress:
    """Return where a sweep stands, of what is known of its members."""
    ended = [entry for entry in found.values() if entry["ended"]]
    losses = [(loss, k) for k, entry in found.items() if (loss := entry["validation"]) is not None]
    best = min(losses, key=lambda pair: pair[0], default=None)
    typical = float(np.mean([entry["epochs"] for entry in ended])) if ended else settings.max_epochs
    under_way = [entry["epochs"] for entry in found.values() if not entry["ended"]]
    # A member that has trained longer than most may just have improved: then it takes as long as it has patience.
    atypical = [min(settings.patience, settings.max_epochs - epochs) for epochs in under_way]
    left = sum(map(max, [typical - epochs for epochs in under_way], atypical)) + typical * (members - len(found))
    return SweepProgress(
        group=name,
        entries=latest,
        members=members,
        alive=sum(not entry["ended"] for entry in latest.values()),
        ended=len(ended),
        diverged=sum(entry["diverged_at"] is not None for entry in ended),
        best=None if best is None else found[best[1]],
        epochs=sum(entry["epochs"] for entry in found.values()),
        epochs_left=left,
    )
