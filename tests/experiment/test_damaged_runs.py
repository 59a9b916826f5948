"""Runs that were interrupted and then damaged: refused by the file's name, or gone on with to the same bits."""

from __future__ import annotations

import dataclasses
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("tyro", reason="runs need gatedrnn[compare]")

from gatedrnn.comparison import protocol
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search.context import SearchProgress
from gatedrnn.errors import InputError
from gatedrnn.experiment import single
from gatedrnn.sweep import sweep as sweeps
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.training.store import Interrupted
from tests.helpers.small_searches import SETTINGS, signs


class Kind(NamedTuple):
    """How a run goes on, all that it comes to that no clock says, and its interruption."""

    run: Callable[[Path, int | None], Any]
    stop: int
    """The report after which it is interrupted, while it trains: there is a checkpoint."""


def stops(after: int | None, counts: Callable[..., bool] = lambda *_: True) -> Callable[..., None]:
    """Return what interrupts a run at its report of that number, of those that count; none: it goes on."""
    seen = 0

    def report(*said: Any) -> None:
        nonlocal seen
        seen += counts(*said)
        if seen == after:
            raise Interrupted("SIGTERM")

    return report


def train(out: Path, stop: int | None) -> Any:
    settings = single.TrainSettings(
        task=signs(), cell="MinGRU", hidden=2, batch_size=8, max_epochs=4, patience=4, segment=1
    )
    found = single.train(settings, out, on_segment=stops(stop))
    return found["trial"], found["test"], found["validation"]


def sweep(out: Path, stop: int | None) -> Any:
    settings = SweepSettings(
        task=signs(),
        cell=("MinGRU", "SimpleRNN"),
        hidden=(2,),
        sampling="grid",
        batch_size=8,
        max_epochs=4,
        patience=4,
        segment=1,
    )
    return sweeps.sweep(settings, out, on_progress=stops(stop))["members"]


def trains(progress: Any) -> bool:
    """Return whether one cell is at its second replicate; reports of others come from a thread, at any time."""
    return isinstance(progress, SearchProgress) and (progress.cell, progress.replicate) == ("GRU", 1)


def compare(out: Path, stop: int | None) -> Any:
    settings = dataclasses.replace(SETTINGS, tasks=(signs(),), trials=2, extend=False)
    with Folder(out, settings) as folder:
        (task,) = protocol.compare(settings, folder, command="", on_progress=stops(stop, trains))["tasks"]
    return [[(name, cell["test"]) for name, cell in one["cells"].items()] for one in task["replicates"]]


KINDS = {"train": Kind(train, 2), "sweep": Kind(sweep, 6), "compare": Kind(compare, 1)}


@pytest.fixture(
    scope="module", params=["train", *(pytest.param(name, marks=pytest.mark.verify) for name in ("sweep", "compare"))]
)
def interrupted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Kind, Path, Any]:
    """Return a kind of run, a folder in which one was interrupted, and what one comes to that was not."""
    kind, root = KINDS[request.param], tmp_path_factory.mktemp(request.param)
    whole = kind.run(root / "whole", None)
    with pytest.raises(Interrupted):
        kind.run(root / "cut", kind.stop)
    return kind, root / "cut", whole


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def flip(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def check(kind: Kind, folder: Path, whole: Any, damaged: Path, harm: Callable[..., bytes], rng: random.Random) -> str:
    """Damage one file and go on: return whether it was refused, or came to the same."""
    content = damaged.read_bytes()
    if not content:
        return "empty"
    damaged.write_bytes(harm(content, rng))
    refusal, found = "", None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a checkpoint is damaged and set aside
            found = kind.run(folder, None)
    except InputError as error:
        refusal = str(error)
    if not refusal:
        assert found == whole, f"{damaged} was damaged, and the run came to something else in silence"
        return "same"
    # Digests that changed disown the files that they no longer name.
    named = files_of(folder) if damaged.name == "SHA256SUMS" else [damaged]
    assert any(path.name in refusal for path in named), refusal
    assert "\n" not in refusal
    return "refused"


def all_of(
    interrupted: tuple[Kind, Path, Any], tmp_path: Path, picks: Callable[[list[Path]], list[Path]], seed: int
) -> list[str]:
    kind, folder, whole = interrupted
    rng, found = random.Random(seed), []
    for number, path in enumerate(picks(files_of(folder))):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        harm = (flip, cut)[number % 2]
        found.append(check(kind, copy, whole, copy / path.relative_to(folder), harm, rng))
        shutil.rmtree(copy)
    return found


def own(paths: list[Path]) -> list[Path]:
    """Return files of the run's own, each twice: refusals, which are quick, as nothing is trained."""
    kept = [path for path in paths if path.suffix == ".json" or path.name == "SHA256SUMS"]
    first = [path for path in kept if not any(part.isdigit() for part in path.parts[-4:])]
    return [path for path in first for _ in range(2)]


def test_undamaged_it_goes_on_to_the_same(interrupted: tuple[Kind, Path, Any], tmp_path: Path) -> None:
    kind, folder, whole = interrupted
    assert any(path.name.isdigit() for path in folder.rglob("*")), "there is a checkpoint"
    shutil.copytree(folder, tmp_path / "copy")
    assert kind.run(tmp_path / "copy", None) == whole


def test_a_file_of_the_run_that_is_damaged_is_refused_by_its_name(
    interrupted: tuple[Kind, Path, Any], tmp_path: Path
) -> None:
    found = all_of(interrupted, tmp_path, own, seed=0)
    assert "refused" in found


@pytest.mark.verify
def test_every_file_is_damaged_and_nothing_is_different_in_silence(
    interrupted: tuple[Kind, Path, Any], tmp_path: Path
) -> None:
    found = all_of(interrupted, tmp_path, lambda paths: [path for path in paths for _ in range(2)], seed=1)
    assert "same" in found
    assert "refused" in found
