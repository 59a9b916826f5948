"""The rooms stand as docs/architecture.md draws them, and imports between them run one way."""

from __future__ import annotations

import ast
import re

from tests.helpers.paths import ROOT

PACKAGE = ROOT / "gatedrnn"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([\w/.]+)`")


def floor_plan():
    """Return for each room of the page's table, lowest first, the rooms that may import it."""
    table = re.search(r"^\| room \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table is not None, "docs/architecture.md has no table of rooms"
    rows = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in table[1].splitlines()]
    order = [room for names, _, _ in rows for room in NAME.findall(names)]
    importers = {}
    for names, _, said in rows:
        for room in NAME.findall(names):
            assert said in ("all below", "nobody") or NAME.search(said), f"who may import {room}? The page says: {said}"
            importers[room] = order[order.index(room) + 1 :] if said == "all below" else NAME.findall(said)
    return importers


def room_of(path):
    """Return the room of a module, or of a public name, given by its parts below the package."""
    if path and (PACKAGE / path[0]).is_dir():
        return f"{path[0]}/"
    if path and (PACKAGE / f"{path[0]}.py").is_file():
        return f"{path[0]}.py"
    return "layers/"  # gatedrnn itself, or a name such as gatedrnn.LSTM


def imported(node):
    """Yield the rooms that a statement imports."""
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module == "gatedrnn":
        modules = [f"gatedrnn.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, "imports name their module in full"
        modules = [node.module]
    else:
        modules = []
    yield from (room_of(module.split(".")[1:]) for module in modules if module.split(".")[0] == "gatedrnn")


def imports():
    """Yield where, from which room and which room is imported; what is imported for type checkers alone included."""
    for file in sorted(PACKAGE.rglob("*.py")):
        own = file.relative_to(PACKAGE).with_suffix("").parts
        if own == ("__init__",):  # names what all rooms offer to others; no room
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for room in imported(node):
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", room_of(own), room


def test_the_page_lists_each_room():
    folders = {f"{file.parent.name}/" for file in PACKAGE.glob("*/__init__.py")}
    files = {file.name for file in PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert set(floor_plan()) == folders | files


def test_who_may_import_a_room_stands_below_it():
    plan = floor_plan()
    order = [*plan, "__main__.py"]
    upwards = [(room, one) for room, said in plan.items() for one in said if order.index(one) <= order.index(room)]
    assert upwards == []


def test_imports_run_one_way():
    plan = floor_plan()
    found = [edge for edge in imports() if edge[1] != edge[2]]
    assert len(found) > 100
    assert [edge for edge in found if edge[1] not in plan[edge[2]]] == []


def test_each_room_says_in_a_sentence_what_it_is():
    for file in sorted(PACKAGE.rglob("__init__.py")):
        said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        first = said.split("\n\n")[0]
        assert re.fullmatch(r"[^\n]{20,}[.:]", first), f"{file.relative_to(ROOT)} says: {first!r}"
