"""The plots of a comparison, each an SVG element made from a task's entry in results.json."""
