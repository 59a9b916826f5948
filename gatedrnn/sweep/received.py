"""What is checked of a sweep's finished group when it is read back: it may come from anybody, digests included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatedrnn.errors import InputError
from gatedrnn.experiment.received import refuse_length, refuse_names, refuse_run
from gatedrnn.experiment.schema import refuse_misfit
from gatedrnn.sweep.schema import OutcomeEntry

if TYPE_CHECKING:
    from gatedrnn.sweep.schema import SweepConfiguration
    from gatedrnn.sweep.settings import SweepSettings
    from gatedrnn.training.groups import Group


def refuse_members(entries: Any, group: Group, members: list[SweepConfiguration], settings: SweepSettings) -> None:
    """Refuse what is not what the members of a group came to.

    Args:
        entries: what was read, by the index of each member in the sweep, as JSON has it.
        group: which members the group has.
        members: the configuration of each member of the sweep.
        settings: how each member was trained.

    Raises:
        InputError: where entries are of others, or contradict themselves; names them.
    """
    refuse_misfit(entries, dict[str, dict[str, Any]])
    refuse_names("content", entries, [str(k) for k in group.indices])
    for k, entry in entries.items():
        try:
            _refuse_member(entry, members[int(k)], settings)
        except InputError as error:
            raise InputError(f"{k}.{error}") from error


def _refuse_member(entry: dict[str, Any], configuration: SweepConfiguration, settings: SweepSettings) -> None:
    for name, value in configuration.items():
        if name not in entry or entry[name] != value:
            raise InputError(f"{name}: expected {value!r}, as was asked for, got {entry.get(name)!r:.60}")
    found = {name: value for name, value in entry.items() if name not in configuration}
    refuse_misfit(found, OutcomeEntry)
    refuse_run(entry, settings.max_epochs)  # pyright: ignore[reportArgumentType]
    refuse_length("train_curve", entry["train_curve"], entry["epochs"], "a number for each of {} epochs")
    if not entry["ended"]:
        raise InputError("ended: expected true, as its group is finished, got false")
