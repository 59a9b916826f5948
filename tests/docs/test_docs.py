"""The examples in README.md and docs/ run as they stand.

Blocks marked ``python`` are executed and blocks marked ``pycon`` are doctests, in order, one namespace a file.
"""

from __future__ import annotations

import doctest
import importlib.util
import re
import sys
import types

import pytest

from tests.helpers.paths import ROOT

# Wrong input is shown as users meet it, with the library's own errors.
pytestmark = pytest.mark.usefixtures("unchecked_annotations")

BLOCK = re.compile(r"^```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^```\s*$", re.MULTILINE | re.DOTALL)


def examples(path):
    """Yield language, code and the line at which the code starts."""
    text = path.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        yield block["language"], block["code"], text[: block.start("code")].count("\n") + 1


def run(path, namespace):
    """Run a file's examples; a traceback shows lines of the file itself."""
    for language, code, line in examples(path):
        if language == "python":
            exec(compile("\n" * (line - 1) + code, str(path), "exec"), namespace)
        elif language == "pycon":
            # The name says which block: functions of earlier blocks are looked up by it in tracebacks.
            name = f"{path.name}:{line}"
            test = doctest.DocTestParser().get_doctest(code, namespace, name, str(path), line - 1)
            doctest.DebugRunner(verbose=False).run(test, clear_globs=False)
            namespace.update(test.globs)


@pytest.fixture
def namespace(tmp_path, monkeypatch):
    """A module's namespace, as dataclasses look their module up by name, in a folder that is thrown away."""
    module = types.ModuleType("example")
    monkeypatch.setitem(sys.modules, "example", module)
    monkeypatch.chdir(tmp_path)
    return module.__dict__


PAGES = ["README.md", *sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "docs").rglob("*.md"))]
TUTORIALS = ("compare", "compose", "from-pytorch", "reinforcement-learning", "sweep", "write-a-cell")
HEAVY = {
    *(f"docs/tutorials/{name}.md" for name in TUTORIALS),
    *(page for page in PAGES if page.startswith("docs/coming-from/")),
    "docs/cells.md",
    "docs/inside.md",
    "docs/populations.md",
    "docs/parallel.md",
    "docs/sequences.md",
}
"""Pages that compile or train for more than a few seconds."""
NEEDS = {
    "docs/convert.md": "onnx",
    "docs/tutorials/from-pytorch.md": "torch",
    "docs/coming-from/pytorch.md": "torch",
    **{f"docs/coming-from/{name}.md": name for name in ("keras", "equinox", "haiku")},
}
"""What a page shows besides gatedrnn, which may not be installed."""


@pytest.mark.parametrize(
    "path", [pytest.param(page, marks=pytest.mark.verify) if page in HEAVY else page for page in PAGES]
)
def test_examples_run_as_they_stand(path, namespace):
    # Not imported here: a page may say first how, as Keras asks for its backend.
    if path in NEEDS and importlib.util.find_spec(NEEDS[path]) is None:
        pytest.skip(f"{NEEDS[path]} is not installed")
    run(ROOT / path, namespace)


def test_a_wrong_example_fails_at_its_line(tmp_path, namespace):
    page = tmp_path / "page.md"
    page.write_text("text\n```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n")
    with pytest.raises(AssertionError) as caught:
        run(page, namespace)
    assert (str(caught.traceback[-1].path), caught.traceback[-1].lineno + 1) == (str(page), 7)
    page.write_text("```python\nx = 1\n```\n```pycon\n>>> x\n2\n\n```\n")
    with pytest.raises(doctest.DocTestFailure) as shown:
        run(page, namespace)
    assert shown.value.got == "1\n"
    page.write_text("```pycon\n>>> x = 1\n>>> def f():\n...     return 1 / 0\n\n```\n```pycon\n>>> f()\n\n```\n")
    with pytest.raises(doctest.UnexpectedException) as raised:
        run(page, namespace)
    assert raised.value.exc_info[0] is ZeroDivisionError
