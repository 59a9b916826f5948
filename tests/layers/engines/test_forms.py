"""The fast engine's forms: second derivatives, what is saved, and the rule that chooses."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.errors import InputError
from gatedrnn.layers import blocks
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.engines.fast.forms import FastForm, choose, on_cpu
from tests.helpers.cell_table import Peephole
from tests.helpers.drawn import drawn


def loss_of(layer, xs):
    return lambda params: jnp.sum(jnp.sin(layer.apply(params, xs, lengths=jnp.array([5, 3]))[1]))


@pytest.mark.parametrize(
    ("cell", "forms"),
    [
        (gr.LSTM(3), FastForm(project=3, recompute=3)),
        pytest.param(gr.GRU(3), FastForm(), marks=pytest.mark.verify),
        pytest.param(gr.LSTM(3), FastForm(), marks=pytest.mark.verify),
        pytest.param(gr.GRU(3), FastForm(project=3, recompute=3), marks=pytest.mark.verify),
        pytest.param(Peephole(3), FastForm(), marks=pytest.mark.verify),
        pytest.param(Peephole(3), FastForm(project=3, recompute=3), marks=pytest.mark.verify),
    ],
)
def test_hessian_vector_products_agree_with_the_reference(cell, forms):
    with jax.enable_x64():
        keys = jax.random.split(jax.random.key(0), 3)
        xs = jax.random.normal(keys[0], (5, 2, 2), jnp.float64)
        draw = lambda key, like: jax.tree.map(lambda p: jax.random.normal(key, p.shape, jnp.float64) / 2, like)  # noqa: E731
        like = gr.scan(cell).init(keys[1], 2)
        params, vector = draw(keys[1], like), draw(keys[2], like)
        expected = None
        for engine in ("reference", forms):
            gradient = jax.grad(loss_of(gr.scan(cell, engine=engine), xs))
            forward_over_reverse = jax.jit(lambda p, v, g=gradient: jax.jvp(g, (p,), (v,))[1])(params, vector)
            reverse_over_reverse = jax.jit(lambda p, v, g=gradient: jax.vjp(g, p)[1](v)[0])(params, vector)
            expected = expected or forward_over_reverse
            for got in (forward_over_reverse, reverse_over_reverse):
                # Rounding of 1e-16 in each of the some hundred products that a second derivative sums.
                chex.assert_trees_all_close(got, expected, rtol=1e-11, atol=1e-13)


def test_forward_mode_is_refused_and_the_reference_has_it():
    params, xs = gr.scan(gr.LSTM(3)).init(jax.random.key(0), 2), jnp.ones((4, 2))
    for argument, engine in ((0, "fast"), (1, "fast"), (1, "parallel"), (1, "parallel_backward")):
        layer, tangent = gr.scan(gr.LSTM(3), engine=engine), (params, xs)[argument]
        function = lambda one, k=argument, layer=layer: layer.apply(*((one, xs), (params, one))[k])[1]  # noqa: E731
        with pytest.raises(InputError, match=f'engine: expected "reference" for forward mode .* got "{engine}"'):
            jax.jvp(function, (tangent,), (tangent,))
    with pytest.raises(TypeError, match="custom_vjp"):  # a compiled program is differentiated where it can't be seen
        jax.jvp(jax.jit(lambda xs: gr.scan(gr.LSTM(3)).apply(params, xs)[1]), (xs,), (xs,))
    layer = gr.scan(gr.LSTM(3), engine="reference")
    _, tangent = jax.jvp(lambda xs: layer.apply(params, xs)[1], (xs,), (xs,))
    assert np.abs(tangent).max() > 0


@pytest.mark.verify
@pytest.mark.parametrize("engine", ["fast", "parallel", "parallel_backward"])
def test_forward_mode_is_refused_of_every_cell_before_anything_is_compiled(engine):
    for entry in registry.CELLS.values():
        cell = entry.make(4)
        if is_gated(cell):
            layer = gr.scan(cell, engine=engine)
            params, xs = drawn(layer, 2), jnp.ones((4, 2))
            with pytest.raises(InputError, match=f'engine: expected "reference" for forward mode .* got "{engine}"'):
                jax.jvp(lambda xs, layer=layer, params=params: layer.apply(params, xs)[1], (xs,), (xs,))


def test_a_gradient_may_be_differentiated_in_forward_mode_by_what_it_is_not_taken_by():
    """The derivative by inputs of a gradient by parameters: the gradient itself is reverse mode."""
    params, xs = drawn(gr.scan(gr.LSTM(3)), 2), jnp.ones((4, 2))

    def change(engine):
        layer = gr.scan(gr.LSTM(3), engine=engine)
        gradient = jax.grad(lambda params, xs: (layer.apply(params, xs)[1] ** 2).sum())
        return jax.jit(lambda xs: jax.jvp(lambda xs: gradient(params, xs), (xs,), (xs,))[1])(xs)

    chex.assert_trees_all_close(change("fast"), change("reference"), rtol=1e-4, atol=1e-4)


def saved_floats(cell, forms, length=8):
    """Return how many numbers a step leaves for the backward pass, beside its input and output."""
    layer = gr.scan(cell, engine=forms)
    params, xs = layer.init(jax.random.key(0), 3), jnp.ones((length, 1, 3))
    _, pull = jax.vjp(lambda p, xs: layer.apply(p, xs)[1], params, xs)
    by_step = [leaf for leaf in jax.tree.leaves(pull) if jnp.ndim(leaf) == 3 and leaf.shape[:2] == (length, 1)]
    return sum(leaf.shape[-1] for leaf in by_step) - 3 - cell.out_dim


@pytest.mark.parametrize(
    ("cell", "forms", "arrays"),
    [
        (gr.LSTM(5), FastForm(), 5),  # four gates and the cell state
        (gr.LSTM(5), FastForm(recompute=4), 1),  # the cell state
        (gr.GRU(5), FastForm(), 4),  # two gates, the candidate and its recurrent part
        (gr.GRU(5), FastForm(recompute=4), 0),
        (gr.MinGRU(5), FastForm(recompute=4), 0),
    ],
)
def test_what_a_step_saves(cell, forms, arrays):
    assert saved_floats(cell, forms) == arrays * 5


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("length", [0, 1, 5, 6, 7])
def test_blocks_are_a_scan(length, reverse):
    xs = jnp.arange(1.0, 1 + length)[:, None]

    def body(carry, block, edge):
        def step(carry, x):
            return 2 * carry + x, carry + edge * 0

        return jax.lax.scan(step, carry, block, reverse=reverse)

    start = jnp.ones(1)
    edges = blocks.block_edges(xs, start, 3, reverse=reverse)
    assert edges.shape[0] == max(-(-length // 3), 1)
    got = blocks.scan_blocks(body, start, xs, edges, 3, reverse=reverse)
    expected = jax.lax.scan(lambda carry, x: (2 * carry + x, carry), start, xs, reverse=reverse)
    chex.assert_trees_all_equal(got, expected)


@pytest.mark.parametrize("reverse", [False, True])
def test_edges_stand_before_their_blocks(reverse):
    values, start = jnp.arange(7), jnp.array(-1)
    before = [1, 2, 3, 4, 5, 6, -1] if reverse else [-1, 0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(blocks.shifted(values, start, reverse=reverse), before)
    edges = blocks.block_edges(values, start, 3, reverse=reverse)
    np.testing.assert_array_equal(edges, [3, 6, -1] if reverse else [-1, 2, 5])


@pytest.mark.parametrize("arguments", [{"project": -1}, {"recompute": -1}, {"recompute": True}])
def test_other_forms_are_refused(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))}: expected"):
        FastForm(**arguments)


@pytest.mark.parametrize(
    ("shape", "lstm", "gru"),
    [  # T, B, I, H: the shapes of benchmarks/shapes.py, and what was fastest there or within its spread
        ((28, 36, 12, 32), FastForm(project=0), FastForm(project=0)),
        ((16, 256, 32, 64), FastForm(project=0), FastForm(project=0)),
        ((128, 16, 64, 128), FastForm(), FastForm()),
        ((1000, 1, 64, 256), FastForm(project=50), FastForm(project=50)),
        ((512, 64, 64, 64), FastForm(project=32, recompute=16), FastForm(project=32, recompute=32)),
        ((512, 32, 64, 64), FastForm(project=32, recompute=32), FastForm(project=32, recompute=64)),
        ((512, 16, 64, 64), FastForm(project=0), FastForm(project=0)),
        ((256, 32, 128, 256), FastForm(recompute=8), FastForm(recompute=16)),
        ((256, 8, 128, 256), FastForm(project=64), FastForm(project=64)),
        ((100, 32, 512, 512), FastForm(), FastForm()),
        ((35, 128, 650, 650), FastForm(), FastForm()),
    ],
    ids=[
        "vowels",
        "rl_tiny",
        "small",
        "b1_long",
        "longT",
        "longT by 32",
        "longT by 16",
        "mid",
        "mid by 8",
        "big",
        "ptb",
    ],
)
def test_the_rule_for_cpus(shape, lstm, gru):
    *sizes, hidden = shape
    assert on_cpu(*sizes, hidden, 4 * hidden) == lstm
    assert on_cpu(*sizes, hidden, 3 * hidden) == gru


def test_a_joint_product_is_chosen_where_there_is_one():
    xs = jnp.ones((16, 256, 32))
    for cell, project in ((gr.LSTM(64), 0), (gr.GRU(64), 1)):
        assert choose(cell, cell.init(jax.random.key(0), 32), xs, 2) == FastForm(project=project)
    with pytest.raises(ValueError, match=r"engine: expected .*no joint"):
        gr.scan(gr.GRU(64), engine=FastForm(project=0))


def test_blocks_divide_the_steps_where_they_can():
    assert [blocks.divisor_near(length, 16) for length in (512, 1000, 35, 97, 6)] == [16, 20, 16, 16, 16]
