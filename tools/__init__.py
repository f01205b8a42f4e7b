"""What `make` runs in this repository."""
