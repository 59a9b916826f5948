"""Is the GRU better on chorales, at the sizes of the paper? Scaled down to what 2 CPU cores can do in minutes.

Paper: Chung, Gulcehre, Cho and Bengio 2014, arXiv 1412.3555v1.
Command: GATEDRNN_DATA=folder python experiments/reproduce.py configs/reproduce/chung_2014_jsb.py
Time and measured result: docs/evidence.md, chung-2014-jsb.
"""

from gatedrnn.evidence.chung_2014 import CHUNG_2014_JSB

name, config = "chung-2014-jsb", CHUNG_2014_JSB.small
