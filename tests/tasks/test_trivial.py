"""What ``gatedrnn tasks`` says of trivial baselines, against those of the tasks; and how tasks may be called."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from gatedrnn.commands import cli
from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.experiment.single import TrainSettings
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.tasks import registry
from gatedrnn.tasks.trivial import CLASSES, TRIVIAL
from tests.helpers.small_searches import signs


def rounded(number: float) -> float:
    """Return half a unit of the last of three digits, the fewest that are shown."""
    return 0.5 * 10.0 ** (np.floor(np.log10(abs(number))) - 2)


@pytest.mark.parametrize("name", registry.TASKS)
def test_trivial_baselines_are_those_of_the_tasks(name: str) -> None:
    task, said = registry.load(name), TRIVIAL[name]
    try:
        visible = task.split(0)
    except InputError:
        pytest.skip(f"{name} needs a file that is not there")
    if name.endswith("mnist"):  # whose other simple model takes minutes to fit
        counts = np.bincount(visible.train.y)
        assert said.model == CLASSES
        assert -np.log(counts / counts.sum())[visible.validation.y].mean() == pytest.approx(said.nats, abs=5e-4)
        return
    weakest = task.baselines(visible)[-1]
    assert weakest.name == said.model
    assert weakest.validation["nats"] == pytest.approx(said.nats, abs=rounded(said.nats))
    assert ("rmse" in weakest.validation) == (said.rmse is not None)
    if said.rmse is not None:
        assert weakest.validation["rmse"] == pytest.approx(said.rmse, abs=rounded(said.rmse))


def test_the_command_says_of_each_task_what_is_trivial(capsys) -> None:
    assert cli.run(["tasks"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.count("trivial baseline:") == len(registry.TASKS) == len(TRIVIAL)
    assert "adding-50, or adding adding: the sum of two marked numbers" in shown
    assert "always the mean: root mean squared error 0.41, and 1.42 nats per sequence" in shown


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("adding", "adding-50"),
        ("copy memory", "copy-memory-50"),
        ("selective copying", "selective-copying-100"),
        ("parity", "parity-32"),
        ("flip-flop", "flip-flop-100"),
        ("Dyck", "dyck-100"),
        ("a^n b^n", "anbn-50"),
        ("a^n b^n c^n", "anbncn-50"),
        ("adding 600", "adding-600"),
        ("Sequential MNIST", "sequential-mnist"),
        ("permuted MNIST", "permuted-mnist"),
        ("ETTh1", "etth1"),
        ("tiny Shakespeare", "tiny-shakespeare"),
    ],
)
def test_a_task_by_its_plain_name_is_the_same_comparison(written: str, name: str) -> None:
    """Its name in results and folders too, so that a run goes on whichever of both is written."""
    assert registry.load(written).name == name
    plain, full = (Settings(tasks=(each,)) for each in (written, name))
    assert plain.task_names == full.task_names == (name,)
    assert plain.as_dict() == full.as_dict()
    assert TrainSettings(task=written).as_dict() == TrainSettings(task=name).as_dict()
    assert SweepSettings(task=written).as_dict() == SweepSettings(task=name).as_dict()


def test_a_plain_name_is_that_of_the_shortest_length() -> None:
    for short, name in registry.PLAIN.items():
        lengths = [int(each.rsplit("-", 1)[1]) for each in registry.TASKS if each.rpartition("-")[0] == short]
        assert name == f"{short}-{min(lengths)}"


def test_two_names_of_one_task_are_refused() -> None:
    with pytest.raises(InputError, match="tasks: expected different names, got adding-50, adding-50"):
        Settings(tasks=("adding", "adding-50"))
    with pytest.raises(InputError, match=r"tasks: expected one of .*adding, copy-memory, .*; got adding-7"):
        Settings(tasks=("adding-7",))
    assert Settings(tasks=(signs(),)).task_names == (signs().name,)


@pytest.mark.verify
def test_the_command_compares_on_adding(tmp_path) -> None:
    asked = ("--tasks", "adding", "--hidden", "2", "--replicates", "3", "--trials", "1", "--max-epochs", "1")
    assert cli.run(["compare", *asked, "--batch-size", "500", "--no-extend", "--out", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "report.md").read_text(encoding="utf-8").count("adding-50")
