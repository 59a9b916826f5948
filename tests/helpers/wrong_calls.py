"""Wrong calls of the library, in tables: each is to be an ``InputError`` that begins with the argument's name.

A program of its own, as tests hold annotations against what comes, before the library looks at it. It prints the number
of calls, and a line for each that went wrong.
"""

from __future__ import annotations

import collections
import inspect
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from gatedrnn import training
from gatedrnn.errors import InputError
from gatedrnn.training.checkpoint import Checkpoints
from tests.helpers.wrong_cells import KEY, XS, Row, blank, of_cells, of_inputs, of_params, of_steps
from tests.helpers.wrong_conversions import of_conversions
from tests.helpers.wrong_faces import of_embeddings, of_keys, of_laws, of_linen, of_nnx
from tests.helpers.wrong_settings import of_commands
from tests.helpers.wrong_weights import of_files, of_weights, of_weights_of_flax


def of_layers() -> Iterator[Row]:
    """What layers refuse when they are made, and how they are run."""
    cell = gr.LSTM(4)
    layer, params = gr.scan(cell), cell.init(KEY, 3)
    any_layer: Any = gr
    for wrong in (gr.LSTM, gr.GRU, layer, "LSTM", None, 4):
        yield "cell", lambda wrong=wrong: any_layer.scan(wrong)
    for wrong in ("no", 1, None):
        yield "reverse", lambda wrong=wrong: any_layer.scan(cell, reverse=wrong)
    for wrong in (0, 1.5, "2", True):
        yield "unroll", lambda wrong=wrong: any_layer.scan(cell, unroll=wrong)
    yield "engine", lambda: any_layer.scan(cell, engine="quick")
    for wrong in ("ave", None, 1):
        yield "merge", lambda wrong=wrong: any_layer.bidirectional(cell, merge=wrong)
    yield "merge", lambda: any_layer.bidirectional(cell, gr.LSTM(3), merge="sum")
    for wrong in (gr.LSTM, cell, None, "layer"):
        yield "layers", lambda wrong=wrong: any_layer.chain(layer, wrong)
    for wrong in (gr.LSTM, layer, None):
        yield "cells", lambda wrong=wrong: any_layer.stack(cell, wrong)
    for wrong in (gr.LSTM, None, "LSTM"):
        yield "inner", lambda wrong=wrong: any_layer.residual(wrong)
    wide = gr.residual(gr.scan(cell))
    yield "in_dim", lambda: wide.init(KEY, 3)
    yield "xs", lambda: wide.apply(cell.init(KEY, 1), np.ones((5, 2, 1), np.float32))
    for wrong in (-0.1, 1.5, "0.1", None, float("nan"), True):
        yield "rate", lambda wrong=wrong: any_layer.dropout(wrong)
    for wrong in (0, -1.0, float("nan"), "one", None):
        yield "limit", lambda wrong=wrong: any_layer.clip_gradient(cell, wrong)
    yield "by", lambda: any_layer.clip_gradient(cell, 1.0, "global")
    for wrong in (0, 2.5, "3", None):
        yield "features", lambda wrong=wrong: any_layer.dense(wrong)
        yield "features", lambda wrong=wrong: any_layer.embed(wrong)
    for wrong in (0, "key", jax.random.split(KEY, 3)):
        yield "key", lambda wrong=wrong: layer.apply(params, XS, key=wrong)
    for wrong in (np.ones(2), np.ones(3, int), "two"):
        yield "lengths", lambda wrong=wrong: layer.apply(params, XS, lengths=wrong)
    for wrong in (np.ones((5, 2)), np.ones((4, 2), bool), "all"):
        yield "mask", lambda wrong=wrong: layer.apply(params, XS, mask=wrong)
        yield "resets", lambda wrong=wrong: layer.apply(params, XS, resets=wrong)
    for wrong in (np.ones(3), None, "ys"):
        yield "ys", lambda wrong=wrong: any_layer.last(wrong)
    for wrong in (cell, gr.LSTM, None, gr.dense(3)):
        yield "layer", lambda wrong=wrong: any_layer.final(wrong, ())
    for wrong in (cell, gr.LSTM, None, "layer"):
        for look in (gr.states, gr.gate_values, gr.memory_timescale):
            yield "layer", lambda wrong=wrong, look=look: look(wrong, params, XS)
        yield "layer", lambda wrong=wrong: gr.gradient_norms(wrong, params, XS, lambda carry, ys: ys.sum())
    for wrong in ("sum", None, 3, lambda carry, ys: ys, lambda carry, ys: ys.sum(0)):
        yield "loss", lambda wrong=wrong: gr.gradient_norms(layer, params, XS, wrong)
    yield "key", lambda: gr.gate_values(layer, params, XS, key=KEY)
    plain = gr.scan(gr.SimpleRNN(4))
    yield "cell", lambda: gr.gate_values(plain, plain.init(KEY, 3), XS)
    for wrong in (XS, None, (XS, XS)):
        yield "carry", lambda wrong=wrong: any_layer.final(gr.bidirectional(cell), wrong)
    for wrong in ("one", None, np.ones(3)):
        yield "bias", lambda wrong=wrong: any_layer.memory_bias(params, wrong)
    for wrong in (2, "ten", None):
        yield "longest", lambda wrong=wrong: any_layer.chrono_bias(params, KEY, wrong)


