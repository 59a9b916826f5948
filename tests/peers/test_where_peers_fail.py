"""What users of other frameworks run into, done here: each test compares values.

Each docstring says what the peer did when it was last looked at (flax 0.12.8 and 0.12.12, PyTorch 2.13.0, equinox
0.13.8, haiku 0.0.17); nothing here depends on it, as peers may mend it. For flax.nnx.RNN under explicit meshes, and
closed over by jax.grad, see tests/test_nnx.py.
"""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from tests.helpers.proofs import quick_rows

T, B, I, H = 5, 3, 2, 3  # noqa: E741 - the letters of gatedrnn.types
WIDE = gr.Policy(params="float64")
BOTH = pytest.mark.parametrize(
    "cell", quick_rows([gr.LSTM(H, policy=WIDE), gr.GRU(H, policy=WIDE)], [gr.GRU(H, policy=WIDE)])
)
# The same arithmetic in another order: a few hundred roundings at most.
SAME = {"rtol": 1e-12, "atol": 1e-13}

NARROW = gr.Policy(params="bfloat16"), gr.Policy(compute="bfloat16")


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def normal(seed: int, *shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def random_params(layer: gr.Layer | gr.Cell) -> gr.types.Params:
    """Return params in which the biases are random too."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(lambda: layer.init(jax.random.key(0), I))
    return jax.tree.map(lambda s: jnp.asarray(rng.normal(size=s.shape)), shapes)


def assert_same(a, b) -> None:
    chex.assert_trees_all_close(a, b, **SAME)


def member(tree, index):
    """Return one member of a batch, or of an ensemble."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


@BOTH
def test_a_sequence_of_length_0_keeps_its_carry(cell):
    """flax: the carry after T steps of padding. PyTorch (issue 50192): "has to be greater than 0"; so for T of 0."""
    layer, lengths = gr.scan(cell), jnp.array([0, T, 0])
    params, xs = random_params(layer), normal(1, T, B, I)
    start = jax.tree.map(lambda c: normal(2, *c.shape), layer.initial_carry(params, xs[0]))

    def loss(params, xs, start, lengths):
        carry, ys = layer.apply(params, xs, carry=start, lengths=lengths)
        return sum(jnp.square(leaf).sum() for leaf in jax.tree.leaves((carry, ys))), (carry, ys)

    grad = jax.jit(jax.grad(loss, argnums=(0, 1, 2), has_aux=True))
    (grads, grads_xs, grads_start), (carry, ys) = grad(params, xs, start, lengths)
    (expected, expected_xs, expected_start), (last, outputs) = grad(params, xs[:, 1], member(start, 1), None)
    assert_same(ys, jnp.zeros((T, B, H)).at[:, 1].set(outputs))
    assert_same(member(carry, 1), last)
    assert_same(grads, expected)
    assert_same(grads_xs, jnp.zeros((T, B, I)).at[:, 1].set(expected_xs))
    assert_same(member(grads_start, 1), expected_start)
    for empty in (0, 2):
        assert_same(member(carry, empty), member(start, empty))
        assert_same(member(grads_start, empty), jax.tree.map(lambda c: 2 * c, member(start, empty)))
    carry, ys = layer.apply(params, xs[:0], carry=start)
    assert_same(carry, start)
    assert ys.shape == (0, B, H)


@BOTH
def test_two_batch_axes_with_lengths(cell):
    """flax: "Incompatible shapes for broadcasting: shapes=[(2, 3), (2,)]". equinox: cells take one example only."""
    layer, lengths = gr.scan(cell), jnp.array([[5, 0, 2], [1, 4, 3]])
    params, xs = random_params(layer), normal(1, T, 2, 3, I)
    carry, ys = jax.jit(layer.apply)(params, xs, lengths=lengths)
    alone = jax.jit(layer.apply)
    for b in np.ndindex(2, 3):
        last, outputs = alone(params, xs[:, *b], lengths=lengths[b])
        assert_same(ys[:, *b], outputs)
        assert_same(member(carry, b), last)


def test_nan_in_padding_reaches_nothing():
    """flax: all gradients are NaN, also of a loss on valid steps alone, and padded outputs are not zero."""
    layer = gr.chain(gr.bidirectional(gr.LSTM(H, policy=WIDE)), gr.residual(gr.scan(gr.GRU(2 * H, policy=WIDE))))
    params, xs, lengths = random_params(layer), normal(1, T, B, I), (5, 2, 2)
    padded = jnp.where(jnp.arange(T)[:, None, None] < jnp.array(lengths)[:, None], xs, jnp.nan)

    def loss(params, xs, lengths):
        ys = layer.apply(params, xs, lengths=lengths)[1]
        return jnp.sin(ys).sum(), ys

    grad = jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True))
    (grads, grads_xs), ys = grad(params, padded, jnp.array(lengths))
    sums = jax.tree.map(jnp.zeros_like, params)
    for b, length in enumerate(lengths):
        (alone, alone_xs), outputs = grad(params, xs[:length, b], None)
        sums = jax.tree.map(jnp.add, sums, alone)
        assert_same(ys[:, b], jnp.pad(outputs, ((0, T - length), (0, 0))))
        assert_same(grads_xs[:, b], jnp.pad(alone_xs, ((0, T - length), (0, 0))))
    assert_same(grads, sums)


