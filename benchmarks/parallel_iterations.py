"""How many iterations does finding all steps at once (gr.parallel) take, and how far is it from a scan?

python benchmarks/parallel_iterations.py [--groups scale flip-flop] [--lengths 1000] [--out FILE]

Counts and errors, no times: a busy machine gives the same, and programs are compiled without optimisation, which takes
a quarter of the time. What is found is written after each network. Groups: networks whose recurrent map is a scale
times orthogonal ("scale"); networks trained to hold what each of three inputs said last ("flip-flop"); trajectories
that part ("apart"); and other types of numbers ("types").
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tables
import timing
import tyro
from options import Output

import gatedrnn as gr
from gatedrnn.layers.parallel.jacobians import METHODS, Method

QUESTION = "How many iterations does gr.parallel take, and how far is it from a scan?"
Group: TypeAlias = Literal["scale", "flip-flop", "apart", "types"]
UPDATES, RATE = 400, 1e-2


@dataclasses.dataclass(frozen=True)
class Options(Output):
    """What to measure."""

    groups: tuple[Group, ...] = get_args(Group)
    lengths: tuple[int, ...] = (1000, 10_000)
    """Of the networks of a scale; all others have 1000 steps."""
    hidden: tuple[int, ...] = (16, 32)
    """Units of the networks of a scale; all others have 16."""


class Net(NamedTuple):
    """A cell with parameters, those of the update before, and inputs ``[T, 1, I]``."""

    name: str
    cell: Any
    params: Any
    before: Any
    xs: Any
    methods: tuple[Method, ...] = METHODS


def scaled(cell: Any, scale: float, steps: int, *methods: Method) -> Net:
    """Return a network whose recurrent map is ``scale`` times orthogonal; each weight moves by 1e-3 in its update."""
    params, xs = cell.init(jax.random.key(0), 4), jax.random.normal(jax.random.key(1), (steps, 1, 4))
    params = params._replace(w_h=params.w_h * scale)
    signs = jax.tree.map(lambda leaf: jnp.sign(jnp.cos(jnp.arange(leaf.size))).reshape(leaf.shape), params)
    before = jax.tree.map(lambda leaf, sign: (leaf + 1e-3 * sign).astype(leaf.dtype), params, signs)
    return Net(f"scale {scale:g}", cell, params, before, xs, methods or METHODS)


def flip_flop(cell: Any, steps: int = 1000) -> Net:
    """Return a network trained to hold three bits, as Adam left it after its last update and the one before."""

    def batch(key: Any, length: int, members: int) -> tuple[Any, Any]:
        when, what = jax.random.split(key)
        shape = (length, members, 3)
        xs = jax.random.rademacher(what, shape) * jax.random.bernoulli(when, 0.1, shape).astype(jnp.float32)
        hold = lambda held, x: (now := jnp.where(x == 0, held, x), now)  # noqa: E731
        return xs, jax.lax.scan(hold, jnp.zeros((members, 3)), xs)[1]

    net, optimiser = gr.chain(gr.scan(cell), gr.dense(3)), optax.adam(RATE)

    def update(at: Any, key: Any) -> tuple[Any, Any]:
        params, state = at
        xs, targets = batch(key, 100, 32)
        loss = lambda params: ((net.apply(params, xs)[1] - targets) ** 2).mean()  # noqa: E731
        value, gradient = jax.value_and_grad(loss)(params)
        changes, state = optimiser.update(gradient, state)
        return (optax.apply_updates(params, changes), state), (params, value)

    params = net.init(jax.random.key(0), 3)
    keys = jax.random.split(jax.random.key(3), UPDATES)
    train = jax.jit(lambda at: jax.lax.scan(update, at, keys))
    (params, _), (before, losses) = train((params, optimiser.init(params)))
    name = f"flip-flop, loss {float(losses[-1]):.2g}"
    return Net(name, cell, params[0], jax.tree.map(lambda leaf: leaf[-1], before[0]), batch(keys[0], steps, 1)[0])


def nets(options: Options) -> Iterator[Net]:
    """Return what is measured, group by group."""
    if "scale" in options.groups:
        for steps in options.lengths:
            for hidden in options.hidden:
                for cell in (gr.GRU(hidden), gr.LSTM(hidden)):
                    yield scaled(cell, 1.0, steps)
    if "flip-flop" in options.groups:
        yield from (flip_flop(cell) for cell in (gr.GRU(16), gr.LSTM(16)))
    if "apart" in options.groups:
        yield from (scaled(cell, 4.0, 1000) for cell in (gr.GRU(16), gr.LSTM(16)))
    if "types" in options.groups:
        half, mixed = gr.Policy(compute="bfloat16", carry="bfloat16"), gr.Policy(compute="bfloat16", carry="float32")
        for policy in (gr.Policy(params="float64"), half, mixed):
            with jax.enable_x64(policy.params == "float64"):
                cells = gr.GRU(16, policy=policy), gr.LSTM(16, policy=policy)
                made = [scaled(cell, 1.0, 1000, "newton", "gate") for cell in cells]
            yield from made


def kind(net: Net) -> str:
    """Return the types of a network's arithmetic and of its carry."""
    policy = net.cell.policy
    return policy.params if policy.compute is None else f"{policy.compute}, carry {policy.carry}"


