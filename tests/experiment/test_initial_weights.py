"""The choice of initial weights, a setting of train and a hyperparameter of sweep and compare, by value."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import pytest

pytest.importorskip("tyro", reason="settings need gatedrnn[compare]")

import gatedrnn as gr
from gatedrnn.cells.registry import CELLS, make_cell
from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.initial_weights import INITIAL_WEIGHTS, refuse_initial_weights
from gatedrnn.experiment.network import RunSizes, init_params, make_run
from gatedrnn.experiment.single import TrainSettings, train
from gatedrnn.experiment.space import Space, as_hypers
from gatedrnn.sweep.group import as_hypers as as_sweep_hypers
from gatedrnn.sweep.group import sweep_run
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.sweep.space import configurations
from gatedrnn.sweep.sweep import sweep
from tests.helpers.small_searches import signs

H, KEY = 5, jax.random.key(3)
BOTH = Architecture(bidirectional=True)
SMALL = {"learning_rate": 1e-3, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": "1"}


def first(hypers: Any) -> Any:
    return jax.tree.map(lambda column: column[0], hypers)


def scans(params: Any) -> list[Any]:
    """Return the parameters of each direction."""
    found: list[Any] = []
    BOTH.map_recurrent(params, lambda cell, _: found.append(cell))
    return found


@functools.cache
def drawn(cell: Any, asked: tuple[str, ...] = INITIAL_WEIGHTS) -> dict[str, list[Any]]:
    """Return the scans of networks that start in each of the ways asked for, made by one program for all of them."""
    hypers = as_hypers([{**SMALL, "initial_weights": name} for name in asked])
    start = jax.jit(jax.vmap(lambda hyper: init_params(cell, signs(), 6, hyper, KEY, BOTH, asked)))
    found = scans(jax.tree.map(np.asarray, start(hypers)))
    return {name: [jax.tree.map(lambda leaf, k=k: leaf[k], scan) for scan in found] for k, name in enumerate(asked)}


@pytest.mark.parametrize(("cell", "gates"), [(gr.LSTM(H), 4), (gr.GRU(H, reset="before"), 3)], ids=["LSTM", "GRU"])
def test_each_choice_is_what_it_says_in_every_scan(cell: Any, gates: int) -> None:
    """By singular values, the identity and bounds; the bias of the gate that keeps memory, block 1, is set after."""
    own, orthogonal, identity, uniform = drawn(cell).values()
    for k in range(2):
        for one in (orthogonal[k], identity[k]):
            np.testing.assert_array_equal(one.w_x, own[k].w_x)
            np.testing.assert_array_equal(one.b, own[k].b)
        for block in np.split(np.asarray(orthogonal[k].w_h, np.float64), gates, axis=1):
            np.testing.assert_allclose(block.T @ block, np.eye(H), atol=H * 2**-23)
        assert not np.array_equal(orthogonal[k].w_h, own[k].w_h)
        np.testing.assert_array_equal(identity[k].w_h, np.tile(np.eye(H), gates))
        np.testing.assert_array_equal(uniform[k].b[H : 2 * H], 1)
        others = np.delete(np.asarray(uniform[k].b), np.s_[H : 2 * H])
        numbers = np.concatenate([np.ravel(uniform[k].w_x), np.ravel(uniform[k].w_h), others])
        assert np.abs(numbers).max() <= H**-0.5
        # A uniform number of ±a has the variance a² / 3, which of n has a standard error of a² * sqrt(4 / 45 / n).
        assert abs(numbers.var() - 1 / (3 * H)) < 4 / H * np.sqrt(4 / 45 / numbers.size)
    for each in (orthogonal, uniform):
        assert len({np.asarray(one.w_h).tobytes() for one in each}) == 2, "each scan has a draw of its own"


def test_what_a_program_draws_does_not_depend_on_what_else_it_may_choose() -> None:
    together = drawn(gr.LSTM(H))
    for asked in (("own",), ("uniform", "orthogonal")):
        for name, alone in drawn(gr.LSTM(H), asked).items():
            jax.tree.map(np.testing.assert_array_equal, alone, together[name])


def test_a_sweep_starts_as_train_does_and_scales_what_was_drawn() -> None:
    settings = SweepSettings(
        sampling="grid", initial_weights=("uniform", "identity"), recurrent_scale=(0.5,), gate_bias=("0",)
    )
    hypers = as_sweep_hypers(configurations(settings)[:2])
    run = sweep_run(gr.LSTM(H), signs(), signs().split(0).train, settings)
    params, _, _ = jax.vmap(run.init_params, in_axes=(0, None))(hypers, KEY)
    alone = init_params(
        gr.LSTM(H), signs(), 6, first(as_hypers([{**SMALL, "gate_bias": "0"}])), KEY, weights=("uniform",)
    )
    np.testing.assert_array_equal(params.w_x[0], alone[0].w_x)
    np.testing.assert_array_equal(params.w_h[0], 0.5 * alone[0].w_h)
    np.testing.assert_array_equal(params.w_h[1], np.tile(0.5 * np.eye(H), 4))


def test_widths_are_drawn_as_they_would_be_alone() -> None:
    """A bound of 1 / sqrt(units) is that of the width itself, not of the arrays that it stands in."""
    task, widths = signs(), {3: gr.GRU(3), 5: gr.GRU(5)}
    train = task.split(0).train
    run = make_run(widths[5], task, train, RunSizes(8, 2, 2), widths=widths, weights=("uniform",))
    hyper = first(as_hypers([{**SMALL, "hidden": 3}]))
    wide = run.init_params(hyper, KEY)[0]
    alone = init_params(widths[3], task, len(train.x), hyper, KEY, weights=("uniform",))[0]
    blocks = np.asarray(wide.w_h).reshape(5, 3, 5)
    np.testing.assert_array_equal(blocks[:3, :, :3], np.reshape(alone.w_h, (3, 3, 3)))
    assert not blocks[3:].any()
    assert not blocks[:, :, 3:].any()


@pytest.mark.verify
def test_a_member_is_the_network_that_train_trains(tmp_path) -> None:
    """Another program, so 1e-4 for rounding over a few steps; other weights differ by far more."""
    asked: dict[str, Any] = {"max_epochs": 2, "segment": 2, "patience": 2}
    settings = SweepSettings(
        sampling="grid", cell=("GRU",), hidden=(3,), learning_rate=(1e-2,), initial_weights=("own", "identity"), **asked
    )
    members = sweep(settings, tmp_path / "sweep")["members"]
    assert [member["initial_weights"] for member in members] == ["own", "identity"]
    one = TrainSettings(cell="GRU", hidden=3, learning_rate=1e-2, initial_weights="identity", **asked)
    alone = train(one, tmp_path / "train")["trial"]
    own, identity, wanted = (np.array(run["curve"], float) for run in (*members, alone))
    np.testing.assert_allclose(identity, wanted, rtol=1e-4)
    assert abs(own[0] - wanted[0]) > 1e-2


REFUSED = {
    **dict.fromkeys(
        ("orthogonal", "identity"),
        (
            *("MinGRU", "MinLSTM", "LogMinGRU", "LogMinLSTM", "IndRNN", "ParaGRU", "ParaLSTM"),
            *("BlockLSTM", "BlockGRU", "SLSTM", "DreamerGRU", "LSTM-projected"),
        ),
    ),
    "uniform": (),
}
"""Cells without such a matrix, in heads, or with one that is not square."""


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_without_a_square_recurrent_matrix_refuses_what_is_one(name: str) -> None:
    for choice, whose in REFUSED.items():
        if name in whose:
            with pytest.raises(
                InputError, match=f"initial_weights: expected what .* can start with, got {choice}; params: expected"
            ):
                refuse_initial_weights(make_cell(name, 8), 3, ("own", choice))
        else:
            refuse_initial_weights(make_cell(name, 8), 3, ("own", choice))


def test_commands_refuse_it_before_they_claim_a_folder(tmp_path) -> None:
    words = r"initial_weights: expected what MinGRU\(hidden=32\) can start with, got identity; params: expected"
    with pytest.raises(InputError, match=words):
        train(TrainSettings(cell="MinGRU", initial_weights="identity"), tmp_path / "train")
    with pytest.raises(InputError, match=words):
        sweep(SweepSettings(cell=("GRU", "MinGRU"), initial_weights=("own", "identity")), tmp_path / "sweep")
    with pytest.raises(InputError, match=words):
        Settings(cells=("GRU", "MinGRU"), space=Space(initial_weights=("identity",))).refuse_unfit()
    assert list(tmp_path.iterdir()) == []


def test_one_choice_takes_no_draw_and_several_are_all_drawn() -> None:
    """What the others are drawn as is what they were before there was this choice."""
    rng, several = np.random.default_rng, Space(initial_weights=("own", "uniform"))
    before = [{**one, "initial_weights": "own"} for one in Space().sample(rng(3), 1)]
    assert Space().sample(rng(3), 1) == before
    one = several.sample(rng(3), 1)[0]
    assert {**one, "initial_weights": "own"} == before[0]
    assert {each["initial_weights"] for each in several.sample(rng(0), 40)} == {"own", "uniform"}
    assert "initial_weights" not in Space().describe()
    assert several.describe()["initial_weights"] == "one of own, uniform"
    drawn = {each["initial_weights"] for each in configurations(SweepSettings(initial_weights=("own", "uniform")))}
    assert drawn == {"own", "uniform"}