def of_wrappers() -> Iterator[Row]:
    """What stands around a cell, and what looks into one or draws anew what it has."""
    cell, drawn = gr.LSTM(4), blank(gr.LSTM(4))
    any_function: Any = gr
    for wrong in (gr.LSTM, gr.scan(cell), None, "LSTM", 4):
        yield "cell", lambda wrong=wrong: any_function.zoneout(wrong, 0.5)
        yield "cell", lambda wrong=wrong: any_function.learned_start(wrong)
        yield "cell", lambda wrong=wrong: any_function.variational_dropout(wrong, 0.5)
        yield "cell", lambda wrong=wrong: any_function.drop_connect(wrong, 0.5)
        yield "cell", lambda wrong=wrong: any_function.parallel(wrong)
        yield "cell", lambda wrong=wrong: any_function.lyapunov(wrong, drawn, XS)
    for wrong in (gr.LSTM, cell, None, "layer"):
        yield "layer", lambda wrong=wrong: any_function.data_parallel(wrong)
    for wrong in (-0.1, 1.5, "0.1", None, float("nan"), True, 1j):
        yield "h", lambda wrong=wrong: any_function.zoneout(cell, wrong)
        yield "c", lambda wrong=wrong: any_function.zoneout(cell, 0.1, wrong)
        yield "rate", lambda wrong=wrong: any_function.variational_dropout(cell, wrong)
        yield "rate", lambda wrong=wrong: any_function.drop_connect(cell, wrong)
    draws = {
        "orthogonal_recurrent": lambda params, key=KEY: any_function.orthogonal_recurrent(params, key),
        "glorot_input": lambda params, key=KEY: any_function.glorot_input(params, key, hidden=4),
        "uniform_all": lambda params, key=KEY: any_function.uniform_all(params, key, hidden=4),
    }
    for draw in (*draws.values(), any_function.identity_recurrent, lambda params: gr.scale_recurrent(params, 2.0)):
        for wrong in (None, "params", cell):
            yield "params", lambda wrong=wrong, draw=draw: draw(wrong)
    for draw in draws.values():
        for wrong in (0, None, "key", jax.random.split(KEY, 2)):
            yield "key", lambda wrong=wrong, draw=draw: draw(drawn, wrong)
    for wrong in ("two", None, float("nan"), np.ones(3), 1j, True):
        yield "scale", lambda wrong=wrong: gr.scale_recurrent(drawn, wrong)
    for wrong in (None, 3, "gates", XS[0], np.ones(3)):
        yield "gates", lambda wrong=wrong: any_function.plot_gates(wrong, ("a", "b"))
        yield "norms", lambda wrong=wrong: any_function.plot_gradient_norms(wrong)
        yield "scales", lambda wrong=wrong: any_function.plot_timescales(wrong)
    for wrong in (None, 3, {}, {"y": XS}, [1, 2]):
        yield "data", lambda wrong=wrong: any_function.compare(wrong, out="runs/none")
    yield "file", lambda: gr.compare("none.csv", out="runs/none")
    yield "options", lambda: gr.compare({"x": XS}, out="runs/none", colour="red")


