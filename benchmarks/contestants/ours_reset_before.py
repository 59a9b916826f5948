"""gatedrnn's GRU with the reset gate before the product: what haiku's GRU is to be compared with."""

from __future__ import annotations

from contestants.contestant import Contestant
from contestants.ours import program

CONTESTANT = Contestant("ours_reset_before", program, cells=("GRU",), reset="before")
