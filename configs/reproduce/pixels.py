"""Is the GRU better on digits read pixel by pixel? Scaled down to what 2 CPU cores can do in minutes.

Paper: Bai, Kolter and Koltun 2018, arXiv 1803.01271v2.
Command: python experiments/reproduce.py configs/reproduce/pixels.py
Time and measured result: docs/evidence.md, pixels.
"""

from gatedrnn.evidence.pixels import SMALL

name, config = "pixels", SMALL
