"""ETTh1: do LSTM and GRU beat linear and seasonal-naive forecasts of a transformer's oil temperature?"""

from __future__ import annotations

from gatedrnn.comparison.settings import Settings
from gatedrnn.evidence.comparisons import Comparisons, findings, words
from gatedrnn.evidence.reproduction import Reproduction

FULL = Comparisons((Settings(tasks=("etth1",)),))
SMALL = Comparisons(
    (Settings(tasks=("etth1",), replicates=5, trials=3, max_epochs=60, patience=15, batch_size=8, extend=False),)
)

ETTH1 = Reproduction(
    name="etth1",
    title="Do LSTM and GRU beat linear and seasonal-naive forecasts a day ahead?",
    paper="data and parts of H. Zhou et al. 2021, arXiv 2012.07436v3, which has no LSTM or GRU in this form",
    full=FULL,
    small=SMALL,
    smaller="5 replicates instead of 8, 3 trials instead of 16, at most 60 epochs with a patience of 15 instead of 300 "
    "and 20, batches of 8 windows instead of 36, and no range is extended",
    estimate="5 minutes on one CPU core",
    differences=(
        "the paper forecasts 24 and more hours at once; here it is the temperature 24 hours ahead",
        "a Gaussian is forecast, and its root mean squared error decides",
        "linear are autoregression and ridge regression on the last hours; both choose their order on validation",
    ),
    protocol=words,
    measure=lambda asked, work: findings(asked, {}, work),
)
