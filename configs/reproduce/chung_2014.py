"""Is the GRU better on polyphonic music, at the sizes of the paper? Scaled down to what 2 CPU cores can do in minutes.

Paper: Chung, Gulcehre, Cho and Bengio 2014, arXiv 1412.3555v1.
Command: GATEDRNN_DATA=folder python experiments/reproduce.py configs/reproduce/chung_2014.py
Time and measured result: docs/evidence.md, chung-2014.
"""

from gatedrnn.evidence.chung_2014 import SMALL

name, config = "chung-2014", SMALL
