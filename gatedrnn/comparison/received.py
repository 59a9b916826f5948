"""What is checked of a comparison's files when they are read back: they may come from anybody, digests included.

Their types are those of ``schema/``. Here stands what else has to fit: names, lengths, and what the settings say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, TypedDict

from gatedrnn.comparison.received_lengths import refuse_lengths
from gatedrnn.comparison.schema.further import FullEntry
from gatedrnn.comparison.schema.results import RegionEntry
from gatedrnn.comparison.schema.runs import ReadTest, SearchEntry, WavesEntry
from gatedrnn.comparison.search.selection import reached
from gatedrnn.costs.timing import Seconds
from gatedrnn.errors import InputError
from gatedrnn.experiment.limits import check
from gatedrnn.experiment.received import refuse_length, refuse_names, refuse_run
from gatedrnn.experiment.schema import Check, refuse_misfit

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.task import Task


ROUNDING = 1e-6
"""Seconds by which a difference of differences of clocks may be below 0."""


class StopEntry(TypedDict):
    """Where a clock ended the trials of a wave."""

    segment: int


def search_check(trials: int, eligible: int | None, max_epochs: int) -> Check:
    """Return what refuses a search that was not of so many trials.

    Args:
        trials: the number of trials, filling included.
        eligible: how many of the trials, from the first, may be selected; None is all.
        max_epochs: the cap on epochs.
    """

    def refuse(entry: SearchEntry) -> None:
        refuse_misfit(entry, SearchEntry)
        refuse_length("trials", entry["trials"], trials, "{}, one for each configuration")
        _refuse_search(entry, eligible or trials, max_epochs)

    return refuse


def waves_check(trials: int, max_epochs: int) -> Check:
    """Return what refuses searches within a time that had more trials than there are configurations, or none."""

    def refuse(entry: WavesEntry) -> None:
        refuse_misfit(entry, WavesEntry)
        if not 0 < sum(len(wave["trials"]) for wave in entry["waves"]) <= trials:
            raise InputError(f"waves: expected 1 to {trials} trials in all, got others")
        for wave in entry["waves"]:
            _refuse_search(wave, len(wave["trials"]), max_epochs)

    return refuse


def stop_check(entry: StopEntry) -> None:
    """Refuse what is no segment after which a clock can have ended trials."""
    refuse_misfit(entry, StopEntry)
    if entry["segment"] < 0:
        raise InputError(f"segment: expected 0 or more, got {entry['segment']}")


def sizes_check(task: Task, settings: Settings) -> Check:
    """Return what refuses units that the settings do not ask for, or that do not fit into memory."""

    def refuse(sizes: list[dict[str, int]]) -> None:
        refuse_misfit(sizes, list[dict[str, int]])
        refuse_length("content", sizes, 1 if settings.sizes else len(settings.hidden), "units for each of {} widths")
        for units in sizes:
            refuse_names("content", units, settings.cells)
            for one in units.values():
                check("hidden", one)
        largest = tuple(max(units[name] for units in sizes) for name in settings.cells)
        if settings.sizes is not None and largest != settings.sizes:
            raise InputError(f"content: expected the units {settings.sizes} that were asked for, got {largest}")
        dataclasses.replace(settings, tasks=(task,), sizes=largest, hidden=(max(settings.hidden),)).refuse_unfit()

    return refuse


def times_check(settings: Settings) -> Check:
    """Return what refuses times that are not of these cells, or are none."""

    def refuse(times: dict[str, Seconds]) -> None:
        refuse_misfit(times, dict[str, Seconds])
        refuse_names("content", times, settings.cells)
        for name, one in times.items():
            if not 0 < one["low"] <= one["median"] <= one["high"]:
                raise InputError(f"{name}: expected seconds above 0, of which low <= median <= high; got {one}")

    return refuse


def region_check(found: Found, part: float, baselines: Iterable[str]) -> Check:
    """Return what refuses a region that the searches cannot have come to, by this part of their gain.

    Args:
        found: what the searches found.
        part: the part of the gain over a baseline that a difference has to exceed.
        baselines: the names of the simple models that the region may be reckoned from.
    """
    named = [None, *baselines]
    cells = [None, *found["replicates"][0]["cells"]]

    def refuse(region: RegionEntry) -> None:
        refuse_misfit(region, RegionEntry)
        if region["part"] != part:
            raise InputError(f"part: expected {part}, as was asked for, got {region['part']}")
        if region["half_width"] < 0:
            raise InputError(f"half_width: expected 0 or more, got {region['half_width']}")
        for name, known in (("baseline", named), ("best_cell", cells)):
            if region[name] not in known:
                raise InputError(f"{name}: expected one of {known}, got {region[name]!r:.60}")

    return refuse


def beside_check(region: Check, *, wanted: bool) -> Check:
    """Return what refuses a region by the other metric, where there is one, and anything where there is none."""

    def refuse(entry: RegionEntry | None) -> None:
        if wanted:
            region(entry)
        elif entry is not None:
            raise InputError("content: expected null, as there is no other metric, got something")

    return refuse


def test_check(found: Found, beside: RegionEntry | None, *, lengths: bool) -> Check:
    """Return what refuses a test of other cells, replicates or baselines, or with ``lengths`` unless asked for."""
    names, count = list(found["replicates"][0]["cells"]), len(found["replicates"])
    known = [entry["name"] for entry in found["baselines"]]

    def refuse(test: ReadTest) -> None:
        refuse_misfit(test, ReadTest)
        refuse_names("cells", test["cells"], names)
        if not test["counts"] or min(test["counts"]) < 0 or not any(test["counts"]):
            raise InputError(f"counts: expected targets of each sequence, not all 0; got {test['counts'][:5]}")
        scored = set(test["cells"][names[0]][0]["scores"]) if test["cells"][names[0]] else set()
        for name, entries in test["cells"].items():
            refuse_length(f"cells.{name}", entries, count, "{}, one for each replicate")
            for entry in entries:
                refuse_names(f"cells.{name}.scores", entry["scores"], sorted(scored))
                if (n := len(entry["sequence_losses"])) not in (0, len(test["counts"])):
                    raise InputError(f"cells.{name}.sequence_losses: expected {len(test['counts'])} or none, got {n}")
        if [entry["name"] for entry in test["baselines"]] != known:
            raise InputError(f"baselines: expected {', '.join(known)}, got others")
        for entry, was in zip(test["baselines"], found["baselines"], strict=True):
            for part in ("tests", "choices"):
                refuse_length(f"baselines.{entry['name']}.{part}", entry[part], len(was["choices"]))
            if entry["strongest"] != was["strongest"]:
                raise InputError(f"baselines.{entry['name']}.strongest: expected {was['strongest']}, got another")
        _refuse_others(test, count, beside)
        _refuse_shown(test, names)
        refuse_lengths(test["lengths"], names, count, wanted=lengths)

    return refuse


def _refuse_others(test: ReadTest, count: int, beside: RegionEntry | None) -> None:
    baseline = None if beside is None else beside["baseline"]
    if baseline is not None:
        refuse_length(f"others.{baseline}", test["others"].get(baseline, ()), count, "{}, one for each replicate")


def _refuse_shown(test: ReadTest, names: Sequence[str]) -> None:
    """Refuse shares and forecasts of which one has another length than the next."""
    shares = test["shares"]
    if shares is not None:
        for name in ("known", "test"):
            refuse_length(f"shares.{name}", shares[name], len(shares["classes"]))
    for k, one in enumerate(test["forecasts"]):
        where, steps = f"forecasts[{k}]", len(one["truth"])
        refuse_length(f"{where}.time", one["time"], len(one["history"]) + steps)
        refuse_names(f"{where}.cells", one["cells"], names)
        baseline = [] if one["baseline"] is None else [one["baseline"]["mean"]]
        for values in (*baseline, *(v for cell in one["cells"].values() for v in (cell["mean"], cell["deviation"]))):
            refuse_length(where, values, steps, "{} numbers, one for each that came")


def full_check(found: Found) -> Check:
    """Return what refuses what ``full`` adds where it is of other cells or replicates."""
    names, count = list(found["replicates"][0]["cells"]), len(found["replicates"])

    def refuse(full: FullEntry) -> None:
        refuse_misfit(full, FullEntry)
        data, shown = full["data"], full["windows"]
        refuse_length("data.examples", data["examples"], len(data["parts"]))
        _refuse_grid("data", data["validation"], names, (len(data["parts"]), count))
        for name, gates in full["gates"].items():
            if name not in names or gates["keeps"] not in gates["histograms"]:
                raise InputError(f"gates: expected those that keep memory of {', '.join(names)}; got {name!r}")
            for one in (gates["timescales"], *gates["histograms"].values()):
                refuse_length(f"gates.{name}.after", one["after"], len(one["before"]))
        if shown is None:
            return
        _refuse_grid("windows", shown["validation"], names, (len(shown["windows"]), count))
        if shown["searched"] not in shown["windows"] or sorted(set(shown["windows"])) != shown["windows"]:
            raise InputError(f"windows: expected ascending with {shown['searched']}, got {shown['windows']}")
        if [tuple(pair["names"]) for pair in shown["pairs"]] != list(combinations(names, 2)):
            raise InputError(f"windows.pairs: expected those of {', '.join(names)}, got others")
        for pair in shown["pairs"]:
            for part in ("differences", "labels"):
                refuse_length(f"windows.pairs.{part}", pair[part], len(shown["windows"]))

    return refuse


def _refuse_grid(
    name: str, scores: dict[str, list[list[float | None]]], names: Sequence[str], of: tuple[int, int]
) -> None:
    refuse_names(f"{name}.validation", scores, names)
    for cell, rows in scores.items():
        refuse_length(f"{name}.validation.{cell}", rows, of[0])
        for row in rows:
            refuse_length(f"{name}.validation.{cell}", row, of[1], "{}, one for each replicate")


def _refuse_search(entry: SearchEntry, eligible: int, max_epochs: int) -> None:
    trials, selected = entry["trials"], entry["selected"]
    for k, trial in enumerate(trials):
        try:
            refuse_run(trial, max_epochs)
        except InputError as error:
            raise InputError(f"trials[{k}].{error}") from error
        if trial["seconds"] < -ROUNDING:
            raise InputError(f"trials[{k}].seconds: expected 0 or more, got {trial['seconds']}")
    if not 0 <= selected < eligible:
        raise InputError(f"selected: expected the place of a trial, below {eligible}, got {selected}")
    best = min(map(reached, trials[:eligible]))
    if reached(trials[selected]) != best:
        raise InputError(f"selected: expected a trial of the best score, {best}, got {selected}")
    refuse_length("train_curve", entry["train_curve"], trials[selected]["epochs"], "a number for each of {} epochs")
    if entry["seconds"] < -ROUNDING:
        raise InputError(f"seconds: expected 0 or more, got {entry['seconds']}")
