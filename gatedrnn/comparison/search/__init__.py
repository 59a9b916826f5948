"""The search that a comparison repeats: trials of one cell, all cells at once, within a time, and its extension."""
