"""The test is read after all choices are made: by one function of a command, which alone has a way to it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import gatedrnn
from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison import protocol, sizes, tested
from gatedrnn.comparison.estimate import estimate
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search import of_task
from gatedrnn.comparison.search.replicate import Replicate, draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.verdict.region import region_entry
from gatedrnn.experiment import network
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.sweep.sweep import sweep, train_group
from gatedrnn.tasks.parts import FinalTest, Past, Visible
from gatedrnn.tasks.task import Task, VisibleTask
from tests.helpers.small_searches import SETTINGS, signs

HANDED_ON = ("recorded.py", "etth1.py", "tiny_shakespeare.py")
"""Files of tasks that name a splitter's own ``read_test``, and do not call it."""
READERS = {("comparison/tested.py", "read_test"), ("experiment/single.py", "train")}
"""The functions that read a test: of ``gatedrnn compare``, and of ``gatedrnn train``."""


def refuse(seed: int) -> FinalTest:
    raise AssertionError(f"the test of seed {seed} was read")


@pytest.fixture
def sealed() -> Task:
    return dataclasses.replace(signs(), read_test=refuse)


@pytest.mark.verify
@pytest.mark.parametrize("minutes", [None, 0.001])
def test_a_search_with_its_extension_and_full_leaves_it_unread(sealed: Task, tmp_path: Path, minutes) -> None:
    settings = dataclasses.replace(SETTINGS, matching="width", minutes=minutes)
    folder = Folder(tmp_path, settings)
    replicates = [draw_replicate(sealed, settings, index) for index in range(settings.replicates)]
    cells = {name: make_cell(name, 3) for name in settings.cells}
    train = replicates[0].visible().train
    searches = {name: Search(cell, sealed, settings, train) for name, cell in cells.items()}
    searched = of_task.search(sealed, settings, folder, replicates, searches, lambda _: None)
    assert (searched.found["protocol"]["extension"] is None) == (minutes is not None)
    assert (region := region_entry(searched.found, settings.equivalence))
    assert protocol.further(cells, replicates, searched, region, folder)
    with pytest.raises(AssertionError, match="was read"):
        tested.read_test(sealed, replicates, searched, folder)


@pytest.mark.verify
def test_an_estimate_leaves_it_unread(sealed: Task) -> None:
    settings = dataclasses.replace(SETTINGS, tasks=(sealed,), matching="width", full=True)
    assert [said.task for said in estimate(settings)] == ["signs"]


def test_a_sweep_leaves_it_unread(sealed: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatedrnn.sweep.sweep.registry.load", lambda _: sealed)
    settings = SweepSettings(cell=("GRU",), hidden=(3,), learning_rate=(1e-2,), max_epochs=2, sampling="grid")
    assert len(sweep(settings, tmp_path)["members"]) == 1


def test_what_may_be_seen_has_no_test_and_no_way_to_one() -> None:
    assert Visible._fields == ("train", "validation", "offset", "scale", "past")
    assert Past._fields == ("train", "validation")
    assert not hasattr(VisibleTask, "read_test")
    assert "read_test" not in {field.name for field in dataclasses.fields(VisibleTask)}


def test_all_but_the_readers_are_given_a_task_without_its_test() -> None:
    """What a type checker then holds them to: ``VisibleTask`` has no ``read_test``."""
    given = [Search, draw_replicate, of_task.search, sizes.hidden_sizes, train_group]
    given += [network.init_params, network.make_loss, network.evaluate, network.evaluate_each, network.make_run]
    assert {inspect.signature(each).parameters["task"].annotation for each in given} == {"VisibleTask"}
    assert Replicate.__annotations__["task"] == "VisibleTask"


def calls_of_read_test() -> Iterator[tuple[str, str]]:
    """Yield file and function of every call of a method ``read_test`` in the package."""
    root = Path(inspect.getfile(gatedrnn)).parent
    for path in root.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Attribute) and node.attr == "read_test" and path.name not in HANDED_ON:
                        yield path.relative_to(root).as_posix(), function.name


def test_one_function_of_each_command_reads_it() -> None:
    assert set(calls_of_read_test()) == READERS
