"""Look inside two LSTMs that recall a number after 80 steps: with a forget bias of 1, and with chrono biases.

python experiments/inside.py docs/inside.png    # 400 steps of training each, then one figure of three panels
"""

import sys

import jax
import optax
from matplotlib.figure import Figure

import gatedrnn as gr

if len(sys.argv) != 2:
    sys.exit(__doc__)

T, B, H, STEPS = 80, 64, 32, 400
cell = gr.LSTM(H)
layer, head = gr.scan(cell), gr.dense(1)
optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(3e-3))


def draw(key):
    """A number at the first step, marked; noise at all others."""
    xs = jax.random.normal(key, (T, B, 2)).at[..., 1].set(0.0)
    return xs.at[0, :, 1].set(1.0), xs[0, :, 0]


def loss(params, carry, numbers):
    """The squared error of what the head reads off the summary."""
    said = head.step(params[1], (), gr.final(layer, carry))[1][..., 0]
    return ((said - numbers) ** 2).mean()


@jax.jit
def train(params):
    """Return trained parameters, and the loss at the end."""

    def step(state, key):
        params, optimizer_state = state
        xs, numbers = draw(key)
        value, gradient = jax.value_and_grad(lambda p: loss(p, layer.apply(p[0], xs)[0], numbers))(params)
        updates, optimizer_state = optimizer.update(gradient, optimizer_state)
        return (optax.apply_updates(params, updates), optimizer_state), value

    keys = jax.random.split(jax.random.key(1), STEPS)
    (params, _), losses = jax.lax.scan(step, (params, optimizer.init(params)), keys)
    return params, losses[-20:].mean()


start = layer.init(jax.random.key(0), 2), head.init(jax.random.key(2), H)
before = {"bias 1": start, "chrono": (gr.chrono_bias(start[0], jax.random.key(3), T), start[1])}
after, losses = {}, {}
for name, params in before.items():
    after[name], losses[name] = train(params)

xs, numbers = draw(jax.random.key(4))
norms, scales = {}, {}
for name, params in before.items():
    # The mean over the batch is taken back, so that norms are those of one sequence's loss.
    found = gr.gradient_norms(layer, params[0], xs, lambda carry, ys, p=params: B * loss(p, carry, numbers))
    norms[name] = found.c
for name, params in after.items():
    scales[f"{name}: loss {float(losses[name]):.2g}"] = gr.memory_timescale(layer, params[0], xs)

figure = Figure(figsize=(13, 3.7), layout="constrained", dpi=80)
panels = figure.subplots(1, 3)
gr.plot_gradient_norms(norms, axes=panels[0])
gr.plot_timescales(scales, axes=panels[1])
gr.plot_gates(gr.gate_values(layer, after["chrono"][0], xs), cell.gates.open, axes=panels[2])
titles = "What reaches c before training", "Memory after training", "Gates after training, chrono"
for panel, title in zip(panels, titles, strict=True):
    panel.set_title(title, loc="left", pad=24)
figure.savefig(sys.argv[1])
