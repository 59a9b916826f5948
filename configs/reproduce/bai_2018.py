"""Does the LSTM fail at long adding by its forget bias? Scaled down to what 2 CPU cores can do in minutes.

Paper: Bai, Kolter and Koltun 2018, arXiv 1803.01271v2.
Command: python experiments/reproduce.py configs/reproduce/bai_2018.py
Time and measured result: docs/evidence.md, bai-2018.
"""

from gatedrnn.evidence.bai_2018 import SMALL

name, config = "bai-2018", SMALL
