"""What is shown of a comparison: the page, Markdown, the terminal, its plots; only commands import it."""
