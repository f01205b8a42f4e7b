"""What the template promises: its grammar, what it renders, and that the result runs."""
