"""What is saved of a cell is its whole configuration: a cell with a projection comes back as it was."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("safetensors")

import gatedrnn as gr
from gatedrnn.cells.configuration import as_data, from_data
from gatedrnn.cells.registry import CELLS, make_cell
from gatedrnn.errors import InputError
from gatedrnn.experiment.changes import change_scales
from gatedrnn.experiment.described import COMPOSED
from gatedrnn.experiment.network import network
from gatedrnn.experiment.saving import description, restore, save
from gatedrnn.predict import Model
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question

KEY = jax.random.key(0)
POLICY = gr.Policy()
OWN = "tests.predict.test_whole_configuration:Projecting"


@dataclasses.dataclass(frozen=True)
class Projecting:
    """A simple network of ``hidden`` units, whose output and carry are ``proj`` linear maps of them."""

    hidden: int
    proj: int = 2
    policy: gr.Policy = POLICY

    @property
    def out_dim(self) -> int:
        return self.proj

    def init(self, key: Any, in_dim: int) -> dict[str, Any]:
        a, b = jax.random.split(key)
        shape = (in_dim + self.proj, self.hidden)
        return {"w": jax.random.normal(a, shape), "p": jax.random.normal(b, (self.hidden, self.proj))}

    def initial_carry(self, params: Any, x: Any) -> Any:
        return jnp.zeros((*x.shape[:-1], self.proj))

    def step(self, params: Any, carry: Any, x: Any) -> Any:
        y = jnp.tanh(jnp.concatenate([x, carry], axis=-1) @ params["w"]) @ params["p"]
        return y, y


def test_a_projecting_cell_predicts_after_it_was_saved_what_it_predicted_before(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(5, 24, 2))
    split = np.repeat(["train", "validation", "test"], [12, 6, 6])
    task = task_from_arrays({"x": x, "split": split}, Question(kind="forecast"))
    cell = Projecting(6, proj=3, policy=gr.Policy(carry="float32"))
    assert task.anchor is not None
    params: Any = (*network(cell, task.out_dim, 0.0).init(KEY, task.in_dim), change_scales(task.anchor, 1))
    config = description(task, OWN, cell, task.reading(0))
    before = Model(config, cell, params).predict(x, np.full(24, 5))
    save(tmp_path / "model", params, config)
    with pytest.raises(InputError, match="a class of one's own is imported only where you name it"):
        restore(tmp_path / "model")
    restored = Model(*restore(tmp_path / "model", own=OWN))
    after = restored.predict(x, np.full(24, 5))
    assert restored.cell == cell
    assert restored.config["hidden"] == 6
    assert before.mean is not None
    for name in ("mean", "deviation"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_of_the_table_comes_back(name: str) -> None:
    cell: Any = make_cell(name, 4)
    assert type(cell) is CELLS[name].kind
    chosen = {"activation": jax.nn.relu, "policy": gr.Policy(compute="bfloat16")}
    cell = dataclasses.replace(
        cell, **{f.name: chosen[f.name] for f in dataclasses.fields(cell) if f.name in chosen and f.init}
    )
    assert from_data(json.loads(json.dumps(as_data(cell)))) == cell


@pytest.mark.parametrize(
    "cell",
    [
        gr.stack(gr.residual(gr.GRU(2)), gr.LSTM(3)),
        gr.learned_start(gr.zoneout(gr.LSTM(3), 0.1, 0.2)),
        gr.zoneout(gr.GRU(3, reset="before"), 0.1),
        gr.residual(gr.variational_dropout(gr.LSTM(3), 0.1)),
        gr.drop_connect(gr.clip_gradient(gr.GRU(3), 1.0), 0.2),
        gr.drop_connect(gr.learned_start(gr.clip_gradient(gr.MGU(3), 1.0, by="norm")), 0.2),
    ],
    ids=repr,
)
def test_a_cell_inside_a_cell_comes_back(cell: Any) -> None:
    assert from_data(json.loads(json.dumps(as_data(cell))), further=COMPOSED) == cell


def test_what_cannot_be_saved_is_said() -> None:
    with pytest.raises(ValueError, match=r"activation: .* cannot be saved; got <function .*lambda"):
        as_data(gr.LSTM(3, activation=lambda a: a))

    @dataclasses.dataclass(frozen=True)
    class Local:
        hidden: int

    with pytest.raises(ValueError, match="Local cannot be saved"):
        as_data(Local(3))
