"""Partially observed control: recurrent PPO with an LSTM or a GRU, whole training runs over seeds and step sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.evidence.intervals import compared, median_interval
from gatedrnn.evidence.record import Answer, Measured, Published
from gatedrnn.evidence.recurrent_ppo import PPOSettings, train
from gatedrnn.evidence.reproduction import Findings, Reproduction

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.evidence.work import Work
    from gatedrnn.types import Cell

POPGYM = "Morad et al. 2023, POPGym, arXiv 2303.01859"
PUBLISHED = {"GRU": (Published("the GRU is the best of 13 memory models over all tasks", POPGYM, "recalled"),)}
GAP = 1e-4
"""How far log probabilities of rollout and replay may differ: the same float32 sums in another order."""


@dataclasses.dataclass(frozen=True)
class ControlSettings:
    """What is trained.

    Attributes:
        ppo: how an agent learns.
        lstm: units of the LSTM.
        gru: units of the GRU, of as many parameters.
        rates: step sizes of Adam.
        seeds: agents of each cell and rate.
    """

    ppo: PPOSettings = dataclasses.field(default_factory=PPOSettings)
    lstm: int = 32
    gru: int = 37
    rates: tuple[float, ...] = (3e-4, 1e-3, 3e-3, 1e-2)
    seeds: int = 16


SMALL = ControlSettings(ppo=PPOSettings(updates=24), rates=(1e-3, 3e-3))


def lengths(cell: Cell, settings: ControlSettings) -> Float[np.ndarray, "R S U"]:
    """Return the mean steps of an episode after each update, of all agents as one program.

    Args:
        cell: the cell of the agents' networks.
        settings: how the policies are trained.

    Raises:
        InputError: where replaying what was done gives other probabilities than doing it gave.
    """

    def one(rate: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        return train(cell, settings.ppo, rate, key)

    over_seeds = jax.vmap(one, in_axes=(None, 0))
    keys = jax.random.split(jax.random.key(0), settings.seeds)
    found, gaps = jax.jit(jax.vmap(over_seeds, in_axes=(0, None)))(jnp.array(settings.rates), keys)
    if not (gap := float(gaps.max())) < GAP:
        raise InputError(f"replay: expected the log probabilities of the rollout within {GAP:g}, got {gap:.3g} apart")
    return np.asarray(found)


def measure(settings: ControlSettings, work: Work) -> Findings:
    """Train both cells at all step sizes and seeds.

    Args:
        settings: how the policies are trained.
        work: what has been measured so far.
    """
    found = {}
    for name, cell in (("LSTM", gr.LSTM(settings.lstm)), ("GRU", gr.GRU(settings.gru))):
        work.say(f"{name}: {settings.seeds} seeds at {len(settings.rates)} step sizes")
        found[name] = work.once(name, lambda cell=cell: {"steps": lengths(cell, settings)})["steps"]
    return findings(found, settings)


def findings(found: Mapping[str, Float[np.ndarray, "R S U"]], settings: ControlSettings) -> Findings:
    """Return numbers, comparisons, and what they say of "GRUs are fickle".

    Args:
        found: the mean steps of an episode after each update, by the name of the cell.
        settings: how agents were trained.
    """
    late = max(1, settings.ppo.updates // 4)
    scores = {
        "mean steps of an episode over all of training": {name: each.mean(-1) for name, each in found.items()},
        "mean steps of an episode in the last quarter": {
            name: each[..., -late:].mean(-1) for name, each in found.items()
        },
    }
    measured, pairs = [], []
    for what, cells in scores.items():
        for k, rate in enumerate(settings.rates):
            said = f"{what}, step size {rate:g}"
            for name, each in cells.items():
                values = tuple(float(value) for value in each[k])
                measured.append(Measured(said, name, *median_interval(values), values, PUBLISHED.get(name, ())))
            a, b = ((name, cells[name][k]) for name in ("LSTM", "GRU"))
            pairs.append(compared(said, a, b, higher=True, pairs=len(settings.rates)))
    return Findings(tuple(measured), tuple(pairs), (answer(scores["mean steps of an episode in the last quarter"]),))


def answer(late: Mapping[str, Float[np.ndarray, "R S"]]) -> Answer:
    """Return what the distances of runs from their median say of "GRUs are fickle in seed and learning rate"."""
    apart = {name: np.abs(each - np.median(each)).mean(0) for name, each in late.items()}
    found = compared("distance", ("LSTM", apart["LSTM"]), ("GRU", apart["GRU"]), higher=False)
    said = (
        "on a pole whose positions alone are seen, mean distance of runs over seeds and step sizes from their median, "
        f"LSTM less GRU: {found.difference:.3g} [{found.low:.3g}, {found.high:.3g}] steps of an episode"
    )
    if found.verdict == "not resolved":
        return Answer(12, "not resolved", said)
    return Answer(12, "holds" if found.verdict == "LSTM better" else "does not hold", said)


def protocol(settings: ControlSettings) -> str:
    """Return what is done, in words."""
    s, p = settings, settings.ppo
    return (
        f"a pole on a cart of which place and angle alone are seen, episodes of at most 200 steps; {s.lstm} LSTM or "
        f"{s.gru} GRU units, one affine head for policy and value; PPO: {p.carts} carts, {p.updates} updates of "
        f"{p.steps} steps, {p.epochs} passes in {p.parts} parts, clip {p.clip:g}, discount {p.discount:g}, trace "
        f"{p.trace:g}, reward {p.reward:g} a step, entropy {p.entropy:g}, Adam at "
        f"{', '.join(f'{rate:g}' for rate in s.rates)} with gradients clipped to a norm of {p.norm:g}; {s.seeds} "
        "seeds, all runs of a cell one vmapped program. After each update rollouts are replayed from the carries at "
        f"their start, and log probabilities agree within {GAP:g}. Medians with exact intervals of order statistics"
    )


RECURRENT_CONTROL = Reproduction(
    name="recurrent-control",
    title="Which is better at control that needs memory?",
    paper=POPGYM,
    full=ControlSettings(),
    small=SMALL,
    smaller="24 updates instead of 200, step sizes 1e-3 and 3e-3 without 3e-4 and 1e-2",
    estimate="5 minutes on one CPU core",
    differences=(
        "one environment of the project's own instead of POPGym's; an episode of 200 steps that has not fallen ends "
        "like one that has",
        "minibatches are whole sequences that start from the carries of the rollout",
    ),
    protocol=protocol,
    measure=measure,
)
