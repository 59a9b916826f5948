"""Curves and hyperparameters of a sweep for TensorBoard."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatedrnn.errors import needed
from gatedrnn.sweep.settings import HYPERPARAMETERS

with needed("logs for TensorBoard need tensorboardX", "tensorboardX", "gatedrnn[sweep]"):
    from tensorboardX import SummaryWriter
    from tensorboardX.summary import hparams

if TYPE_CHECKING:
    from gatedrnn.sweep.schema import MemberEntry
    from gatedrnn.sweep.sweep import SweepProgress


OURS = ".gatedrnn"
"""How the names of our logs end, by which they are told from other programs'."""


class TensorBoardLogs:
    """A folder of logs, one run for each member; a resumed sweep writes them anew, from the first epoch.

    Args:
        folder: where the logs are written. Once there is something to write, and so the sweep has not been refused, the
            logs of a sweep before are removed, and nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cleared = False
        self._writers: dict[int, Any] = {}
        self._written: dict[int, int] = {}

    def __call__(self, report: SweepProgress) -> None:
        """Write the epochs that are new."""
        if not self._cleared:
            remove_logs(self._folder)
            self._cleared = True
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

    def _writer(self, k: int, entry: MemberEntry) -> Any:
        if k not in self._writers:
            name = f"{k:03d}-{entry['cell'].replace(':', '.')}-{entry['hidden']}"
            self._writers[k] = SummaryWriter(str(self._folder / name), filename_suffix=OURS)
        return self._writers[k]

    def _end(self, k: int, entry: MemberEntry) -> None:
        writer = self._writers.pop(k)
        if entry["validation"] is not None:
            hypers = {name: entry[name] for name in (*HYPERPARAMETERS, "seed")}
            _add_hparams(writer, hypers, {"nats/best_validation": entry["validation"]})
        writer.close()

    def __enter__(self) -> TensorBoardLogs:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()


def remove_logs(folder: Path) -> None:
    """Remove the logs that a sweep wrote, and the folders that are empty then."""
    for path in sorted(folder.glob(f"**/events.out.tfevents.*{OURS}")):
        path.unlink()
        with contextlib.suppress(OSError):  # what is not empty stays
            for parent in (path.parent, path.parent.parent):
                if parent != folder:
                    parent.rmdir()


def _add_hparams(writer: Any, hypers: dict[str, float | str], metrics: dict[str, float]) -> None:
    """Write hyperparameters beside what came of them, as ``writer.add_hparams`` does, in a log of our name."""
    folder = Path(writer.logdir) / "hparams"
    with SummaryWriter(str(folder), filename_suffix=OURS) as beside:
        assert beside.file_writer is not None
        for summary in hparams(hypers, metrics):
            beside.file_writer.add_summary(summary)
        for name, value in metrics.items():
            beside.add_scalar(name, value)
