"""Do LSTM and GRU beat the last price? On made-up prices whose best forecast is known to be that."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.evidence.comparisons import Comparisons, compared_on, numbers, words
from gatedrnn.evidence.intervals import compared
from gatedrnn.evidence.record import Answer, Compared
from gatedrnn.evidence.reproduction import Findings, Reproduction
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.sequences import Sequences

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.evidence.work import Work
    from gatedrnn.tasks.task import Task

CELLS = ("LSTM", "GRU")
NAIVE = "persistence"
SOURCE = "drawn from a seed: a martingale with volatility of GARCH(1, 1)"
BASE, SHOCK, KEPT = 1e-6, 0.08, 0.91
"""Of the variance of a return: its constant, what it takes of the last squared return, and what it keeps."""


def martingale(days: int, series: int, seed: int) -> Float[np.ndarray, "T B"]:
    """Draw prices that nothing forecasts better than the last one, although how far they move can be foretold.

    .. code-block:: text

        r_t = s_t e_t,   e_t from N(0, 1)
        s_t^2 = 1e-6 + 0.08 r_(t - 1)^2 + 0.91 s_(t - 1)^2       a day's standard deviation is about 1 %
        p_t = p_(t - 1) (1 + r_t),   p_0 = 100                   so that E[p_t | all before] = p_(t - 1)

    Args:
        days: T, the number of prices in each series.
        series: B, the number of series, drawn apart from each other.
        seed: the seed that all prices follow from.

    Source: Bollerslev 1986, Journal of Econometrics 31, for the volatility.

    Example:
        >>> prices = martingale(500, 3, seed=0)
        >>> prices.shape, bool((prices > 0).all())
        ((500, 3), True)
    """
    noise = np.random.default_rng(seed).standard_normal((days, series))
    variance, returns = np.full(series, BASE / (1 - SHOCK - KEPT)), np.empty((days, series))
    for day, shocks in enumerate(noise):
        returns[day] = np.sqrt(variance) * shocks
        variance = BASE + SHOCK * returns[day] ** 2 + KEPT * variance
    return 100 * np.cumprod(1 + returns, axis=0)


def task(days: int, series: int, seed: int = 0) -> Task:
    """Return the task of forecasting tomorrow's price; its test is of later days than may be seen.

    Args:
        days: prices of each series.
        series: series beside each other.
        seed: the seed that all prices follow from.

    Example:
        >>> task(100, 3).title
        'martingale: price, 1 step ahead'
    """
    prices = martingale(days, series, seed)
    flat = prices.T.reshape(-1, 1)
    digest = hashlib.sha256(flat.astype("<f8").tobytes()).hexdigest()
    times = np.tile(np.arange(days, dtype=float), series)
    names = tuple(f"series {k}" for k in range(1, series + 1))
    data = Sequences(
        flat,
        np.full(series, days),
        features=("price",),
        labels=names,
        times=times,
        time_name="day",
        groups=np.arange(series),
    )
    return task_from(data, "forecast", name="martingale", source=SOURCE, sha256=digest)


@dataclasses.dataclass(frozen=True)
class PriceSettings:
    """What is drawn, and how it is compared on.

    Attributes:
        days: prices of each series.
        series: series beside each other.
        how: the comparison, whose tasks are replaced.
    """

    days: int
    series: int
    how: Settings


FULL = PriceSettings(2000, 20, Settings(max_epochs=100))
SMALL = PriceSettings(600, 10, Settings(replicates=5, trials=3, max_epochs=20, patience=5, batch_size=18, extend=False))


def asked(settings: PriceSettings) -> Comparisons:
    """Return the comparison on prices, which are drawn."""
    drawn = task(settings.days, settings.series)
    return Comparisons((dataclasses.replace(settings.how, tasks=(drawn,)),))


def protocol(settings: PriceSettings) -> str:
    """Return what is done, in words."""
    return (
        f"{settings.series} series of {settings.days:,} days, a martingale whose volatility is GARCH(1, 1), later days "
        f"are tested; {words(asked(settings))}"
    )


def measure(settings: PriceSettings, work: Work) -> Findings:
    """Compare on prices.

    Args:
        settings: what is drawn, and how cells are compared on it.
        work: what has been measured so far.
    """
    [found] = compared_on(asked(settings).each, work)
    return findings(found)


def findings(task: TaskEntry) -> Findings:
    """Return numbers, each cell against the last price, and what they say of "neither beats the naive forecast".

    Args:
        task: what the comparison found.

    Raises:
        InputError: where the last price is not among the simple models.
    """
    naive = next((model["tests"] for model in task["baselines"] if model["name"] == NAIVE), None)
    if naive is None:
        raise InputError(f"task: expected {NAIVE} among its simple models, got none")
    name = task["metric"]["name"]
    what = f"{task['name']}: {task['metric']['words']} in the test"
    pairs = [
        compared(
            what,
            (cell, [each["cells"][cell]["test"]["scores"][name] for each in task["replicates"]]),
            (NAIVE, naive),
            higher=False,
            pairs=len(CELLS),
        )
        for cell in CELLS
    ]
    return Findings(tuple(numbers(task, {}, same=False)), tuple(pairs), (answer(pairs),))


def answer(pairs: list[Compared]) -> Answer:
    """Return what made-up prices say of the claim: nothing of real ones, whatever came."""
    better = [pair.a for pair in pairs if pair.verdict == f"{pair.a} better"]
    beside = "; ".join(f"{pair.a} {pair.difference:.3g} [{pair.low:.3g}, {pair.high:.3g}]" for pair in pairs)
    found = f"{' and '.join(better)} was, which is chance or a leak" if better else "none was shown to be better"
    said = (
        f"on made-up prices no forecast can be better than the last one, and {found}: error less that of the last "
        f"price: {beside}. What real prices do, it does not say"
    )
    return Answer(11, "not resolved", said)


PRICES = Reproduction(
    name="prices",
    title="Do LSTM and GRU beat the last price?",
    paper="arXiv 2504.18185, on real prices",
    full=FULL,
    small=SMALL,
    smaller="10 series of 600 days instead of 20 of 2,000; 5 replicates of 3 trials instead of 8 of 16, at most 20 "
    "epochs with a patience of 5 instead of 100 and 20, batches of 18 instead of 36, and no range is extended",
    estimate="10 minutes on one CPU core",
    differences=(
        "prices are made up: a martingale, whose best forecast is known to be the last price, so that nothing is to be "
        "found; real ones, of five companies, are in docs/study.md",
        "a Gaussian is forecast for each next price, and its root mean squared error decides",
    ),
    protocol=protocol,
    measure=measure,
)
