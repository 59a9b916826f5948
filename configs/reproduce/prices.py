"""Do LSTM and GRU beat the last price, where nothing can? Scaled down to what 2 CPU cores can do in minutes.

Paper: arXiv 2504.18185, on real prices.
Command: python experiments/reproduce.py configs/reproduce/prices.py
Time and measured result: docs/evidence.md, prices.
"""

from gatedrnn.evidence.prices import SMALL

name, config = "prices", SMALL