class Scanned(NamedTuple):
    """What the scan of a network has."""

    carry: Any
    ys: Any
    gradient: Any
    """Of the parameters, of a weighted sum of all outputs."""
    before: Any
    """The states ``[T, 1, H]`` with the parameters of the update before."""
    exponent: float


def gradient_of(apply: Any, params: Any) -> tuple[Any, Any, Any]:
    """Return ``(carry, ys)``, whatever else ``apply`` returns, and the gradient of a weighted sum of ys."""

    def loss(params: Any) -> Any:
        (carry, ys), more = apply(params)
        return (ys * jnp.cos(jnp.arange(ys.size)).reshape(ys.shape)).sum(dtype=ys.dtype), ((carry, ys), more)

    gradient, (out, more) = jax.grad(loss, has_aux=True)(params)
    return out, more, gradient


def scanned(net: Net) -> Scanned:
    """Return what all methods are held to."""
    cell, layer = net.cell, gr.scan(net.cell)

    def states(params: Any, xs: Any) -> Any:
        step = lambda carry, x: (cell.step(params, carry, x)[0],) * 2  # noqa: E731
        return jax.lax.scan(step, cell.initial_carry(params, xs[0]), xs)[1]

    @jax.jit
    def program(params: Any, xs: Any) -> Any:
        return gradient_of(lambda params: (layer.apply(params, xs), ()), params)

    (carry, ys), _, gradient = program(net.params, net.xs)
    exponent = jax.jit(lambda params, xs: gr.lyapunov(cell, params, xs).max())(net.params, net.xs)
    return Scanned(carry, ys, gradient, jax.jit(states)(net.before, net.xs), float(exponent))


def apart(got: Any, expected: Any) -> float:
    """Return the largest difference, each array's relative to its largest entry, and at least 1."""

    def one(a: Any, b: Any) -> float:
        a, b = (np.asarray(leaf).astype(float) for leaf in (a, b))
        return float(np.abs(a - b).max() / max(1.0, np.abs(b).max()))

    return max(map(one, jax.tree.leaves(got), jax.tree.leaves(expected)))


def measured(net: Net, by_scan: Scanned, method: Method) -> dict[str, Any]:
    """Return what one method takes for one network, from no guess and from the states of the update before."""
    layer = gr.parallel(net.cell, method=method)

    @jax.jit
    def program(params: Any, xs: Any) -> Any:
        def apply(params: Any) -> Any:
            found = layer.solve(params, xs)
            return (found.carry, found.ys), found.statistics

        return gradient_of(apply, params)

    warm = jax.jit(lambda params, xs, guess: layer.solve(params, xs, guess=guess).statistics)
    out, found, gradient = program(net.params, net.xs)
    guessed = warm(net.params, net.xs, by_scan.before)
    return {
        "net": net.name,
        "cell": "LSTM" if isinstance(net.cell, gr.LSTM) else "GRU",
        "hidden": net.cell.hidden,
        "steps": net.xs.shape[0],
        "type": kind(net),
        "exponent": round(by_scan.exponent, 3),
        "method": method,
        "iterations": int(found.iterations),
        "converged": bool(found.converged),
        "uncertainty": float(found.uncertainty) if np.isfinite(found.uncertainty) else None,
        "warm iterations": int(guessed.iterations),
        "warm converged": bool(guessed.converged),
        "forward error": apart(out, (by_scan.carry, by_scan.ys)),
        "gradient error": apart(gradient, by_scan.gradient),
    }


def main(options: Options) -> None:
    """Solve each network by each method; print and write what came."""
    jax.config.update("jax_disable_most_optimizations", True)
    console = tables.start()
    columns = ["exponent", "iterations", "warm", "uncertainty", "forward error", "gradient error"]
    table = tables.table_of(["net", "cell", "H", "T", "type", "method"], columns)
    records: list[dict[str, Any]] = []
    for net in nets(options):
        with jax.enable_x64(kind(net) == "float64"):
            by_scan = scanned(net)
            for method in net.methods:
                record = measured(net, by_scan, method)
                records.append(record)
                names = (str(record[name]) for name in ("net", "cell", "hidden", "steps", "type", "method"))
                counts = (said(record, "iterations", "converged"), said(record, "warm iterations", "warm converged"))
                sizes = ("-" if record[name] is None else f"{record[name]:.0e}" for name in SIZES)
                table.add_row(*names, f"{record['exponent']:.2f}", *counts, *sizes)
        timing.write_results(options.path("parallel_iterations"), records, question=QUESTION)
    console.print(QUESTION, table, sep="\n")


SIZES = ("uncertainty", "forward error", "gradient error")


def said(record: dict[str, Any], iterations: str, converged: str) -> str:
    """Return a number of iterations, or that the scan has answered after as many."""
    return str(record[iterations]) if record[converged] else f"the scan, after {record[iterations]}"


if __name__ == "__main__":
    main(tyro.cli(Options, description=QUESTION))
