"""What a report says, once, as plain data: the page, Markdown and the terminal only render it."""
