"""The report, its plots, and the summary in the terminal."""
