"""What a release promises to the repositories made from earlier ones."""
