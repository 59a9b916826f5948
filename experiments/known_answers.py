"""Does a comparison find what is known? Counting beyond what was trained says LSTM, steps on adding say GRU.

python experiments/known_answers.py configs/known_answers.py
"""

import runpy
import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from gatedrnn.statistics.censored import Censored, censored_difference
from gatedrnn.statistics.paired import Estimate, paired_difference
from gatedrnn.statistics.superiority import Superiority, superiority
from gatedrnn.tasks import synthetic
from gatedrnn.training.step import adam

CELLS = {"LSTM": gr.LSTM, "GRU": gr.GRU}


def step(optimizer: Any, loss: Any, state: Any) -> Any:
    """Take one step of Adam on ``loss``."""
    params, opt_state = state
    updates, opt_state = optimizer.update(jax.grad(loss)(params), opt_state, params)
    return jax.tree.map(jnp.add, params, updates), opt_state


def counts_to(name: str, settings: dict[str, Any], key: Any) -> Any:
    """Train on a^n b^n; return the largest n up to which all words are accepted."""
    net = gr.chain(gr.scan(CELLS[name](settings["hidden"][name])), gr.dense(3))
    words, longer = synthetic.counting(settings["trained_to"]), synthetic.counting(settings["tested_to"])
    optimizer = adam(settings["rate"], 1.0)

    def outputs(params: Any, batch: Any) -> Any:
        return net.apply(params, batch.x, lengths=batch.lengths)[1]

    def loss(params: Any) -> Any:
        return synthetic.counting_nats(outputs(params, words), words).mean()

    params = net.init(key, 3)
    body = partial(step, optimizer, loss)
    params, _ = jax.lax.fori_loop(0, settings["steps"], lambda _, s: body(s), (params, optimizer.init(params)))
    return jnp.cumprod(synthetic.accepted(outputs(params, longer), longer)).sum()


def steps_to_threshold(name: str, settings: dict[str, Any], key: Any) -> Any:
    """Train on the adding problem; return the steps to an error below the threshold, infinity where there is none."""
    net = gr.chain(gr.scan(CELLS[name](settings["hidden"][name])), gr.dense(1))
    key_params, key_data, key_held = jax.random.split(key, 3)
    held_out = synthetic.adding(key_held, 500, settings["length"])
    optimizer = adam(settings["rate"], 1.0)

    def error(params: Any, batch: Any) -> Any:
        return jnp.mean((net.apply(params, batch.x)[1][-1, :, 0] - batch.y) ** 2)

    def some_steps(state: Any) -> Any:
        done, inner, _ = state

        def one(k: Any, inner: Any) -> Any:
            batch = synthetic.adding(jax.random.fold_in(key_data, done + k), settings["batch"], settings["length"])
            return step(optimizer, lambda params: error(params, batch), inner)

        inner = jax.lax.fori_loop(0, settings["every"], one, inner)
        return done + settings["every"], inner, error(inner[0], held_out)

    params = net.init(key_params, 2)
    start = (0, (params, optimizer.init(params)), jnp.inf)
    done, _, last = jax.lax.while_loop(
        lambda s: (s[0] < settings["steps"]) & ~(s[2] < settings["threshold"]), some_steps, start
    )
    return jnp.where(last < settings["threshold"], done, jnp.inf)


def each_seed(function: Any, settings: dict[str, Any], seeds: int) -> dict[str, np.ndarray]:
    """Call a function for all seeds, one after the other in one program for each cell."""
    keys = jax.random.split(jax.random.key(0), seeds)
    return {
        name: np.asarray(jax.jit(lambda keys, name=name: jax.lax.map(partial(function, name, settings), keys))(keys))
        for name in CELLS
    }


def counting(settings: dict[str, Any], seeds: int) -> tuple[dict[str, np.ndarray], Estimate, Superiority]:
    """Return how far each cell counts, LSTM - GRU, and P(LSTM counts further)."""
    found = each_seed(counts_to, settings, seeds)
    return found, paired_difference(found["LSTM"], found["GRU"]), superiority(-found["LSTM"], -found["GRU"])


def adding(settings: dict[str, Any], seeds: int) -> tuple[dict[str, np.ndarray], Censored]:
    """Return each cell's steps to the threshold, and GRU - LSTM, restricted to the cap where it was not reached."""
    found = each_seed(steps_to_threshold, settings, seeds)
    return found, censored_difference(found["GRU"], found["LSTM"], settings["steps"])


def show(title: str, values: dict[str, np.ndarray], who: str, difference: Estimate, s: Superiority) -> None:
    """Print both cells' values, and their paired comparison."""
    print(title)
    for name, each in values.items():
        print(f"  {name}: {', '.join(f'{v:g}' for v in each)}; median {np.median(each):g}")
    print(f"  P({who.split()[0]} better) {s.probability:.2f} [{s.low:.2f}, {s.high:.2f}]")
    d = difference
    print(f"  {who}: {d.mean:.0f} [{d.low:.0f}, {d.high:.0f}], {d.n} seeds, 95 %")


def main() -> None:
    """Print both answers for the configuration that the command line names."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    config: dict[str, Any] = runpy.run_path(sys.argv[1])["config"]
    counted, difference, first = counting(config["counting"], config["seeds"])
    show("counting: largest n up to which every a^n b^n is accepted", counted, "LSTM - GRU", difference, first)
    needed, compared = adding(config["adding"], config["seeds"])
    title = f"adding: steps to the threshold; inf: not by the cap, and counted as {config['adding']['steps']} steps"
    show(title, needed, "GRU - LSTM", compared.difference, compared.superiority)


if __name__ == "__main__":
    main()
