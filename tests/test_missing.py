"""A package that is missing is named with what installs it, and one that is installed and broken is not called so."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatedrnn.convert import safetensors
from gatedrnn.errors import MissingPackageError
from gatedrnn.experiment import saving
from gatedrnn.tasks import dates, source
from gatedrnn.tasks.baselines import fitting
from tests.helpers.paths import ROOT

ASKED: dict[str, tuple[Callable[[], Any], str]] = {
    "pyarrow": (source.arrow, "tables need pyarrow"),
    "pandas": (dates.pandas, "dates in text need pandas"),
    "safetensors": (safetensors.package, ".safetensors files need safetensors"),
    "safetensors of runs": (saving._safetensors, "saved networks need safetensors"),
    "sklearn": (fitting.linear_models, "baselines need scikit-learn"),
    "sklearn.ensemble": (lambda: fitting.forest(1), "baselines need scikit-learn"),
}
BROKEN = {
    "raise ImportError('libx.so.2: cannot open\\n  shared object file')": "libx.so.2: cannot open shared object file",
    "import no_such_dependency": "No module named 'no_such_dependency'",
    "raise ValueError('numpy.dtype size changed')": "numpy.dtype size changed",
    "assert False": "AssertionError",
}


def forget(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("program", BROKEN)
@pytest.mark.parametrize("name", ASKED)
def test_one_that_is_broken_says_how(name: str, program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ask, what = ASKED[name]
    package = re.split(r"[ .]", name)[0]
    forget(package, monkeypatch)
    (tmp_path / f"{package}.py").write_text(program, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackageError) as refused:
        ask()
    said = f"{what}, which is installed but cannot be imported ({BROKEN[program]}): install it anew"
    assert str(refused.value) == said


@pytest.mark.parametrize("name", ASKED)
def test_one_that_is_missing_says_what_installs_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, what = ASKED[name]
    package = re.split(r"[ .]", name)[0]
    forget(package, monkeypatch)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=rf"^{re.escape(what)}: pip install 'gatedrnn\[\w+\]'$"):
        ask()


def test_each_optional_package_is_asked_for_in_this_way() -> None:
    """Whoever caught an ImportError would call missing what is broken."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sorted((ROOT / "gatedrnn").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and node.type is not None
        if {"ImportError", "ModuleNotFoundError"}
        & {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
    ]
    assert found == []
