"""Tiny Shakespeare: LSTM against GRU at equal parameters on the next character."""

from __future__ import annotations

from gatedrnn.comparison.settings import Settings
from gatedrnn.evidence.comparisons import Comparisons, findings, words
from gatedrnn.evidence.reproduction import Reproduction

TASKS = ("tiny-shakespeare",)
FULL = Comparisons((Settings(tasks=TASKS, hidden=(256,), max_epochs=50, patience=5),))
SMALL = Comparisons(
    (Settings(tasks=TASKS, hidden=(24,), replicates=5, trials=1, max_epochs=1, patience=1, extend=False),)
)

TINY_SHAKESPEARE = Reproduction(
    name="tiny-shakespeare",
    title="Which is better on characters?",
    paper="data of A. Karpathy, karpathy/char-rnn at 6f9487a, which prints no table; Bai et al. 2018, arXiv "
    "1803.01271v2, have 1.36 (LSTM) and 1.37 (GRU) bits on other characters, those of Penn Treebank",
    full=FULL,
    small=SMALL,
    smaller="24 LSTM units instead of 256, 5 replicates of one trial and one epoch instead of 8 of 16 and 50",
    estimate="about an hour on one GPU; not run",
    differences=("one layer; windows of 128 characters from the initial state on",),
    protocol=words,
    measure=lambda asked, work: findings(asked, {}, work),
)
