"""Does the LSTM count, and the GRU not? Scaled down to what 2 CPU cores can do in minutes.

Paper: Weiss, Goldberg and Yahav 2018, arXiv 1805.04908v1.
Command: python experiments/reproduce.py configs/reproduce/weiss_2018.py
Time and measured result: docs/evidence.md, weiss-2018.
"""

from gatedrnn.evidence.weiss_2018 import SCALED

name, config = "weiss-2018", SCALED
