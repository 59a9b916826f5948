"""The clock of a budget in minutes: it ends trials in all cells after the same epochs, and a resumed search knows."""

from __future__ import annotations

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search import context, in_time
from gatedrnn.comparison.search import segments as lengths
from gatedrnn.comparison.search.pace import Pace
from gatedrnn.comparison.search.replicate import Trials, draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.verdict.caveats import caveats
from gatedrnn.training.store import Interrupted
from tests.helpers.fake_results import make_task
from tests.helpers.small_searches import SETTINGS, signs, small_split, without_seconds

TIMED = dataclasses.replace(SETTINGS, minutes=1.0, trials=1, max_epochs=40, patience=40)


def paced(pace: Pace, seconds: dict[str, float], start: dict[str, int], ends: dict[str, int]) -> dict[str, int]:
    """Return after which segment each cell stops, of cells whose segments take so long, each in a thread."""

    def train(cell: str) -> int:
        with pace.taking_part(cell):
            segments = start.get(cell, 0)
            while segments < ends.get(cell, 10**6) and pace.go_on(cell, segments, segments * seconds[cell]):
                segments += 1
            return segments

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(seconds, pool.map(train, seconds), strict=True))


@pytest.mark.parametrize(("budget", "last"), [(10.0, 5), (9.9, 4), (0.1, 1)])
def test_the_slowest_cell_ends_all_after_the_same_segment(budget: float, last: int) -> None:
    kept: list[int] = []
    pace = Pace(["LSTM", "GRU"], budget, keep=kept.append)
    assert paced(pace, {"LSTM": 2.0, "GRU": 0.5}, {}, {}) == {"LSTM": last, "GRU": last}
    assert kept == [last]


def test_a_cell_that_is_done_holds_nobody_up_and_the_other_has_the_time() -> None:
    pace = Pace(["LSTM", "GRU"], 10.0)
    assert paced(pace, {"LSTM": 2.0, "GRU": 0.5}, {}, {"LSTM": 3}) == {"LSTM": 3, "GRU": 20}


def test_cells_that_an_interruption_left_apart_end_as_without_it() -> None:
    apart = paced(Pace(["LSTM", "GRU"], 10.0), {"LSTM": 2.0, "GRU": 0.5}, {"GRU": 4}, {})
    assert apart == {"LSTM": 5, "GRU": 5}
    decided = paced(Pace(["LSTM", "GRU"], 1e9, stopped=3), {"LSTM": 2.0, "GRU": 0.5}, {"GRU": 2}, {})
    assert decided == {"LSTM": 3, "GRU": 3}


def test_a_cell_that_fails_wakes_those_that_wait_for_it() -> None:
    pace = Pace(["LSTM", "GRU"], 10.0)
    with pytest.raises(ZeroDivisionError), pace.taking_part("LSTM"):
        _ = 1 / 0
    with pytest.raises(Interrupted):
        pace.go_on("GRU", 1, 0.5)


def ticking(seconds: float):
    """Return a clock that goes on by so much whenever it is read."""
    return map(seconds.__mul__, itertools.count()).__next__


def searched(folder: Folder, seconds: dict[str, float], budget: float):
    """Search two cells of one replicate, which differ only in how long they take, an epoch in each segment."""
    task = signs()
    replicates = [draw_replicate(task, TIMED, 0)]
    searches = {}
    for name, tick in seconds.items():
        searches[name] = Search(make_cell("GRU", 3), task, TIMED, small_split(0).train, clock=ticking(0.0))
        # What compiles has a clock of its own: nothing compiles while this one ticks.
        most = in_time.most_together({name: searches[name]})
        lot = Trials([in_time.NOTHING] * most, jax.random.split(jax.random.key(0), most))
        searches[name].train(lot, small_split(0), 0.7, go_on=lambda segments, _: segments < 1)
        searches[name]._clock = ticking(tick)
    part = context.SearchContext(task.name, replicates, [0.7], folder, lambda _: None)
    return {name: entries[0] for name, entries in in_time.search_in_time(part, searches, budget).items()}


@pytest.mark.verify
def test_trials_that_the_clock_ends_are_those_of_a_lower_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lengths, "STEPS_BETWEEN_LOOKS", 1)
    found = searched(Folder(tmp_path / "whole", TIMED), {"LSTM": 1.0, "GRU": 0.1}, 30.0)
    (trial,), (other,) = (entry["trials"] for entry in found.values())
    epochs = trial["epochs"]
    assert 1 < epochs < 30
    assert trial["ended_by_clock"]
    assert without_seconds({"trials": [trial]}) == without_seconds({"trials": [other]})
    lower = Search(make_cell("GRU", 3), signs(), SETTINGS, small_split(0).train, epochs)
    drawn = draw_replicate(signs(), TIMED, 0)
    capped = lower.train(drawn.lot, drawn.visible(), 0.7).entry["trials"][0]
    assert capped["epochs"] == epochs
    assert not capped["ended_by_clock"]
    assert trial["curve"] == capped["curve"]
    assert trial["validation"] == capped["validation"]
    assert trial["best_epoch"] == capped["best_epoch"]

    # Killed after the clock had ended it: with a clock that nearly stands still, it ends after the same epochs.
    folder, finish = Folder(tmp_path / "killed", TIMED), Folder.finish

    def killed(*args, **kwargs) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Folder, "finish", killed)
    with pytest.raises(KeyboardInterrupt):
        searched(folder, {"LSTM": 1.0, "GRU": 0.1}, 30.0)
    monkeypatch.setattr(Folder, "finish", finish)
    resumed = searched(folder, {"LSTM": 1e-9, "GRU": 1e-9}, 30.0)
    assert {name: without_seconds(entry) for name, entry in resumed.items()} == {
        name: without_seconds(entry) for name, entry in found.items()
    }
    left = sorted(path.name for path in (tmp_path / "killed" / "searches" / "signs").iterdir())
    assert left == ["GRU-0.json", "GRU-0.npz", "LSTM-0.json", "LSTM-0.npz"]


@pytest.mark.parametrize(("ended", "most"), [(True, 3), pytest.param(False, 40, marks=pytest.mark.verify)])
def test_what_is_trained_again_takes_as_long_as_what_the_clock_ended(monkeypatch, ended: bool, most: int) -> None:
    monkeypatch.setattr(lengths, "STEPS_BETWEEN_LOOKS", 1)
    search = Search(make_cell("GRU", 3), signs(), TIMED, small_split(0).train)
    lot = draw_replicate(signs(), TIMED, 0).lot
    trial: Any = {"epochs": 3, "ended_by_clock": ended}
    again = search.train(lot, small_split(0), 0.7, go_on=search.as_long_as(trial)).entry["trials"][0]
    assert again["epochs"] == most


def test_a_reader_is_told_what_there_was_no_time_for() -> None:
    fake = make_task(diverging=0.0)
    assert not any("clock" in line or "tuned" in line for line in caveats(fake, 0.1))
    fake["protocol"]["minutes"] = 1.0
    for entry in fake["replicates"]:
        for cell in entry["cells"].values():
            cell["trials"], cell["selected"] = cell["trials"][:1], 0
        entry["cells"]["GRU"]["trials"][0]["ended_by_clock"] = True
    said = " ".join(caveats(fake, 0.1))
    assert "one trial of each cell in each replicate: nothing was tuned" in said
    assert "8 of 16 trials were ended by the clock" in said
