"""Sequential and permuted MNIST, as in Bai et al. 2018: LSTM against GRU on digits that are read pixel by pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gatedrnn.comparison.settings import Settings
from gatedrnn.evidence.comparisons import Comparisons, findings, words
from gatedrnn.evidence.record import Published
from gatedrnn.evidence.reproduction import Reproduction
from gatedrnn.tasks.mnist import Reduced, digits

PAPER = "Bai, Kolter and Koltun 2018, arXiv 1803.01271v2; of the task Le, Jaitly and Hinton 2015, arXiv 1504.00941v2"
ACCURACIES: Mapping[tuple[str, str], str] = {
    ("sequential", "LSTM"): "87.2 %",
    ("sequential", "GRU"): "96.2 %",
    ("permuted", "LSTM"): "85.7 %",
    ("permuted", "GRU"): "87.3 %",
}
ORDERS = (False, True)
"""Row by row, and permuted."""
ROWS = tuple(digits(permuted=permuted, reduced=Reduced(images=2000, pixels=28)) for permuted in ORDERS)
PIXEL_BY_PIXEL = tuple(digits(permuted=permuted, reduced=Reduced(images=1000)) for permuted in ORDERS)
FULL = Comparisons(
    (
        Settings(
            tasks=("sequential-mnist", "permuted-mnist"),
            hidden=(130,),
            max_epochs=10,
            batch_size=64,
        ),
    )
)
LITTLE = Settings(replicates=5, batch_size=50, extend=False)
SMALL = Comparisons(
    (
        replace(LITTLE, tasks=ROWS, hidden=(32,), trials=2, max_epochs=20),
        replace(LITTLE, tasks=PIXEL_BY_PIXEL, hidden=(16,), trials=1, max_epochs=10),
    )
)


def published() -> dict[tuple[str, str], tuple[Published, ...]]:
    """Return what the paper says, by task and cell; of fewer images and of rows under the names of these too."""
    names = [*FULL.each[0].task_names, *(task.name for task in (*ROWS, *PIXEL_BY_PIXEL))]
    return {
        (name, cell): (Published(f"an accuracy of {said}", PAPER, "seen in the source"),)
        for (order, cell), said in ACCURACIES.items()
        for name in names
        if name.startswith(order)
    }


PIXELS = Reproduction(
    name="pixels",
    title="Is the GRU better on digits that are read pixel by pixel?",
    paper=PAPER,
    full=FULL,
    small=SMALL,
    smaller="2,000 images of which a row of 28 pixels is read at a step, 32 LSTM units, 20 epochs of 2 trials; and "
    "1,000 images pixel by pixel, 16 units, 10 epochs of one trial; instead of 60,000 pixel by pixel, 130 units, 10 "
    "epochs of 16 trials. 5 replicates instead of 8, batches of 50 instead of 64, and no range is extended",
    estimate="weeks on 2 CPU cores; about 57 hours on one GPU, reckoned: 512 runs of 8,590 steps one after another, at "
    "20 microseconds a step of a scan and three such for a training step; not run",
    differences=(
        "one layer of 130 LSTM units, about 70,000 parameters, and a GRU of as many; the paper's GRU is not printed",
        "searches over Adam's rate, clipping, dropout and bias are ours; networks are scored in nats, where the paper "
        "prints accuracies",
        "the permutation is one of ours, as each paper has its own",
    ),
    protocol=words,
    measure=lambda asked, work: findings(asked, published(), work),
)
