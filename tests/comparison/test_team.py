"""Several processes that make one comparison, as threads with a folder each: what they find, and who is waited for."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search.context import SearchContext
from gatedrnn.comparison.search.divided import search_all
from gatedrnn.comparison.search.replicate import draw_replicate
from gatedrnn.comparison.search.selection import SearchResult
from gatedrnn.comparison.settings import Settings
from gatedrnn.comparison.team import Team, others
from gatedrnn.experiment import lock
from gatedrnn.training import hosts
from tests.helpers.processes import slurm
from tests.helpers.small_searches import SETTINGS, signs

TASK = signs()
ASKED = dataclasses.replace(SETTINGS, tasks=(TASK,), replicates=5)
NAMES = ("LSTM", "GRU")


class Made:
    """A stand-in for a cell's search, whose result follows from the replicate's seed; it says which it has run."""

    max_epochs = 4
    leaves = (np.zeros(3, np.float32),)

    def __init__(self, ran: list[int]) -> None:
        self.ran = ran

    def train(self, lot: Any, visible: Any, trivial: Any, **_: Any) -> SearchResult:
        number = round(float(visible.train.x.sum()), 4)
        self.ran.append(len(self.ran))
        run = {"validation": number, "best_epoch": 1, "epochs": 1, "diverged_at": None, "curve": [number]}
        trial = {**run, "score": number, "seconds": 0.1, "ended_by_clock": False}
        trials = [trial] * len(lot.configurations)
        entry = {"trials": trials, "selected": 0, "train_curve": [1.0], "seconds": 0.4}
        return SearchResult(entry, {"w": np.full(3, number, np.float32)})


def searched(out: Path, team: Team, settings: Settings = ASKED) -> tuple[dict[str, Any], int]:
    """Return what a process knows of all searches at their end, and how many it has run itself."""
    ran: list[int] = []
    with Folder(out, settings, team) as folder:
        replicates = [draw_replicate(TASK, settings, k) for k in range(settings.replicates)]
        context = SearchContext(TASK.name, replicates, [None] * len(replicates), folder, lambda _: None)
        return search_all(context, {name: Made(ran) for name in NAMES}), len(ran)


def processes(out: Path, count: int) -> list[tuple[dict[str, Any], int]]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda k: searched(out, Team(k, count, missing=20.0)), range(count)))


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("searches/*/*"))}


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("alone") / "run"
    found, ran = searched(out, Team())
    assert ran == 10
    return out, found


def test_several_processes_find_what_one_does_and_each_runs_its_part(tmp_path, alone) -> None:
    out, expected = alone
    found = processes(tmp_path / "run", 3)
    assert [ran for _, ran in found] == [4, 4, 2], "of five replicates the first two have two each, for both cells"
    assert all(entries == expected for entries, _ in found)
    assert files(tmp_path / "run") == files(out), "the first process keeps all, as one process would"


@pytest.mark.parametrize("count", [1, 2])
def test_another_number_of_processes_goes_on_with_what_was_finished(tmp_path, alone, count: int) -> None:
    """Two of the files are lost, so that two of ten searches are run again."""
    processes(tmp_path / "run", 3)
    for folder in (tmp_path / "run", tmp_path / "run" / "processes" / "1"):
        for path in (folder / "searches" / TASK.name).glob("GRU-1*"):
            path.unlink()
        sums = folder / "SHA256SUMS"
        sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "GRU-1." not in line))
    found = processes(tmp_path / "run", count)
    assert sum(ran for _, ran in found) == 1
    assert all(entries == alone[1] for entries, _ in found)


def test_what_the_first_process_lost_it_takes_from_the_others(tmp_path, alone) -> None:
    processes(tmp_path / "run", 2)
    for path in (tmp_path / "run" / "searches" / TASK.name).glob("*-3.*"):
        path.unlink()
    sums = tmp_path / "run" / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "-3." not in line))
    found, ran = searched(tmp_path / "run", Team())
    assert (found, ran) == (alone[1], 0)


def test_a_process_of_which_there_is_no_sign_is_given_up(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"processes: expected process 1 of 2 at work in .*processes.1, got none"):
        searched(tmp_path, Team(0, 2, missing=0.1))
    assert len(files(tmp_path)) == 12, "its own part is kept: three replicates of two cells, two files each"
    with pytest.raises(ValueError, match=r"expected process 0 of 2 at work"):
        searched(tmp_path, Team(1, 2, missing=0.1))
    assert not (tmp_path / "processes").exists(), "without the first nothing is claimed"


def test_what_another_process_wrote_is_held_to_its_digest(tmp_path) -> None:
    processes(tmp_path / "run", 2)
    for path in (tmp_path / "run" / "searches" / TASK.name).glob("LSTM-1.*"):
        path.unlink()
    sums = tmp_path / "run" / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "LSTM-1." not in line))
    damaged = tmp_path / "run" / "processes" / "1" / "searches" / TASK.name / "LSTM-1.json"
    damaged.write_text(json.dumps({"trials": []}))
    with pytest.raises(ValueError, match=r"LSTM-1.json: expected it as the run wrote it, got other bytes"):
        searched(tmp_path / "run", Team())


def test_a_link_to_other_processes_is_refused(tmp_path) -> None:
    (tmp_path / "elsewhere" / "1").mkdir(parents=True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "processes").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="processes: expected a file or folder of the run, got a link"):
        others(tmp_path / "run", 0)


def test_processes_with_other_settings_are_refused(tmp_path) -> None:
    with (
        Folder(tmp_path, ASKED, Team(0, 2)),
        pytest.raises(ValueError, match=r"out: expected the settings of the first process, got others \(trials"),
    ):
        searched(tmp_path, Team(1, 2, missing=0.1), dataclasses.replace(ASKED, trials=3))


def test_minutes_are_no_budget_of_several_processes(tmp_path) -> None:
    with pytest.raises(ValueError, match="minutes: expected none with 2 processes"):
        Folder(tmp_path / "run", dataclasses.replace(ASKED, minutes=1.0), Team(1, 2))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("index", "count"), [(2, 2), (-1, 2), (0, 0)])
def test_a_number_that_is_none_of_so_many_is_refused(index: int, count: int) -> None:
    with pytest.raises(ValueError, match="process: expected a number below"):
        Team(index, count)


def test_a_lock_is_seen_from_outside_and_its_leftover_is_none(tmp_path) -> None:
    assert not lock.held(tmp_path)
    holder = lock.Lock(tmp_path)
    assert lock.held(tmp_path)
    holder.release()
    (tmp_path / lock.NAME).write_text("process 1 on a machine that lost its power")
    assert not lock.held(tmp_path)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({}, 0),
        (slurm(61441, 3, 8), 3),
        ({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2"}, 2),
        ({"JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "1"}, 1),
        ({"JAX_NUM_PROCESSES": "1", "SLURM_PROCID": "5"}, 0),
    ],
)
def test_launchers_number_processes(monkeypatch, said: dict[str, str], number: int) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert hosts.number_of_process() == number


def test_a_launcher_that_numbers_none_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("JAX_NUM_PROCESSES", "2")
    with pytest.raises(ValueError, match="process: expected its number in JAX_PROCESS_ID"):
        hosts.number_of_process()