def test_stacked_with_dropout_between_and_masks_right():
    """flax (issue 2170, open): stacking, dropout between layers and masks are left to the user."""
    layer = gr.chain(gr.scan(gr.LSTM(H, policy=WIDE)), gr.dropout(0.5), gr.scan(gr.GRU(H, policy=WIDE)))
    params, xs, lengths, key = random_params(layer), normal(1, T, B, I), jnp.array([5, 2, 4]), jax.random.key(0)
    run = jax.jit(layer.apply)
    carry, ys = run(params, xs, lengths=lengths, key=key)
    padded = jnp.where(jnp.arange(T)[:, None, None] < lengths[:, None], xs, jnp.inf)
    assert_same(run(params, padded, lengths=lengths, key=key), (carry, ys))
    # Step by step, with what dropout keeps read off its own layer: zeros and doubles, others in every step.
    kept = gr.dropout(0.5).apply((), jnp.ones((T, B, H)), key=jax.random.split(key, 3)[1])[1]
    below = jax.jit(layer.layers[0].apply)(params[0], xs, lengths=lengths)[1]
    above = jax.jit(layer.layers[2].apply)(params[2], kept * below, lengths=lengths)[1]
    assert set(np.unique(kept)) == {0, 2}
    assert not (kept[0] == kept[1]).all()
    assert_same(ys, above)


@pytest.mark.parametrize("policy", quick_rows(NARROW, NARROW[1:]))
@pytest.mark.parametrize("cell", [gr.LSTM, gr.GRU])
def test_bfloat16_scans_and_keeps_its_types(cell, policy):
    """flax: "Unsupported dtype bfloat16" in init, or a carry whose type changes in the scan, by the input's type."""
    narrow, wide = gr.scan(cell(H, policy=policy)), gr.scan(cell(H, policy=WIDE))
    params = jax.tree.map(lambda p: (p / 2).astype("bfloat16"), random_params(wide))
    xs = normal(1, T, B, I).astype("bfloat16")
    expected = jax.jit(wide.apply)(*jax.tree.map(lambda a: a.astype("float64"), (params, xs)))
    stored = jax.tree.map(lambda p: p.astype(policy.params), params)
    types = {"h": "bfloat16", "c": "float32"} if cell is gr.LSTM else "bfloat16"
    for given in (xs, xs.astype("float32"), xs.astype("float64")):
        carry, ys = jax.jit(narrow.apply)(stored, given)
        names = carry._asdict() if cell is gr.LSTM else carry
        assert (jax.tree.map(lambda leaf: leaf.dtype.name, names), ys.dtype) == (types, jnp.bfloat16)
        # Each step rounds about eight values of size 1 to 2**-9, and hands at most all of that on to the next.
        chex.assert_trees_all_close((carry, ys), expected, rtol=1e-7, atol=T * 8 * 2**-9)
    assert narrow.init(jax.random.key(0), I).w_h.dtype == policy.params


