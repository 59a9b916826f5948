"""Does a forget bias of 1 close the gap to the GRU? Scaled down to what 2 CPU cores can do in minutes.

Papers: Jozefowicz, Zaremba and Sutskever 2015; Tallec and Ollivier 2018, arXiv 1804.11188v1.
Command: python experiments/reproduce.py configs/reproduce/forget_bias.py
Time and measured result: docs/evidence.md, forget-bias.
"""

from gatedrnn.evidence.forget_bias import SMALL

name, config = "forget-bias", SMALL
