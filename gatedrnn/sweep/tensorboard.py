"""Curves and hyperparameters of a sweep for TensorBoard."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatedrnn.errors import MissingPackageError
from gatedrnn.sweep.settings import HYPERPARAMETERS

try:
    from tensorboardX import SummaryWriter
except ImportError as error:  # pragma: no cover
    raise MissingPackageError("logs for TensorBoard need tensorboardX: pip install 'gatedrnn[sweep]'") from error

if TYPE_CHECKING:
    from gatedrnn.sweep.sweep import SweepProgress


class TensorBoardLogs:
    """A folder of logs, one run for each member; a resumed sweep writes them anew, from the first epoch.

    Args:
        folder: where the logs are written; what it held before is removed.
    """

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._writers: dict[int, Any] = {}
        self._written: dict[int, int] = {}

    def __call__(self, report: SweepProgress) -> None:
        """Write the epochs that are new."""
        for k, entry in report.entries.items():
            if k in self._written and k not in self._writers:
                continue  # it had ended
            writer = self._writer(k, entry)
            for epoch in range(self._written.get(k, 0), entry["epochs"]):
                for tag, curve in (("train", "train_curve"), ("validation", "curve")):
                    value = entry[curve][epoch]
                    writer.add_scalar(f"nats/{tag}", float("nan") if value is None else value, epoch + 1)
            self._written[k] = entry["epochs"]
            if entry["ended"]:
                self._end(k, entry)
            else:
                writer.flush()

    def _writer(self, k: int, entry: dict[str, Any]) -> Any:
        if k not in self._writers:
            name = f"{k:03d}-{entry['cell'].replace(':', '.')}-{entry['hidden']}"
            self._writers[k] = SummaryWriter(str(self._folder / name))
        return self._writers[k]

    def _end(self, k: int, entry: dict[str, Any]) -> None:
        writer = self._writers.pop(k)
        if entry["validation"] is not None:
            hypers = {name: entry[name] for name in (*HYPERPARAMETERS, "seed")}
            writer.add_hparams(hypers, {"nats/best_validation": entry["validation"]}, name="hparams")
        writer.close()

    def __enter__(self) -> TensorBoardLogs:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()
