"""results.json, the types that say what it holds, and the page that says it in words: all three name the same keys."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")

from gatedrnn.comparison.schema import censored, further, pairs, results, runs
from gatedrnn.errors import InputError
from gatedrnn.experiment.schema import misfits
from tests.helpers import compared as shared
from tests.helpers.doctored import doctored, write
from tests.helpers.fake_results import make_task
from tests.helpers.paths import ROOT
from tests.helpers.report_pages import judged
from tests.helpers.schema import entries_within

TABLES = {
    "The file": results.Results,
    "A task": results.TaskEntry,
    "The protocol": runs.ProtocolEntry,
    "The extension": runs.ExtensionEntry,
    "A baseline": runs.BaselineEntry,
    "The region": results.RegionEntry,
    "A censored metric": censored.CensoredEntry,
    "A cell": results.CellEntry,
    "A replicate": runs.ReplicateEntry,
    "A search": runs.TestedSearch,
    "A trial": runs.TrialEntry,
    "full: what `--full` adds": further.FullEntry,
    "A pair": pairs.PairEntry,
    "Statistics": pairs.StatisticsEntry,
    "An estimate": pairs.EstimateEntry,
    "Expected best": pairs.ExpectedBest,
    "The verdict": pairs.VerdictEntry,
}
"""Headings of docs/results.md whose first table has the keys of an entry."""


def keys_of_entry(of: Any) -> set[str]:
    """Return an entry's keys, with those of entries inside it that have no table of their own after a dot."""
    keys = set()
    for key, hint in get_type_hints(of).items():
        inner = [entry for entry in entries_within(hint) if entry not in TABLES.values()]
        keys |= {key} | {f"{key}.{below}" for entry in inner for below in keys_of_entry(entry)}
    return keys


def keys_of_table(lines: list[str]) -> set[str]:
    """Return the keys in a table's first column; ``.b`` after ``a.c`` is ``a.b``, and what holds a key is one."""
    keys: set[str] = set()
    for line in lines:
        before = ""
        for written in re.findall(r"`([^`]+)`", line.split("|")[1]):
            key = before + written if written.startswith(".") else written
            before = key.rpartition(".")[0]
            parts = key.split(".")
            keys |= {".".join(parts[: k + 1]) for k in range(len(parts))}
    return keys


def tables(text: str) -> dict[str, set[str]]:
    """Return by heading the keys of the first table below it that has keys."""
    found = {}
    for section in re.split(r"^##+ ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        rows = re.search(r"^\| key \| value \|\n\|[-|]+\|\n((?:\|.*\n)+)", body, re.MULTILINE)
        if rows:
            found[heading] = keys_of_table(rows[1].splitlines())
    return found


@pytest.fixture(scope="module")
def documented() -> dict[str, set[str]]:
    return tables((ROOT / "docs" / "results.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a comparison that ran, with everything that ``--full`` adds."""
    return shared.compared(tmp_path_factory)


def searches(run: Path) -> Path:
    """Return the folder of the only task's searches."""
    (found,) = (run / "searches").iterdir()
    return found


@pytest.mark.parametrize("heading", TABLES)
def test_the_page_has_the_keys_of_the_schema_and_no_others(heading: str, documented: dict[str, set[str]]) -> None:
    assert documented[heading] == keys_of_entry(TABLES[heading])


def test_every_table_of_the_page_belongs_to_an_entry(documented: dict[str, set[str]]) -> None:
    assert set(documented) == set(TABLES)


def test_what_a_comparison_writes_is_what_the_schema_says(compared: Path) -> None:
    written = json.loads((compared / "results.json").read_text(encoding="utf-8"))
    assert misfits(written, results.Results) == []
    (task,) = written["tasks"]
    assert set(task["full"]["gates"]) == {"LSTM", "GRU"}


def test_what_is_kept_on_the_way_is_what_the_schema_says(compared: Path) -> None:
    region = json.loads((compared / "region.json").read_text(encoding="utf-8"))
    assert misfits(region, dict[str, results.RegionEntry]) == []
    test = json.loads((searches(compared) / "test.json").read_text(encoding="utf-8"))
    assert misfits(test, runs.ReadTest) == []
    for path in searches(compared).glob("*-[0-9].json"):
        assert misfits(json.loads(path.read_text(encoding="utf-8")), runs.SearchEntry) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("searches/TASK/sizes.json", lambda value: value[0].update(GRU=10**7)),
        ("searches/TASK/times.json", lambda value: value["GRU"].update(low=-1.0)),
        ("searches/TASK/GRU-1.json", lambda value: value["trials"][0].update(epochs=10**6)),
        ("searches/TASK/beside.json", lambda value: value.update(baseline="../models")),
        ("searches/TASK/test.json", lambda value: value["cells"].pop("GRU")),
        ("searches/TASK/full.json", lambda value: value["data"].update(parts=[])),
        ("region.json", lambda value: next(iter(value.values())).update(part=0.5)),
        ("settings.json", lambda value: value.update({"\x1b[31m": 1})),
    ],
)
def test_what_was_doctored_with_its_digest_is_refused_by_its_file(
    compared: Path, tmp_path: Path, name: str, change: Callable[[Any], Any]
) -> None:
    received, name = shutil.copytree(compared, tmp_path / "received"), name.replace("TASK", searches(compared).name)
    value = json.loads((received / name).read_text(encoding="utf-8"))
    change(value)
    write(received, name, value)
    with pytest.raises(InputError, match="settings of the run" if name == "settings.json" else name) as refused:
        shared.again(received)
    assert str(refused.value).isprintable()


@pytest.mark.verify
def test_nothing_that_was_doctored_ends_in_a_defect(compared: Path, tmp_path: Path) -> None:
    """Each file of JSON of a real comparison, in all kinds of ways: refused, or valid and then rendered."""
    rng, refused = random.Random(0), 0
    files = sorted(path.relative_to(compared).as_posix() for path in compared.rglob("*.json"))
    for number in range(100):
        received, name = shutil.copytree(compared, tmp_path / str(number)), rng.choice(files)
        _, value = doctored(json.loads((received / name).read_text(encoding="utf-8")), rng)
        write(received, name, value)
        said = ""
        try:
            shared.again(received)
        except InputError as error:
            said, refused = str(error), refused + 1
        assert said.isprintable()
        assert not said or Path(name).name in said or "settings of the run" in said
        shutil.rmtree(received)
    assert refused > 50


@pytest.mark.parametrize("kind", ["forecast", "classification"])
def test_made_up_results_are_what_the_schema_says(kind: str) -> None:
    assert misfits(judged(make_task(kind)), results.Results) == []


def test_what_is_not_as_the_schema_says_is_found() -> None:
    made = judged(make_task(replicates=2, trials=2))
    made["tasks"][0]["replicates"][1]["cells"]["GRU"]["trials"][0]["epoch"] = 3
    del made["device"]["kind"]
    made["seed"] = None
    assert misfits(made, results.Results) == [
        ".device.kind: missing",
        ".seed: expected int, got None",
        ".tasks[0].replicates[1].cells.GRU.trials[0].epoch: not in the schema",
    ]
