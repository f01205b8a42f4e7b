"""The command, against small templates made on the spot; no network."""
