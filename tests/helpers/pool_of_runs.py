"""Comparisons of a cell with itself, resampled from a pool of runs, so that many can be had for the price of a few."""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np

from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.settings import Settings
from gatedrnn.comparison.verdict.budgets import Change
from gatedrnn.comparison.verdict.decide import Decision, decide, weigh
from gatedrnn.experiment.network import evaluate
from gatedrnn.experiment.space import as_hypers
from gatedrnn.statistics.budget import against_trials, crossings
from gatedrnn.tasks import registry
from gatedrnn.training.early_stopping import Data

SPLITS, CONFIGURATIONS, SEEDS = 20, 10, 3


class Pool(NamedTuple):
    """Scores of one cell's runs, ``[splits, configurations, seeds]``, lower is better."""

    validation: np.ndarray
    test: np.ndarray
    trivial: float


class Sample(NamedTuple):
    """One comparison: validation scores of both sides' trials ``[n, trials]``, test scores of their winners ``[n]``."""

    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]

    def shifted(self, effect: float) -> Sample:
        """Return the comparison in which side B is better by ``effect`` in all it does."""
        (va, vb), (ta, tb) = self
        return Sample((va, vb - effect), (ta, tb - effect))


def real_pool() -> Pool:
    """Train 600 GRUs to name the speaker: 20 splits, 10 configurations on each, 3 seeds of each."""
    task, settings = registry.load("japanese-vowels-speaker"), Settings(max_epochs=100)
    search = Search(make_cell("GRU", 12), task, settings, task.split(0).train)
    score = jax.jit(lambda params, test: jax.lax.map(lambda p: evaluate(search.cell, task, p, test), params))
    validation, test = [], []
    for k in range(SPLITS):
        split = task.split(k)
        configurations = settings.space.sample(np.random.default_rng(k), CONFIGURATIONS)
        hypers = as_hypers([c for c in configurations for _ in range(SEEDS)])
        keys = jax.random.split(jax.random.key(k), CONFIGURATIONS * SEEDS)
        states = search.population.train(hypers, keys, Data(split.train, split.validation)).states
        sums = score(states.best_params, task.read_test(k).batch)
        validation.append(np.reshape(states.best_validation, (CONFIGURATIONS, SEEDS)))
        test.append(np.reshape(sums.nats / sums.count, (CONFIGURATIONS, SEEDS)))
    return Pool(np.array(validation, float), np.array(test, float), float(np.log(9)))


def synthetic_pool(seed: int) -> Pool:
    """Draw 600 runs: effects of split and of configuration, with a heavy tail, and of seed; test follows validation."""
    rng = np.random.default_rng(seed)
    split = 0.05 * rng.normal(size=(SPLITS, 1, 1))
    quality = 0.3 + split + 0.2 * rng.exponential(size=(SPLITS, CONFIGURATIONS, 1))
    shape = (SPLITS, CONFIGURATIONS, SEEDS)
    validation = quality + 0.03 * rng.standard_t(4, size=shape)
    return Pool(validation, validation + 0.03 * rng.normal(size=shape), float(np.log(9)))


def sample(pool: Pool, rng: np.random.Generator, replicates: int = 8, trials: int = 8) -> Sample:
    """Draw a comparison: other splits as replicates, configurations that both sides share, a seed for each side."""
    shape = (replicates, trials)
    splits = rng.permutation(SPLITS)[:replicates, None]
    tried = np.stack([rng.permutation(CONFIGURATIONS)[:trials] for _ in range(replicates)])
    seeds = rng.permuted(np.broadcast_to(np.arange(SEEDS), (*shape, SEEDS)), axis=-1)
    validation = tuple(pool.validation[splits, tried, seeds[..., side]] for side in (0, 1))
    best = [v.argmin(1) for v in validation]
    rows = np.arange(replicates)
    test = tuple(pool.test[splits[:, 0], tried[rows, best[side]], seeds[rows, best[side], side]] for side in (0, 1))
    return Sample(validation, test)  # type: ignore[arg-type]


def verdict(drawn: Sample, trivial: float) -> Decision:
    """Return the decision that a comparison would come to."""
    a, b = (v.tolist() for v in drawn.validation)
    changes = [
        Change("trials", c.before, c.after, "AB"[c.first], "BA"[c.first]) for c in crossings(against_trials(a, b))
    ]
    best = min(v.min(1).mean() for v in drawn.validation)
    region = 0.02 * max(0.0, trivial - best)
    return decide(weigh(("A", "B"), *drawn.test, region=region, baseline=trivial, changes=tuple(changes)))
