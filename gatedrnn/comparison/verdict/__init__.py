"""From statistics to exactly one verdict in words."""
