"""Files that the pages name or link to are there."""

from __future__ import annotations

import re

import pytest

from tests.helpers.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOLDERS = ("gatedrnn", "tests", "docs", "experiments", "configs", "benchmarks")
NAMED = re.compile(r"`([\w./-]+\.(?:py|md|toml))`")
LINKED = re.compile(r"\]\((?!https?:)([^)#\s]+)")
TO_BE_MADE = re.compile("NAME|FRAMEWORK|convert/|utils")
"""What a recipe says to make, and what a rule says not to."""


def unnamed(text):
    """Return the files that a text names, in full or by the end of their path, and that are not there."""
    files = [file.as_posix() for folder in FOLDERS for file in (ROOT / folder).rglob("*")]
    files += [file.as_posix() for file in ROOT.iterdir()]
    return [
        name
        for name in NAMED.findall(text)
        if not TO_BE_MADE.search(name) and not any(file.endswith(f"/{name}") for file in files)
    ]


def unlinked(text, folder):
    """Return the files that a text in a folder links to, and that are not there."""
    return [name for name in LINKED.findall(text) if not (folder / name).exists()]


@pytest.mark.parametrize(
    "page", [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"], ids=lambda page: page.name
)
def test_files_that_are_named_are_there(page):
    assert unnamed(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_are_linked_are_there(page):
    assert unlinked(page.read_text(encoding="utf-8"), page.parent) == []


def test_files_that_are_gone_are_found():
    assert unnamed("`cells/lstm.py`, `cells/gone.py`, `gatedrnn/cells/NAME.py`") == ["cells/gone.py"]
    assert unlinked("[there](../README.md), [away](gone.md), [elsewhere](https://example.org)", ROOT / "docs") == [
        "gone.md"
    ]
