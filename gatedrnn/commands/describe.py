"""``gatedrnn describe``: what cells cost, or what a weight file holds."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Annotated

import tyro
from jax.tree import leaves

from gatedrnn.cells.registry import HELP
from gatedrnn.commands.console import make_console
from gatedrnn.convert.contents import contents
from gatedrnn.convert.table import Section, as_dict, render_sections, sections
from gatedrnn.costs.describe import SHOWN
from gatedrnn.costs.describe import describe as describe_cells
from gatedrnn.costs.table import render_description
from gatedrnn.errors import InputError
from gatedrnn.experiment.saving import restore
from gatedrnn.files import refuse_no_file


def describe(
    file: tyro.conf.Positional[Path | None] = None,
    *,
    in_dim: int | None = None,
    hidden: int | None = None,
    out_dim: int | None = None,
    batch: int = 16,
    length: int = 128,
    time: bool = False,
    cells: Annotated[tuple[str, ...], tyro.conf.arg(help=HELP)] = SHOWN,
    json: bool = False,
) -> None:
    """Show what cells cost: gates, states, parameters, FLOPs, memory, and sizes of equal cost.

    With a file of weights: the recurrent layers that it holds, their cells, sizes, parameters and conventions.

    Args:
        file: weights, such as a .safetensors, .pt, .npz, .onnx or .keras; docs/convert.md has all forms. None: cells.
        in_dim: features of the input.
        hidden: units of every cell.
        out_dim: features of a dense head, which counts in equal sizes; none unless given.
        batch: examples, for memory and time.
        length: time steps, for memory and time.
        time: measure the time per step on this device.
        cells: the cells that stand side by side; the help text lists the table of cells.
        json: print JSON instead of a table.
    """
    if file is not None:
        for name, value in (("in_dim", in_dim), ("hidden", hidden), ("out_dim", out_dim)):
            if value is not None:
                raise InputError(f"{name}: expected none where a file is described, got {value} beside {file}")
        refuse_no_file("file", file)
        said = of_network(file) if file.with_suffix(".json").is_file() else sections(contents(file))
        shown, plain = render_sections(said), as_dict(said)
    elif in_dim is None or hidden is None:
        name = "in_dim" if in_dim is None else "hidden"
        raise InputError(f"{name}: expected a number where no file of weights is described, got none")
    else:
        description = describe_cells(in_dim, hidden, out_dim, batch=batch, length=length, time=time, cells=cells)
        shown, plain = render_description(description), description.as_dict()
    if json:
        print(dumps(plain, indent=1))
    else:
        make_console().print(shown)


def of_network(file: Path) -> list[Section]:
    """Return what is said of a network that `gatedrnn train` or `compare` saved: it lies in two files, JSON is one.

    Raises:
        InputError: where the files hold no network, or do not fit together.
    """
    config, cell, params = restore(file.with_suffix(""))
    around = config["architecture"]
    directions = "both directions" if around["bidirectional"] else "one direction"
    rows = [
        ("cells", config["cell"]),
        ("configuration", repr(cell)),
        ("written by", "gatedrnn"),
        ("inputs", f"{config['in_dim']:,}"),
        ("outputs", f"{config['out_dim']:,}"),
        ("layers", f"{around['layers']}, in {directions}"),
        ("task", config["title"]),
        ("parameters", f"{sum(leaf.size for leaf in leaves(params)):,} in {len(leaves(params))} arrays"),
    ]
    return [Section(file.name, rows)]
