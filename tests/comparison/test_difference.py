"""A network that reads and forecasts changes: the arithmetic, what is learnt, and what is saved."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.comparison.settings import Settings
from gatedrnn.experiment import saving
from gatedrnn.experiment.network import RunSizes, evaluate, init_params, make_run, network
from gatedrnn.experiment.space import Space, as_hypers
from gatedrnn.predict.model import Model
from gatedrnn.tasks import registry
from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.objectives import bounded_log_scale
from gatedrnn.tasks.parts import Batch
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.sequences import Sequences

VALUES = np.random.default_rng(0).normal(5, 3, (200, 2)).cumsum(0)
CONFIGURATION = {"learning_rate": 1e-2, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": "1"}


@pytest.fixture(scope="module")
def task():
    """Forecast the second of two features, two steps ahead."""
    data = Sequences(VALUES, np.array([200]), features=("other", "level"), targets=("level",))
    return task_from(data, "forecast", name="t", source="", sha256="", framing=Framing(horizon=2))


def params_of(task, difference, key=0):
    hyper = jax.tree.map(lambda column: column[0], as_hypers([{**CONFIGURATION, "difference": difference}]))
    return init_params(gr.GRU(3), task, 32, hyper, jax.random.key(key))


def silent(params):
    """The same parameters with a head that says mean 0 and log deviation 0."""
    recurrent, dropout, head, difference = params
    return recurrent, dropout, jax.tree.map(jnp.zeros_like, head), difference


def moved(task, steps):
    """Root mean square of the level's change in training, in its normalised unit; from the values as they came."""
    (train, _, _), (_, deviation) = task.split.parts(0), task.reading(0).outputs
    level = VALUES[train.starts[0] : train.stops[0], 1] / deviation
    return float(np.sqrt(np.mean((level[steps:] - level[:-steps]) ** 2)))


@pytest.mark.parametrize("difference", ["both", "yes", "no"])
def test_a_silent_network_is_persistence_or_the_mean(task, difference):
    part = task.split(0).validation
    score = evaluate(gr.GRU(3), task, silent(params_of(task, difference)), part)
    there = part.scored()
    size = float(np.exp(bounded_log_scale(jnp.log(moved(task, 2)))))
    mean, deviation = (0.0, 1.0) if difference == "no" else (part.x[..., 1][there], size)
    nats = 0.5 * ((part.y[..., 0][there] - mean) / deviation) ** 2 + np.log(deviation) + 0.5 * np.log(2 * np.pi)
    # float32 sums of some tens of numbers.
    np.testing.assert_allclose(score.nats, nats.sum(), rtol=1e-5)


@pytest.mark.parametrize("difference", ["both", "yes"])
def test_changes_are_what_they_are_by_hand(task, difference):
    part, (cell, params) = task.split(0).validation, (gr.GRU(3), params_of(task, difference))
    x = np.array(part.x)
    if difference == "both":
        x[1:, :, 1], x[0, :, 1] = (part.x[1:, :, 1] - part.x[:-1, :, 1]) / moved(task, 1), 0.0
    outputs = network(cell, 2, 0.0).apply(params[:-1], jnp.asarray(x), lengths=part.lengths)[1]
    mean, raw = part.x[..., 1] + moved(task, 2) * outputs[..., 0], outputs[..., 1] + np.log(moved(task, 2))
    wanted = task.score(jnp.stack([mean, raw], axis=-1), part).nats
    np.testing.assert_allclose(evaluate(cell, task, params, part).nats, wanted, rtol=1e-5)


def test_a_level_that_was_never_seen_changes_no_forecast_of_changes(task):
    """The reason for reading changes: a test far above training asks nothing new of the network."""
    part, params = task.split(0).validation, params_of(task, "both")
    far = part._replace(x=part.x + np.float32([0.0, 64.0]), y=part.y + np.float32(64.0))
    near, there = (evaluate(gr.GRU(3), task, params, each).nats for each in (part, far))
    # Levels near 64 have 2^-18 between them, in changes of 0.03: each z errs by 1e-4 or so, of 23 targets.
    np.testing.assert_allclose(near, there, rtol=1e-3)
    levels = [evaluate(gr.GRU(3), task, params_of(task, "no"), each).nats for each in (part, far)]
    assert levels[1] > 100 * levels[0]


def test_whether_changes_are_forecast_is_not_learnt(task):
    visible = task.split(0)
    run = make_run(gr.GRU(3), task, visible.train, RunSizes(8, 2, 2))
    hyper = jax.tree.map(lambda column: column[0], as_hypers([{**CONFIGURATION, "difference": "yes"}]))
    state = run.init(hyper, jax.random.key(0), visible)
    trained = jax.jit(run.take_steps)(hyper, state, jax.tree.map(np.asarray, visible.train), 0, run.epoch_steps)
    params = trained.params
    assert np.isfinite(trained.loss_sum)
    np.testing.assert_allclose(params[-1].ravel(), [0.0, moved(task, 2)], rtol=1e-6)
    np.testing.assert_array_equal(params[-1], state.params[-1])
    assert not np.array_equal(params[0].w_h, state.params[0].w_h)


def test_a_saved_network_forecasts_as_it_did(task, tmp_path):
    cell, params = gr.GRU(3), params_of(task, "yes")
    saving.save(tmp_path / "one", params, saving.description(task, "GRU", cell, task.reading(0)))
    model = Model(*saving.restore(tmp_path / "one"))
    test = task.read_test(0)
    raw = test.batch.x * np.asarray(task.reading(0).inputs[1]) + np.asarray(task.reading(0).inputs[0])
    found = model.predict(raw, test.batch.lengths)
    values = Model(model.config, cell, (*params[:-1], np.zeros((2, 1), np.float32))).predict(raw, test.batch.lengths)
    there = test.batch.scored()
    # What the head says of values is off their mean by deviations; of changes, off the last value by their size.
    said = (values.mean[there][:, 0] - test.scale.mean[0]) * moved(task, 2)
    np.testing.assert_allclose(found.mean[there][:, 0], raw[there][:, 1] + said, rtol=1e-5, atol=1e-3)


def test_only_forecasts_of_what_is_read_have_the_choice(task):
    speech = registry.load("japanese-vowels-forecast")
    rng, always = np.random.default_rng, Settings(space=Space(difference=("yes",)))
    assert {c["difference"] for c in Settings().space_of(task).sample(rng(0), 40)} == {"no", "yes", "both"}
    turns = [c["difference"] for c in Settings().space_of(task).sample(rng(1), 5)]
    assert turns == ["both", "yes", "no", "both", "yes"]  # the shortest search has what a forecaster tries first
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
