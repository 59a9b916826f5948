"""Deep, bidirectional, residual and embedding networks are what their equations say, by value."""

from __future__ import annotations

import re
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.experiment.architecture import Architecture, in_words
from gatedrnn.experiment.network import evaluate, init_params, inputs_of, make_loss, network
from gatedrnn.experiment.space import as_hypers
from gatedrnn.experiment.widths import narrowed, widened
from gatedrnn.sweep.group import as_hypers as as_sweep_hypers
from gatedrnn.sweep.group import sweep_run
from gatedrnn.sweep.settings import HYPERPARAMETERS, SweepSettings
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question
from tests.helpers.small_searches import signs

KEY = jax.random.key(0)
CELL = gr.GRU(3)
XS = np.random.default_rng(0).normal(size=(6, 5, 2)).astype(np.float32)
LENGTHS = np.array([6, 4, 1, 5, 0])
ROUNDING = 1e-6
"""Of values near 1 in float32."""


def scan(params: Any, xs: Any, lengths: Any = LENGTHS, *, reverse: bool = False) -> Any:
    return jax.jit(gr.scan(CELL, reverse=reverse).apply)(params, xs, lengths=lengths)[1]


def head(params: Any, xs: Any) -> np.ndarray:
    there = np.arange(len(xs))[:, None, None] < LENGTHS[:, None]
    return np.where(there, np.asarray(xs) @ np.asarray(params.w) + np.asarray(params.b), 0.0)


def outputs(architecture: Architecture, **options: Any) -> tuple[Any, np.ndarray]:
    net = network(CELL, 2, 0.5, architecture, **options)
    params = net.init(KEY, 2)
    return params, np.asarray(jax.jit(net.apply)(params, XS, lengths=LENGTHS)[1])