@BOTH
def test_vmap_over_models_and_over_examples(cell):
    """PyTorch (issue 105982): "Batching rule not implemented for aten::lstm.input", nor for aten::gru.input."""
    layer, xs = gr.scan(cell), normal(1, T, B, I)
    models = jax.tree.map(lambda p: jnp.stack([p, 2 * p, -p]), random_params(layer))
    run = jax.jit(layer.apply)
    together = jax.jit(jax.vmap(layer.apply, in_axes=(0, None)))(models, xs)
    one_of_them = member(models, 1)

    def loss(params, x):
        return jnp.square(layer.apply(params, x)[1]).sum()

    each = jax.jit(jax.vmap(jax.grad(loss), in_axes=(None, 1)))(one_of_them, xs)
    grad = jax.jit(jax.grad(loss))
    for k in range(3):
        assert_same(member(together, k), run(member(models, k), xs))
        assert_same(member(each, k), grad(one_of_them, xs[:, k]))


@BOTH
def test_replay_with_resets_equals_the_rollout(cell):
    """In RL code ``done`` is often taken for ``resets``: one step early, so that the last step forgets its episode."""
    layer = gr.scan(cell)
    params, xs = random_params(layer), normal(1, T, B, I)
    done = jnp.asarray([[0, 0, 1], [1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 0, 0]], bool)  # after step t, by environment
    step = jax.jit(layer.step)
    fresh = layer.initial_carry(params, xs[0])
    carry, ys = fresh, []
    for t in range(T):
        carry, y = step(params, carry, xs[t])
        ys.append(y)
        carry = jax.tree.map(lambda new, old, t=t: jnp.where(done[t][:, None], new, old), fresh, carry)
    resets = jnp.concatenate([jnp.zeros((1, B), bool), done[:-1]])

    def loss(params, xs, resets):
        ys = layer.apply(params, xs, resets=resets)[1]
        return jnp.sin(ys).sum(), ys

    grad = jax.jit(jax.grad(loss, has_aux=True))
    grads, replayed = grad(params, xs, resets)
    assert_same(replayed, jnp.stack(ys))
    assert np.abs(grad(params, xs, done)[1] - replayed).max() > 0.01
    episodes = [xs[a:b, e] for e in range(B) for a, b in spans(done[:, e])]
    assert len(episodes) == 7
    assert_same(grads, jax.tree.map(lambda *g: sum(g), *[grad(params, x, None)[0] for x in episodes]))


def spans(done: jax.Array) -> list[tuple[int, int]]:
    """Return first and one-past-last step of each episode in one environment."""
    ends = [t + 1 for t in range(T) if done[t] or t == T - 1]
    return list(zip([0, *ends[:-1]], ends, strict=True))


@BOTH
def test_a_mask_costs_no_other_program(cell):
    """keras on JAX: any mask leaves the fast path. Here the loop has as many matrix products with it as without."""
    layer, mask = gr.scan(cell), jnp.ones((T, B), bool)
    params, xs = random_params(layer), normal(1, T, B, I)

    def grad(mask):
        return jax.grad(lambda params, xs: jnp.sin(layer.apply(params, xs, mask=mask)[1]).sum(), argnums=(0, 1))

    programs = [str(jax.make_jaxpr(grad(m))(params, xs)) for m in (mask, None)]
    for operation in ("dot_general[", "scan["):
        assert programs[0].count(operation) == programs[1].count(operation) > 0
    assert_same(jax.jit(grad(mask))(params, xs), jax.jit(grad(None))(params, xs))
