"""Figures about what the project promises, each a script that anyone can run."""
