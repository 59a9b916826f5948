"""A network that forecasts the change from the last value: the arithmetic, what is learnt, and what is saved."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.comparison.settings import Settings
from gatedrnn.experiment import saving
from gatedrnn.experiment.network import evaluate, init_params, make_run
from gatedrnn.experiment.space import Space, as_hypers
from gatedrnn.predict.model import Model
from gatedrnn.tasks import registry
from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.sequences import Sequences
from gatedrnn.tasks.task import Batch

CONFIGURATION = {"learning_rate": 1e-2, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": "1"}


@pytest.fixture(scope="module")
def task():
    """Forecast the second of two features, two steps ahead."""
    x = np.random.default_rng(0).normal(5, 3, (200, 2)).cumsum(0)
    data = Sequences(x, np.array([200]), features=("other", "level"), targets=("level",))
    return task_from(data, "forecast", name="t", source="", sha256="", framing=Framing(horizon=2))


def params_of(task, difference, key=0):
    hyper = jax.tree.map(lambda column: column[0], as_hypers([{**CONFIGURATION, "difference": difference}]))
    return init_params(gr.GRU(3), task, 32, hyper, jax.random.key(key))


def silent(params):
    """The same parameters with a head that says mean 0 and log deviation 0."""
    recurrent, dropout, head, difference = params
    return recurrent, dropout, jax.tree.map(jnp.zeros_like, head), difference


@pytest.mark.parametrize("difference", ["yes", "no"])
def test_a_silent_network_is_persistence_or_the_mean(task, difference):
    part = task.split(0).validation
    score = evaluate(gr.GRU(3), task, silent(params_of(task, difference)), part)
    there = part.scored()
    mean = part.x[..., 1][there] if difference == "yes" else 0.0
    expected = (0.5 * (part.y[..., 0][there] - mean) ** 2 + 0.5 * np.log(2 * np.pi)).sum()
    # float32 sums of some tens of numbers.
    np.testing.assert_allclose(score.nats, expected, rtol=1e-5)


def test_whether_changes_are_forecast_is_not_learnt(task):
    visible = task.split(0)
    run = make_run(gr.GRU(3), task, visible.train, batch_size=8, max_epochs=2, patience=2)
    hyper = jax.tree.map(lambda column: column[0], as_hypers([{**CONFIGURATION, "difference": "yes"}]))
    state = run.init(hyper, jax.random.key(0), visible)
    params, _, loss = jax.jit(run.train_epoch)(hyper, state, jax.tree.map(np.asarray, visible.train))
    assert np.isfinite(loss)
    assert float(params[-1]) == 1.0
    assert not np.array_equal(params[0].w_h, state.params[0].w_h)


def test_a_saved_network_forecasts_as_it_did(task, tmp_path):
    cell, params = gr.GRU(3), params_of(task, "yes")
    saving.save(tmp_path / "one", params, saving.description(task, "GRU", cell, task.reading(0)))
    model = Model(*saving.restore(tmp_path / "one"))
    test = task.read_test(0)
    raw = test.batch.x * np.asarray(task.reading(0).inputs[1]) + np.asarray(task.reading(0).inputs[0])
    found = model.predict(raw, test.batch.lengths)
    unchanged = Model(model.config, cell, (*params[:-1], np.float32(0.0))).predict(raw, test.batch.lengths)
    there = test.batch.scored()
    # The mean less what it is without the last value is the last value, in its own unit, less the training mean.
    change = (found.mean - unchanged.mean)[there][:, 0]
    np.testing.assert_allclose(change, raw[there][:, 1] - test.scale.mean[0], rtol=1e-5, atol=1e-3)


def test_only_forecasts_of_what_is_read_have_the_choice(task):
    speech = registry.load("japanese-vowels-forecast")
    rng, always = np.random.default_rng, Settings(space=Space(difference=("yes",)))
    assert {c["difference"] for c in Settings().space_of(task).sample(rng(0), 40)} == {"no", "yes"}
    assert {c["difference"] for c in always.space_of(task).sample(rng(0), 9)} == {"yes"}
    assert {c["difference"] for c in always.space_of(speech).sample(rng(0), 9)} == {"no"}
    assert "difference" in Settings().space_of(task).describe()
    assert "difference" not in Settings().space_of(speech).describe()
    # What is not asked takes no draw: the other hyperparameters are those of a space that never had it.
    without = Space(difference=("no",)).sample(rng(3), 5)
    assert without == Settings().space_of(speech).sample(rng(3), 5)


def test_the_last_value_is_in_the_unit_of_the_target(task):
    """Inputs and outputs of a forecast are normalised by the same steps."""
    part = task.split(0).train
    assert isinstance(part, Batch)
    last = np.asarray(task.anchor(part.x))
    for w in range(0, part.x.shape[1], 17):
        length = int(part.lengths[w])
        np.testing.assert_allclose(last[2:length, w], part.y[: length - 2, w], atol=1e-6)
