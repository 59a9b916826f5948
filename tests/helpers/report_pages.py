"""What tests of the report share: finished results, and a page taken apart."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from gatedrnn.comparison.verdict.judge import judge
from gatedrnn.comparison.verdict.pairs import pairs
from tests.helpers.fake_results import make_results

VOID = {"meta", "link", "br", "hr"}


def judged(*tasks: dict[str, Any]) -> dict[str, Any]:
    """Return finished results as they come back from their file."""
    results = make_results(*tasks)
    results["tasks"] = [{**task, "pairs": judge(task, results["device"])} for task in tasks]
    return json.loads(json.dumps(results, allow_nan=False))


def shown_pairs(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a task for each pair of cells, as reports show it."""
    return [pair for task in results["tasks"] for pair in pairs(task)]


class Page(HTMLParser):
    """A page taken apart; raises where an element is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def text(self) -> str:
        return " ".join(text for tag, text in self.texts if tag != "style").replace("\N{NO-BREAK SPACE}", " ")

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]
