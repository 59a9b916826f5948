"""Do LSTM and GRU beat linear and seasonal-naive forecasts? Scaled down to what 2 CPU cores can do in minutes.

Paper: none with LSTM or GRU in this form; data and parts of H. Zhou et al. 2021, arXiv 2012.07436v3.
Command: python experiments/reproduce.py configs/reproduce/etth1.py
Time and measured result: docs/evidence.md, etth1.
"""

from gatedrnn.evidence.etth1 import SMALL

name, config = "etth1", SMALL
