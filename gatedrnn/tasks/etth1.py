"""ETTh1: hourly load and oil temperature of a transformer, the temperature a day ahead; fetched at first use."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import objectives
from gatedrnn.tasks.anchor import Anchor
from gatedrnn.tasks.baselines import forecast_recordings
from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.remote import Remote
from gatedrnn.tasks.sequences import Sequences
from gatedrnn.tasks.task import Task

FEATURES = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
HORIZON, SEASON = 24, 24
MONTH = 30 * 24
VALIDATION, TEST, END = 12 * MONTH, 16 * MONTH, 20 * MONTH
"""Hours at which parts begin and the last ends: 12, 4 and 4 months, as in H. Zhou et al. 2021, arXiv 2012.07436v3."""
STEP, AHEAD = 0.11653782, 0.37826437
"""Root mean squares of the temperature's changes in an hour and in a day, in deviations, of what trains."""
FILE = Remote(
    "etth1",
    "ETTh1.csv",
    "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/1d16c8f4f943005d613b5bc962e9eeb06058cf07/ETT-small/"
    "ETTh1.csv",
    "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
)
SOURCE = "ETT-small/ETTh1.csv in zhouhaoyi/ETDataset, 1d16c8f; H. Zhou et al. 2021, arXiv 2012.07436; CC BY-ND 4.0"


@functools.cache
def _held(path: Path, window: int | None) -> Task:
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    if tuple(head[1:]) != FEATURES:
        raise InputError(f"etth1: expected columns {', '.join(FEATURES)} in {path}, got {', '.join(head[1:])}")
    rows = rows[:END]
    data = Sequences(
        np.array([row[1:] for row in rows], np.float64),
        np.array([len(rows)]),
        features=FEATURES,
        targets=("OT",),
        times=np.array([row[0] for row in rows], "datetime64[ns]"),
        time_name="date",
        cuts=np.array([[VALIDATION, TEST]]),
    )
    framing = Framing(HORIZON, window=window, season=SEASON)
    return task_from(data, "forecast", name=FILE.name, source=SOURCE, sha256=FILE.sha256, framing=framing)


def oil_temperature(window: int | None = None) -> Task:
    """Return the task of forecasting the oil temperature 24 hours ahead, from seven series; a Gaussian each hour.

    The first 12 months train, the next 4 validate and the next 4 test, whatever the seed. The file is read when parts
    are asked for.

    Args:
        window: hours that are read at once; None: 128.

    Raises:
        InputError: where parts are asked for and the file neither lies in the folder of ``GATEDRNN_DATA`` nor can be
            fetched.

    Example:
        >>> oil_temperature().title
        'ETTh1: the oil temperature, 24 hours ahead'
    """
    return Task(
        name=FILE.name,
        title="ETTh1: the oil temperature, 24 hours ahead",
        kind="forecast",
        unit="nats per step",
        in_dim=len(FEATURES),
        out_dim=2,
        source=SOURCE,
        data_sha256=FILE.sha256,
        split=lambda seed: _held(FILE.path(), window).split(seed),
        read_test=lambda seed: _held(FILE.path(), window).read_test(seed),
        score=objectives.gaussian,
        baselines=functools.partial(forecast_recordings, season=SEASON, columns=(FEATURES.index("OT"),)),
        reading=lambda seed: _held(FILE.path(), window).reading(seed),
        anchor=Anchor((FEATURES.index("OT"),), np.array([STEP]), np.array([AHEAD])),
        with_window=oil_temperature,
    )
