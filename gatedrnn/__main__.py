"""Entry of the command ``gatedrnn``, which names what it needs before it fails for want of it."""

from __future__ import annotations

import importlib.util
import sys

NEEDED = ("tyro", "rich", "matplotlib", "scipy", "sklearn", "pyarrow", "safetensors")


def main() -> None:
    """Run the command line."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"gatedrnn: {', '.join(missing)} not found; pip install 'gatedrnn[compare]'")
    from gatedrnn.commands import cli

    sys.exit(cli.run())


if __name__ == "__main__":
    main()
