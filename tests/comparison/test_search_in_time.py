"""Budgets of time: they hold, all cells try the same, and an interruption changes nothing."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jax
import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search import context, extension, in_time
from gatedrnn.comparison.search.replicate import draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.search.selection import SearchResult
from gatedrnn.tasks.task import Task
from tests.helpers.small_searches import SETTINGS, signs, small_split, without_seconds


@pytest.fixture(scope="module")
def task() -> Task:
    return signs()


@pytest.fixture(scope="module")
def search(task: Task) -> Search:
    return Search(make_cell("GRU", 3), task, SETTINGS, small_split(0).train)


def test_waves_are_joined_as_one_search(task, search) -> None:
    replicates = [draw_replicate(task, SETTINGS, index) for index in range(2)]
    one, other = (search.train(each.lot, each.visible(), 0.7).entry for each in replicates)
    for waves in ([one, other], [other, one]):
        both = in_time.joined(waves)
        assert both["trials"] == waves[0]["trials"] + waves[1]["trials"]
        scores = [trial["score"] for trial in both["trials"]]
        assert both["selected"] == int(np.argmin(scores))
        assert both["seconds"] == one["seconds"] + other["seconds"]
        assert both["train_curve"] == waves[both["selected"] // 4]["train_curve"]


class Clocked:
    """A cell whose trials take the seconds that are given for each of 0, 1, 2, ...; the first is the best."""

    max_epochs = 1
    leaves = (np.zeros(2, int),)

    def __init__(self, seconds: list[float], stop_at: int = 10**6, long_epochs: bool = False) -> None:
        self.seconds, self.stop_at, self.configurations = seconds, stop_at, []
        self.long_epochs, self.wave = long_epochs, 1 if long_epochs else in_time.WAVE

    def train(self, lot, split, trivial, *, eligible, store, on_segment, go_on) -> SearchResult:
        done = len(self.configurations)
        if done >= self.stop_at:
            raise KeyboardInterrupt
        self.configurations += lot.configurations[:eligible]
        assert len(lot.configurations) == len(lot.keys) == self.wave
        assert lot.configurations[eligible:] == [extension.NOTHING] * (self.wave - eligible)
        trials = [_trial(float(done + k), self.seconds[done + k]) for k in range(eligible)]
        total = sum(trial["seconds"] for trial in trials)
        filling = [_trial(-1.0, 0.0)] * (self.wave - eligible)
        entry = {"trials": [*trials, *filling], "selected": 0, "train_curve": [0.0], "seconds": total}
        return SearchResult(entry, [np.full(2, done)])


def _trial(score: float, seconds: float) -> dict[str, Any]:
    run = {"validation": score, "best_epoch": 1, "epochs": 1, "diverged_at": None, "curve": [score]}
    return {**run, "score": score, "seconds": seconds, "ended_by_clock": False}


def in_minutes(task, folder, searches, seconds: float, told=lambda _: None) -> dict[str, list[dict]]:
    settings = dataclasses.replace(SETTINGS, trials=None, minutes=1.0, replicates=3)
    replicates = [draw_replicate(task, settings, index) for index in range(3)]
    with Folder(folder, settings) as claimed:
        part = context.SearchContext(task.name, replicates, [0.7] * 3, claimed, told)
        return in_time.search_in_time(part, searches, seconds)


def test_a_budget_in_minutes_holds_and_all_cells_try_the_same(task, tmp_path) -> None:
    rng = np.random.default_rng(0)
    slow, fast = ([*(mean * rng.uniform(0.2, 2, 400))] for mean in (1.0, 0.6))
    searches = {"LSTM": Clocked(slow), "GRU": Clocked(fast)}
    told: list[context.SearchProgress] = []
    entries = in_minutes(task, tmp_path, searches, 60.0, told.append)
    assert searches["LSTM"].configurations == searches["GRU"].configurations
    assert [len(e["trials"]) for e in entries["LSTM"]] == [len(e["trials"]) for e in entries["GRU"]]
    count = len(searches["LSTM"].configurations)
    longest = max(slow[:count])
    # The clock is that of the slower cell in each wave. It is short of 60 or over it by less than a trial.
    clock = []
    for k in range(3):
        files = [tmp_path / "searches" / task.name / f"{name}-{k}.json" for name in searches]
        both = zip(*(json.loads(file.read_text())["waves"] for file in files), strict=True)
        clock.append(sum(max(one["seconds"], other["seconds"]) for one, other in both))
    assert abs(sum(clock) - 60.0) < longest
    assert max(sum(entry["seconds"] for entry in each) for each in entries.values()) <= sum(clock)
    # Replicates share it evenly, to within what the others took too much or left.
    assert all(abs(seconds - 20.0) < 2 * longest for seconds in clock)
    assert all(entry["selected"] == 0 for entry in entries["LSTM"])
    assert [p.replicate for p in told if p.done and p.cell == "GRU"] == [0, 1, 2]


def test_each_replicate_has_a_trial_however_short_the_time(task, tmp_path) -> None:
    entries = in_minutes(task, tmp_path, {"LSTM": Clocked([1.0] * 9), "GRU": Clocked([2.0] * 9)}, 1e-9)
    assert [len(entry["trials"]) for entry in entries["GRU"]] == [1, 1, 1]


def test_where_epochs_are_long_nothing_fills_a_wave_up(task, tmp_path) -> None:
    """What fills up takes an epoch to end; `Clocked` refuses any here. The budget holds all the same."""
    cells = {"LSTM": Clocked([1.0] * 40, long_epochs=True), "GRU": Clocked([2.0] * 40, long_epochs=True)}
    entries = in_minutes(task, tmp_path, cells, 30.0)
    assert [len(entry["trials"]) for entry in entries["LSTM"]] == [5, 5, 5]
    assert cells["LSTM"].configurations == cells["GRU"].configurations


def test_an_interrupted_budget_goes_on_within_its_replicate(task, tmp_path) -> None:
    """Interrupted in the GRU alone, so that the LSTM is a wave ahead: nothing is run again, and the end is the same."""
    seconds = [*np.random.default_rng(1).uniform(0.5, 1.5, 99)]
    whole = {"LSTM": Clocked(seconds), "GRU": Clocked(seconds[::-1])}
    expected = in_minutes(task, tmp_path / "whole", whole, 30.0)
    first = len(expected["LSTM"][0]["trials"])
    killed = {"LSTM": Clocked(seconds), "GRU": Clocked(seconds[::-1], stop_at=first + 2)}
    with pytest.raises(KeyboardInterrupt):
        in_minutes(task, tmp_path / "killed", killed, 30.0)
    ran = {name: len(cell.configurations) for name, cell in killed.items()}
    assert first < ran["GRU"] < ran["LSTM"] < len(whole["LSTM"].configurations)
    for cell in killed.values():
        cell.stop_at = 10**6
    assert in_minutes(task, tmp_path / "killed", killed, 30.0) == expected
    for name, cell in killed.items():
        assert cell.configurations == whole[name].configurations
    left = sorted(path.name for path in (tmp_path / "killed" / "searches" / task.name).iterdir())
    assert left == sorted(f"{name}-{k}.{end}" for name in killed for k in range(3) for end in ("json", "npz"))


def test_waves_of_real_trials_give_what_the_same_trials_give_at_once(task, search, tmp_path) -> None:
    """Of 6 trials, in waves of 1, 4 and 1 that are filled up, each is the one that it is in a search of 6."""
    settings = dataclasses.replace(SETTINGS, trials=6)
    replicates = [draw_replicate(task, settings, 0)]
    part = context.SearchContext(task.name, replicates, [0.7], Folder(tmp_path, settings), lambda _: None)
    (entry,) = in_time.search_in_time(part, {"GRU": search}, 1e9)["GRU"]
    whole = search.train(replicates[0].lot, replicates[0].visible(), 0.7)
    assert without_seconds(entry) == without_seconds(whole.entry)
    assert entry["selected"] == whole.entry["selected"]
    for kept, leaf in zip(
        part.folder.winner(task.name, "GRU", 0, like=search.leaves), jax.tree.leaves(whole.params), strict=True
    ):
        np.testing.assert_array_equal(kept, leaf)


class Memory:
    """A store in memory."""

    kept = None

    def save(self, step, state, config, *, force=False) -> None:
        self.kept = step, jax.tree.map(np.asarray, {**state, "state": ()}), state["state"]

    def restore(self, like, config):
        return None if self.kept is None else (self.kept[0], {**self.kept[1], "state": self.kept[2]})


def test_the_seconds_before_an_interruption_count(task, search) -> None:
    replicate, store = draw_replicate(task, SETTINGS, 0), Memory()
    search.train(replicate.lot, replicate.visible(), 0.7, store=store)
    assert store.kept is not None
    store.kept[1]["seconds"] += 100.0
    resumed = search.train(replicate.lot, replicate.visible(), 0.7, store=store)
    assert 100 < resumed.entry["seconds"] < 150