def hyper(gate_bias: str = "1") -> Any:
    configuration = {"learning_rate": 1e-2, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": gate_bias}
    return jax.tree.map(lambda column: column[0], as_hypers([configuration]))


def text(kind: str = "next-token") -> Any:
    """Return a task on 60 sequences of 5 kinds of tokens."""
    rng = np.random.default_rng(1)
    x, lengths = rng.integers(0, 5, (8, 60)), rng.integers(4, 9, 60)
    arrays = {"x": x, "lengths": lengths, **({} if kind == "next-token" else {"y": x[0] % 2})}
    return task_from_arrays(arrays, Question(kind=kind))  # pyright: ignore[reportArgumentType]


def test_the_default_is_the_chain_that_it_was() -> None:
    params, found = outputs(Architecture())
    plain = gr.chain(gr.scan(CELL), gr.dropout(0.5), gr.dense(2))
    chex.assert_trees_all_equal(params, plain.init(KEY, 2))
    np.testing.assert_array_equal(found, jax.jit(plain.apply)(params, XS, lengths=LENGTHS)[1])


def test_two_layers_are_one_after_another() -> None:
    (first, _, second, _, last), found = outputs(Architecture(layers=2))
    np.testing.assert_allclose(found, head(last, scan(second, scan(first, XS))), atol=ROUNDING)


def test_residual_layers_add_their_input_from_the_second_on() -> None:
    (first, _, second, _, third, _, last), found = outputs(Architecture(layers=3, residual=True))
    one = scan(first, XS)
    two = one + scan(second, one)
    np.testing.assert_allclose(found, head(last, two + scan(third, two)), atol=ROUNDING)


def test_bidirectional_layers_read_each_sequence_from_both_ends() -> None:
    (first, _, second, _, last), found = outputs(Architecture(layers=2, bidirectional=True))
    one = np.concatenate([scan(first.forward, XS), scan(first.backward, XS, reverse=True)], -1)
    two = np.concatenate([scan(second.forward, one), scan(second.backward, one, reverse=True)], -1)
    np.testing.assert_allclose(found, head(last, two), atol=ROUNDING)


def test_the_class_of_a_sequence_is_read_off_where_each_direction_ends() -> None:
    """At a sequence's last step the second direction has read that step alone; it ends at the first."""
    (first, _, last), found = outputs(Architecture(bidirectional=True), kind="classification")
    for b, length in enumerate(LENGTHS[:4]):
        own, alone = XS[:length, b], np.array(length)
        forward = np.asarray(scan(first.forward, own, alone))[-1]
        backward = np.asarray(scan(first.backward, own[::-1], alone))[-1]
        wanted = np.concatenate([forward, backward]) @ np.asarray(last.w) + np.asarray(last.b)
        np.testing.assert_allclose(found[length - 1, b], wanted, atol=ROUNDING)


def test_an_embedding_is_one_hot_times_its_matrix() -> None:
    task = text()
    batch = task.split(0).train
    net = network(CELL, task.out_dim, 0.0, Architecture(embed=4), kind=task.kind)
    params = net.init(KEY, task.in_dim)
    embedded, _, last = params[1:]
    features = jax.nn.one_hot(batch.x, 5) @ params[0].table
    wanted = gr.dense(task.out_dim).apply(last, scan(embedded, features, batch.lengths), lengths=batch.lengths)[1]
    found = jax.jit(net.apply)(params, inputs_of(net, task, batch), lengths=batch.lengths)[1]
    np.testing.assert_allclose(found, wanted, atol=ROUNDING)
    score, said = evaluate(CELL, task, params, batch, Architecture(embed=4)), task.score(wanted, batch)
    np.testing.assert_allclose(score.nats, said.nats, rtol=1e-5)


@pytest.mark.parametrize("architecture", [Architecture(layers=2), Architecture(layers=2, bidirectional=True)])
def test_the_bias_of_the_gate_that_keeps_memory_is_set_in_every_scan(architecture: Architecture) -> None:
    """A GRU's blocks are r, z, n, of three units each; all other biases start at 0."""
    params = init_params(CELL, signs(), 6, hyper(), KEY, architecture)
    scans: list[Any] = []
    architecture.map_recurrent(params, lambda cell, _: scans.append(cell))
    assert len(scans) == (4 if architecture.bidirectional else 2)
    for cell in scans:
        np.testing.assert_array_equal(cell.b, [0, 0, 0, 1, 1, 1, 0, 0, 0])
    drawn: list[Any] = []
    chrono = init_params(CELL, signs(), 6, hyper("chrono"), KEY, architecture)
    architecture.map_recurrent(chrono, lambda cell, _: drawn.append(np.asarray(cell.b[3:6]).tolist()))
    assert len(set(map(tuple, drawn))) == len(scans), "each scan has a draw of its own"
    alone = init_params(CELL, signs(), 6, hyper("chrono"), KEY)
    assert np.asarray(alone[0].b[3:6]).tolist() != [1.0] * 3, "drawn, not constant"
    assert (np.exp(drawn) <= 5).all(), "units remember for 1 to 5 steps"


def test_devices_that_share_a_batch_find_the_same_loss() -> None:
    task, deep = signs(), Architecture(layers=2, bidirectional=True, residual=True)
    params = init_params(CELL, task, 6, hyper(), KEY, deep)
    batch = task.split(0).train
    alone, shared = (jax.jit(make_loss(CELL, task, deep, spread=spread)) for spread in (False, True))
    expected = alone(params, hyper(), batch, KEY)[0]
    mesh = jax.make_mesh((2,), ("batch",), (jax.sharding.AxisType.Auto,), devices=jax.devices()[:2])
    with jax.set_mesh(mesh):
        program = shared.lower(params, hyper(), batch, KEY).compile()
        found = program(params, hyper(), batch, KEY)[0]
    assert {len(one.device_set) for one in jax.tree.leaves(program.output_shardings)} == {2}
    half = batch.x.shape[1] // 2
    assert re.search(rf"f32\[{half},\d", program.as_text()), "each device has half of the sequences"
    assert not re.search(rf"f32\[{half},\d", alone.lower(params, hyper(), batch, KEY).compile().as_text())
    np.testing.assert_allclose(found, expected, rtol=1e-6)


class InDictionaries(gr.SimpleRNN):
    """A cell whose parameters are a dictionary, as one of a user's own may have them."""

    def init(self, key: Any, in_dim: int) -> Any:
        return super().init(key, in_dim)._asdict()


@pytest.mark.parametrize("cell", [CELL, InDictionaries(3)], ids=["named tuple", "dictionary"])
def test_a_sweep_scales_the_recurrent_matrix_of_every_scan(cell: Any) -> None:
    deep = Architecture(layers=2, bidirectional=True)
    settings = SweepSettings(recurrent_scale=(0.5, 2.0), architecture=deep)
    train = signs().split(0).train
    columns = {name: getattr(settings, name)[0] for name in HYPERPARAMETERS} | {"difference": "no"}
    own = jax.tree.map(lambda column: column[0], as_sweep_hypers([columns]))
    scaled = sweep_run(cell, signs(), train, settings).init_params(own, KEY)
    plain = init_params(cell, signs(), 6, hyper(), KEY, deep)
    wanted = jax.tree.map_with_path(lambda path, leaf: 0.5 * leaf if "w_h" in str(path[-1]) else leaf, plain)
    chex.assert_trees_all_equal(scaled, wanted)


def test_a_narrow_deep_network_is_the_same_in_the_arrays_of_a_wide_one() -> None:
    """Also where a block of units is that of one direction, and where inputs are added."""
    deep = Architecture(layers=2, bidirectional=True, residual=True)
    narrow, wide = (network(gr.GRU(units), 2, 0.0, deep, kind="classification") for units in (3, 5))
    params = narrow.init(KEY, 2)
    inside = widened(params, jax.eval_shape(lambda: wide.init(KEY, 2)), (3, 5))
    alone = jax.jit(narrow.apply)(params, XS, lengths=LENGTHS)[1]
    np.testing.assert_allclose(jax.jit(wide.apply)(inside, XS, lengths=LENGTHS)[1], alone, atol=ROUNDING)
    chex.assert_trees_all_equal(narrowed(inside, params, (3, 5)), params)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"layers": 0}, "layers: expected a positive int, got 0"),
        ({"embed": -1}, "embed: expected an int of 0 or more, got -1"),
        ({"residual": True}, "residual: expected layers of 2 or more, .*; got 1"),
    ],
)
def test_what_makes_no_network_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Architecture(**fields)


