"""What results.json holds, said once: a type for each entry; docs/results.md says the same in words."""
