"""What bfloat16 arithmetic costs in quality: Japanese Vowels, seeds paired with float32.

python experiments/mixed_precision.py            # all cells
python experiments/mixed_precision.py LSTM       # one of them

A seed is a split, initial parameters and an order of batches; of the run with each type, the best parameters on
validation are tested once. Parameters are float32, and so is the LSTM's cell state.
"""

import sys
from typing import Any

import jax
import numpy as np

import gatedrnn as gr
from gatedrnn.experiment.network import RunSizes, evaluate, make_run
from gatedrnn.experiment.space import as_hypers
from gatedrnn.statistics.paired import paired_difference
from gatedrnn.tasks import registry
from gatedrnn.training import Population, member
from gatedrnn.training.early_stopping import Data

SEEDS = 8
CONFIGURATION = {"learning_rate": 4e-3, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": "1"}
HALF, HALF_STATE32 = gr.Policy(compute="bfloat16"), gr.Policy(compute="bfloat16", carry="float32")
CELLS = {
    "LSTM": (gr.LSTM(32), {"bfloat16": gr.LSTM(32, policy=HALF)}),
    "GRU": (
        gr.GRU(37),
        {"bfloat16": gr.GRU(37, policy=HALF), "bfloat16, state float32": gr.GRU(37, policy=HALF_STATE32)},
    ),
}
task = registry.load("japanese-vowels-forecast")


def tested(cell: Any) -> np.ndarray:
    """Train with each seed; return the test scores in nats."""
    run = make_run(cell, task, task.split(0).train, RunSizes(36, 300, 20))
    population, score = Population(run), jax.jit(lambda params, batch: evaluate(cell, task, params, batch))
    found = []
    for seed in range(SEEDS):
        split, keys = task.split(seed), jax.random.split(jax.random.key(seed), 1)
        members = population.train(as_hypers([CONFIGURATION]), keys, Data(split.train, split.validation))
        reached = score(member(members.states, 0).best_params, task.read_test(seed).batch)
        found.append(float(reached.nats / reached.count) + split.offset)
    return np.array(found)


names = sys.argv[1:] or list(CELLS)
if not set(names) <= set(CELLS):
    sys.exit(__doc__)
print(f"{task.title}: test, {task.unit}, mean of {SEEDS} seeds; difference paired, 95 % interval")
for name in names:
    full, halves = CELLS[name]
    reference = tested(full)
    print(f"{name}, float32: {reference.mean():.3f}", flush=True)
    for types, cell in halves.items():
        scores = tested(cell)
        d = paired_difference(scores, reference)
        print(
            f"{name}, {types}: {scores.mean():.3f}; difference {d.mean:+.3f} [{d.low:+.3f}, {d.high:+.3f}]", flush=True
        )