def test_tasks_are_refused_that_would_show_the_future_or_have_no_tokens() -> None:
    both, embedding = Architecture(bidirectional=True), Architecture(embed=3)
    with pytest.raises(ValueError, match=r"bidirectional: expected a task of kind .*, got next-token of "):
        both.refuse_for(text())
    both.refuse_for(text("classification"))
    embedding.refuse_for(text())
    embedding.refuse_for(text("classification"))
    both.refuse_for(signs())
    with pytest.raises(ValueError, match=r"embed: expected 0 for signs, whose inputs are no tokens; got 3"):
        embedding.refuse_for(signs())


def test_a_network_in_words() -> None:
    assert in_words(Architecture(layers=3, bidirectional=True, residual=True, embed=16).entry()) == (
        "3 layers, bidirectional, residual, tokens embedded in 16 numbers"
    )


def test_a_bidirectional_network_is_no_better_for_garbage_behind_a_sequence() -> None:
    params, found = outputs(Architecture(layers=2, bidirectional=True), kind="classification")
    net = network(CELL, 2, 0.0, Architecture(layers=2, bidirectional=True), kind="classification")
    garbage = np.where(np.arange(6)[:, None, None] < LENGTHS[:, None], XS, np.nan)
    np.testing.assert_array_equal(found, jax.jit(net.apply)(params, jnp.asarray(garbage), lengths=LENGTHS)[1])
