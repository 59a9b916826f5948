"""Which parts does an LSTM need, and which hyperparameters? Scaled down to what 2 CPU cores can do in minutes.

Paper: Greff, Srivastava, Koutník, Steunebrink and Schmidhuber 2017, arXiv 1503.04069v2.
Command: GATEDRNN_DATA=folder python experiments/reproduce.py configs/reproduce/greff_2017.py
Time and measured result: docs/evidence.md, greff-2017.
"""

from gatedrnn.evidence.greff_2017 import SMALL

name, config = "greff-2017", SMALL
