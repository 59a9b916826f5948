"""A sweep's members as a tidy table: a row for each, a column for each variable."""

from __future__ import annotations

import csv
import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING

from gatedrnn.errors import needed
from gatedrnn.files import Writer, write_text, written
from gatedrnn.sweep.settings import HYPERPARAMETERS
from gatedrnn.tasks.plain import cell

if TYPE_CHECKING:
    from gatedrnn.sweep.schema import SweepResults

COLUMNS: tuple[str, ...] = (
    "member",
    *HYPERPARAMETERS,
    "seed",
    "score",
    "validation",
    "best_epoch",
    "epochs",
    "diverged_at",
)


def rows(results: SweepResults) -> list[dict[str, float | str | None]]:
    """Return a row for each member, less its curves; None where a member has no score, or did not diverge."""
    return [{name: entry[name] for name in COLUMNS} for entry in results["members"]]


def write_table(results: SweepResults, out: Path, *, writer: Writer = written) -> list[Path]:
    """Write members.csv, and members.parquet where pyarrow is installed; return their paths."""
    table = rows(results)
    text = io.StringIO()
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    lines.writeheader()
    lines.writerows({name: cell(one) if isinstance(one, str) else one for name, one in row.items()} for row in table)
    write_text(out / "members.csv", text.getvalue(), writer=writer)
    paths = [out / "members.csv"]
    if importlib.util.find_spec("pyarrow"):
        paths.append(_write_parquet(table, out / "members.parquet", writer))
    return paths


def _write_parquet(table: list[dict[str, float | str | None]], path: Path, writer: Writer) -> Path:
    with needed("members.parquet needs pyarrow", "pyarrow", "gatedrnn[compare]"):
        import pyarrow as pa
        from pyarrow import parquet

    text = {"cell", "gate_bias", "initial_weights", "difference"}
    whole = {"member", "hidden", "seed", "best_epoch", "epochs", "diverged_at"}
    types = {name: pa.string() if name in text else pa.int64() if name in whole else pa.float64() for name in COLUMNS}
    with writer(path) as file:
        parquet.write_table(pa.Table.from_pylist(table, schema=pa.schema(list(types.items()))), file)
    return path
