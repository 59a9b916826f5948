"""The reference describes every public name; the build of the site asks the same of what Sphinx has read."""

from __future__ import annotations

import importlib.util
import re

from tests.helpers.paths import ROOT

DIRECTIVE = re.compile(r"^\.\. (currentmodule|auto\w+):: ([\w.]+)", re.MULTILINE)


def loaded(name):
    """Return an extension of the site's build as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "_extensions" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described():
    """Return the full names of all that the pages of docs/api describe."""
    names = set()
    for page in (ROOT / "docs" / "api").glob("*.rst"):
        module = ""
        for directive, name in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
            if directive == "currentmodule":
                module = name
            else:
                names.add(f"{module}.{name}")
    return names


def test_every_public_name_is_described():
    assert loaded("public_names").undocumented(described()) == []


def test_a_name_that_is_not_described_is_found():
    assert loaded("public_names").undocumented(described() - {"gatedrnn.LSTM"}) == ["gatedrnn.LSTM"]


def test_every_page_is_in_the_navigation():
    pages = {page for _, pages in loaded("navigation").NAVIGATION for page in pages}
    there = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages - {"api/index"} == there - {"index"}
