"""Chung et al. 2014, LSTM against GRU on four sets of music as piano rolls, at the paper's sizes."""

from __future__ import annotations

from collections.abc import Mapping

from gatedrnn.comparison.settings import Settings
from gatedrnn.evidence.comparisons import Comparisons, findings, words
from gatedrnn.evidence.record import Provenance, Published
from gatedrnn.evidence.reproduction import Reproduction
from gatedrnn.experiment.space import Space

PAPER = "Chung, Gulcehre, Cho and Bengio 2014, arXiv 1412.3555v1"
SIZES = (36, 46)
NATS: Mapping[str, tuple[str, str, Provenance]] = {
    "jsb-chorales": ("8.67", "8.54", "seen in the source"),
    "nottingham": ("3.20", "3.23", "recalled"),
    "musedata": ("6.23", "5.99", "recalled"),
    "piano-midi": ("9.03", "8.82", "recalled"),
}
PUBLISHED = {
    (task, cell): (Published(nats, PAPER, provenance),)
    for task, (lstm, gru, provenance) in NATS.items()
    for cell, nats in (("LSTM", lstm), ("GRU", gru))
}
SPACE = Space(learning_rate=(3e-3, 2e-2), gate_bias=("0", "1"))
FULL = Comparisons(tuple(Settings(tasks=(task,), sizes=SIZES, space=SPACE) for task in NATS), same=True)
EPOCHS = {name: 60 if name == "jsb-chorales" else 12 for name in NATS}
"""How many take minutes: the other sets have 6 to 18 times as many frames."""
SMALL = Comparisons(
    tuple(
        Settings(
            tasks=(task,),
            sizes=SIZES,
            space=SPACE,
            replicates=5,
            trials=2,
            max_epochs=epochs,
            batch_size=18,
            extend=False,
        )
        for task, epochs in EPOCHS.items()
    )
)

CHUNG_2014 = Reproduction(
    name="chung-2014",
    title="Is the GRU better on polyphonic music?",
    paper=PAPER,
    full=FULL,
    small=SMALL,
    smaller="5 replicates instead of 8, 2 trials instead of 16, at most 60 epochs of JSB Chorales and 12 of the others "
    "instead of 300, batches of 18 instead of 36, and no range is extended",
    estimate="JSB Chorales two and a half hours on one CPU core, by chung-2014-jsb; of the others, 6 to 18 times as "
    "many frames, half a day and more each; not run",
    differences=(
        "Adam with drawn step sizes, clipping and dropout, where the paper takes RMSProp, weight noise and the best of "
        "10 step sizes",
        "training pieces of the three larger sets are read in windows of 200 frames",
        "the whole search is repeated, so that intervals hold its noise; the paper has one run and no interval",
    ),
    protocol=words,
    measure=lambda asked, work: findings(asked, PUBLISHED, work),
)
CHUNG_2014_JSB = CHUNG_2014._replace(
    name="chung-2014-jsb",
    title="Is the GRU better on chorales?",
    full=Comparisons(FULL.each[:1], same=True),
    small=Comparisons(SMALL.each[:1]),
    smaller="5 replicates instead of 8, 2 trials instead of 16, at most 60 epochs instead of 300, batches of 18 "
    "instead of 36, and no range is extended",
    estimate="two and a half hours on one CPU core",
    differences=CHUNG_2014.differences[:1] + CHUNG_2014.differences[2:],
)
"""The first of the four sets alone: the one that a CPU core does in hours."""
