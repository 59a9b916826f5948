"""Statistics of paired replicates."""
