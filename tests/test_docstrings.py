"""What stands under Args and Attributes is understood by whoever reads that line alone."""

from __future__ import annotations

import ast
import re

from tests.helpers.paths import ROOT

FEWEST_WORDS = 4
# Such a beginning leans on the name of the argument, or on the entry before: "searches: of each cell.", "trials: how
# many there are.", "baselines: those of each replicate."
LEANS_ON_NAME = r"all|and|as|at|both|by|for|from|in|its|likewise|of|on|or|same|that|their|to|which one|whose|with"
LEANS_ON_ENTRY = r"(?:(?:what|which|where|whether|when|how(?: many| long| much)?) )?(?:it|they|them|these|those|such)"
UNNAMED = r"how (?:many|long|much) (?:there|its|their)|(?:what|how|where) (?:its|their)"
FRAGMENT = re.compile(rf"(?:{LEANS_ON_NAME}|{LEANS_ON_ENTRY}|{UNNAMED})\b", re.IGNORECASE)
NAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)


def entries(docstring):
    """Yield name and text of each entry of a docstring's Args and Attributes, its lines joined."""
    for section in re.finditer(r"^(?:Args|Attributes):\n((?: {4}.*\n?|\n(?= {4}))+)", docstring, re.MULTILINE):
        for entry in re.finditer(r"^ {4}(\*{0,2}\w+): (.*(?:\n {5,}.*)*)", section[1], re.MULTILINE):
            yield entry[1], " ".join(entry[2].split())


def described(source):
    """Yield name and text of all entries in a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, NAMES):
            yield from entries(ast.get_docstring(node) or "")


def is_fragment(text):
    """Whether a stranger would need more than this entry."""
    return len(text.split()) < FEWEST_WORDS or FRAGMENT.match(text) is not None


def test_entries_are_whole_phrases():
    found = [
        (str(file.relative_to(ROOT)), name, text)
        for file in sorted((ROOT / "gatedrnn").rglob("*.py"))
        for name, text in described(file.read_text(encoding="utf-8"))
    ]
    assert len(found) > 500
    assert [entry for entry in found if is_fragment(entry[2])] == []


def test_a_fragment_is_found():
    source = '''
def f(a, b):
    """Do it.

    Args:
        a: of each cell.
        b: the number of times that
            it is done.
        c: how many there are.
        d: those of each replicate.
        e: what it is called.

    Raises:
        ValueError: never.
    """
'''
    assert list(described(source))[:2] == [("a", "of each cell."), ("b", "the number of times that it is done.")]
    assert [is_fragment(text) for _, text in described(source)] == [True, False, True, True, True]
