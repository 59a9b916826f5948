"""The comparison: budgets, search, statistics, verdict, report."""
