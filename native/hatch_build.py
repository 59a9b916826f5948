"""What hatchling runs before it packs a wheel: the library is compiled into it."""

from __future__ import annotations

import runpy
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileHook(BuildHookInterface):
    """Compiles the library; the wheel is for this platform, and for any Python, as none of its interface is used."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the library into the wheel."""
        del version
        name = "gatedrnn_cpu/gatedrnn_cpu.so"
        runpy.run_path(str(Path(self.root) / "compile.py"))["compile_library"](Path(self.root) / name)
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data |= {"pure_python": False, "tag": f"py3-none-{platform}"}
        build_data["force_include"][str(Path(self.root) / name)] = name
