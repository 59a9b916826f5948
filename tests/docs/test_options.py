"""Every option of a command that README, the pages of docs/ and the changelog name is one that it has."""

from __future__ import annotations

import re

import pytest

from gatedrnn.commands.cli import COMMANDS
from gatedrnn.commands.options import unknown_option
from tests.helpers.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
CALL = re.compile(rf"(?:^\s*|\bgatedrnn )({'|'.join(COMMANDS)}) (?=[^`\n]*--)([^`#\n]*)")
"""A command and its words, to the end of a line or of a span of code."""


def wrong(text: str) -> list[str]:
    """Return what is wrong with the options of each call of a command in a page's code."""
    blocks = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", blocks.sub("", text))]
    calls = [call for part in (*lines, *spans) for call in CALL.findall(part)]
    found = (unknown_option([command, *re.split(r"[\s,;|]+", words)], COMMANDS) for command, words in calls)
    return [one for one in found if one]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_options_that_are_named_are_there(page):
    assert wrong(page.read_text(encoding="utf-8")) == []


def test_options_that_are_gone_are_found():
    """In a block, over two lines, and within a sentence."""
    block = "```sh\ngatedrnn sweep \\\n  --draws 3 --gone 4\n```\n"
    page = f"{block}`compare --space.x` or `gatedrnn\ntrain --epochs=3`, `make x`\n"
    assert [one.split(":")[0] for one in wrong(page)] == ["--gone", "--space.x", "--epochs"]
    assert wrong("`gatedrnn compare a.csv --horizon 1 --help`") == []
