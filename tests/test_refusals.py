"""Refusals in the sources: each that says what was expected says what came, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.helpers.paths import ROOT

ASKS = "expected a word on"
"""Begins what asks for an option where a file leaves open what is meant: nothing wrong came."""
ELSEWHERE = ("convert/onnx.py",)
"""Where one table says of each operator what was expected, and what came."""


def texts(node: ast.AST) -> str:
    """Return all texts of a statement, without what is put in between."""
    return " ".join(one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def refusals() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "gatedrnn").rglob("*.py")):
        name = path.relative_to(ROOT / "gatedrnn").as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.exc if isinstance(node, ast.Raise) else None
            if isinstance(called, ast.Call) and getattr(called.func, "id", "") == "InputError" and called.args:
                yield f"{name}:{node.lineno}", texts(called.args[0])


def test_what_was_expected_stands_beside_what_came() -> None:
    found = list(refusals())
    assert len(found) > 400
    silent = [
        f"{place}: {said}"
        for place, said in found
        if "expected" in said and "got" not in said and ASKS not in said and place.split(":")[0] not in ELSEWHERE
    ]
    assert silent == []