def of_training(folder: Path) -> Iterator[Row]:
    """What a population, a run and checkpoints refuse."""
    run = collections.namedtuple("Decay", "segments")
    run.init = lambda run, hyper, key, data: data
    run.advance = lambda run, hyper, state, data: (hyper * state, ())
    keys, rates, do = jax.random.split(KEY, 3), np.float32([0.1, 0.2, 0.3]), training
    fit: Any = do.population
    for wrong in (run, None, "run", gr.LSTM(4)):
        yield "run", lambda wrong=wrong: fit(wrong, rates, keys, 1.0)
    for wrong in (np.arange(3), [0, 1, 2], KEY, None, keys[:0], "keys"):
        yield "keys", lambda wrong=wrong: fit(run(3), rates, wrong, 1.0)
    for wrong in ("fast", np.float32([0.1, 0.2]), np.ones((3, 2)), 1j):
        yield "hypers", lambda wrong=wrong: fit(run(3), wrong, keys, 1.0)
    for wrong in (3, 7, -4, 1.0, "first", None, True):
        yield "k", lambda wrong=wrong: do.member({"loss": rates}, wrong)
    for wrong in (float("nan"), -1.0, float("inf"), "often", None):
        yield "every", lambda wrong=wrong: Checkpoints(folder, every=wrong)
    for wrong in (1, 0, 2.5, "two", None):
        yield "keep", lambda wrong=wrong: Checkpoints(folder, keep=wrong)
    for wrong in ("runs", 3, {}, do.Checkpoints):
        yield "store", lambda wrong=wrong: fit(run(3), rates, keys, 1.0, store=wrong)
    for wrong in ("print", 3, ()):
        yield "on_segment", lambda wrong=wrong: fit(run(3), rates, keys, 1.0, on_segment=wrong)
    for wrong in (3, None, ["runs"]):
        yield "directory", lambda wrong=wrong: Checkpoints(wrong)
    for wrong in ("LSTM", 3, ["a"], {"a": object()}, {1j: 2}):
        yield "config", lambda wrong=wrong: Checkpoints(folder / "unused", config=wrong)
    with Checkpoints(folder / "saved") as store:
        for wrong in ("1", 0.5, -1, None, True):
            yield "step", lambda wrong=wrong: store.save(wrong, {"a": jnp.ones(2)}, {})
        for wrong in ("mine", None, 3, {"a": object()}):
            yield "fingerprint", lambda wrong=wrong: store.save(1, {"a": jnp.ones(2)}, wrong)
            yield "fingerprint", lambda wrong=wrong: store.restore({"a": jnp.ones(2)}, wrong)
    made: Any = do.FixedSteps
    right = {"init_params": lambda *_: jnp.ones(2), "loss": lambda *_: (0.0, 1.0), "take": lambda part, indices: part}
    right["optimizer"] = lambda hyper: training.adam(1e-3, 1.0)
    sizes = {"examples": 4, "batch_size": 2, "steps": 1, "segments": 1}
    for name in sizes:
        for wrong in (0, 1.5, "3", None):
            yield name, lambda name=name, wrong=wrong: made(**right, **(sizes | {name: wrong}))
    for name in right:
        yield name, lambda name=name: made(**(right | {name: 3}), **sizes)
    for wrong in (1.0, (1.0, 1.0, 1.0), (np.ones(2), 1.0), (1, 1.0), None):
        run_of = made(**(right | {"loss": lambda *_, wrong=wrong: jax.tree.map(jnp.asarray, wrong)}), **sizes)
        yield "loss", lambda run_of=run_of: fit(run_of, rates, keys, np.ones((4, 2), np.float32))


def uncalled() -> list[str]:
    """Return the public functions of the library that no row calls."""
    rows = Path(__file__).read_text(encoding="utf-8")
    named = [name for name in gr.__all__ if inspect.isfunction(getattr(gr, name))]
    return [name for name in named if not re.search(rf"\.{name}\b", rows)]


def outcomes(rows: Iterator[Row]) -> Iterator[str]:
    """Call all rows; yield an empty line for each that was refused as it should be, else what came."""
    for name, call in rows:
        try:
            call()
        except InputError as error:
            said = str(error)
            yield "" if said.startswith(name) and ": expected " in said and "got" in said else f"{name}: said {said!r}"
        except Exception as error:
            yield f"{name}: {type(error).__name__}, {str(error)[:200]!r}"
        else:
            yield f"{name}: accepted"


def tables(folder: Path) -> tuple[Iterator[Row], ...]:
    """Return what is called: with ``--faces`` the adapters and the laws, which compile."""
    if "--faces" in sys.argv:
        return of_linen(), of_nnx(), of_laws()
    cells = of_cells(), of_params(), of_steps(), of_inputs(), of_keys(), of_embeddings()
    weights = of_conversions(folder), of_weights(), of_weights_of_flax(), of_files(folder)
    return *cells, of_layers(), of_wrappers(), of_training(folder), *weights, of_commands(folder)


def main() -> None:
    """Print how many calls there are, and those that were not refused by name."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for table in tables(Path(folder)) for line in outcomes(table)]
    lines += [f"{name}: no row calls it" for name in uncalled()]
    print(len(lines), *filter(None, lines), sep="\n", file=sys.stdout)


if __name__ == "__main__":
    main()
