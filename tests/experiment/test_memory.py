"""What does not fit into memory is refused by name before anything is allocated; what is reckoned is what is kept."""

from __future__ import annotations

import functools
import re

import jax
import numpy as np
import pytest

pytest.importorskip("tyro", reason="settings need gatedrnn[compare]")

import gatedrnn as gr
from gatedrnn.comparison.settings import Settings
from gatedrnn.costs import machine
from gatedrnn.costs.describe import describe
from gatedrnn.errors import InputError
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.memory import Sizes, needed, refuse_too_large
from gatedrnn.experiment.network import RunSizes, make_run
from gatedrnn.experiment.single import TrainSettings, train
from gatedrnn.experiment.space import Space, as_hypers
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.sweep.sweep import sweep
from gatedrnn.tasks import registry
from gatedrnn.training.early_stopping import Data


@functools.cache
def data():
    task = registry.load("japanese-vowels-speaker")
    return task, task.split(0)


@pytest.mark.parametrize(
    ("cell", "around"),
    [
        (gr.LSTM, Architecture()),
        (gr.GRU, Architecture(layers=3, residual=True)),
        (gr.MinGRU, Architecture(layers=2, bidirectional=True)),
    ],
)
def test_a_members_bytes_are_those_of_its_state(cell, around):
    """Two states for each member, before and after a segment; a dozen numbers that are left out weigh nothing."""
    task, visible = data()
    sizes = Sizes(24, around.layers, around.embed, 36, 5000)
    one, two = (
        needed(sizes._replace(members=k), cell, task, visible.train, bidirectional=around.bidirectional) for k in (1, 2)
    )
    run = make_run(cell(24), task, visible.train, RunSizes(36, 5000, 2), architecture=around)
    hyper = jax.tree.map(lambda h: h[0], as_hypers(Space().sample(np.random.default_rng(0), 1)))
    state = jax.eval_shape(run.init, hyper, jax.random.key(0), Data(visible.train, visible.validation))
    held = sum(4 * leaf.size for leaf in jax.tree.leaves(state))
    assert 0 <= 2 * held - (two - one) < 2 * 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": 10**5}, r"hidden: expected what fits into .* GiB of memory, got 100000, which needs [\d,]+ GiB"),
        ({"architecture": Architecture(layers=1000), "hidden": 4000}, "hidden: .*got 4000, which"),
        ({"architecture": Architecture(layers=1000), "max_epochs": 10**7, "hidden": 8000}, "hidden: "),
    ],
)
def test_train_refuses_what_does_not_fit_and_leaves_nothing(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        train(TrainSettings(**change), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draws": 90000, "cell": ("GRU",), "hidden": (3000,)}, "draws: .*got 90000, which"),
        ({"cell": ("GRU",), "hidden": (16, 10**5)}, "hidden: .*got 100000, which"),
        ({"seeds": 90000, "draws": 1, "max_epochs": 10**7}, "seeds: .*got 90000, which"),
    ],
)
def test_sweep_refuses_what_does_not_fit_and_leaves_nothing(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        sweep(SweepSettings(**change), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": (16, 10**5)}, "hidden: .*got 100000, which"),
        ({"sizes": (10**5, 3)}, r"sizes: .*got \(100000, 3\), which"),
        ({"trials": 40000, "replicates": 2, "max_epochs": 10**7}, "trials: .*got 40000, which"),
    ],
)
def test_compare_refuses_what_does_not_fit(change, message):
    with pytest.raises(InputError, match=message):
        Settings(**change).refuse_unfit()


def test_describe_refuses_to_time_what_does_not_fit():
    with pytest.raises(InputError, match=r"length: expected what fits into .* to be timed, got 1000000"):
        describe(3, 4, batch=900_000, length=10**6, time=True, cells=("GRU",))
    with pytest.raises(InputError, match="cells: expected one or more different ones, got GRU, GRU"):
        describe(3, 4, cells=("GRU", "GRU"))


def test_what_fits_is_taken_and_a_machine_that_says_nothing_refuses_nothing(monkeypatch):
    refuse_too_large(Sizes(100), lambda sizes: 400 * sizes.hidden, memory=40_000)
    with pytest.raises(InputError, match=re.escape("draws: expected what fits into 3.73e-05 GiB of memory, got 7")):
        refuse_too_large(
            Sizes(40, members=9),
            lambda sizes: 400 * sizes.hidden * sizes.members,
            memory=40_000,
            said={"members": ("draws", 7), "hidden": ("hidden", 40)},
        )
    monkeypatch.setattr("gatedrnn.experiment.memory.memory_of_machine", lambda: None)
    refuse_too_large(Sizes(10**6), lambda sizes: 10**30)


def test_a_containers_limit_counts(monkeypatch, tmp_path):
    own, none = tmp_path / "memory.max", tmp_path / "none"
    own.write_text("1073741824\n")
    monkeypatch.setattr(machine, "CGROUPS", (none, own))
    assert machine.memory_of_machine() == 2**30
    own.write_text("max\n")
    assert machine.memory_of_machine() > 2**30
