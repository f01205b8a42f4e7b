"""One verb of the command per module; each has `run(options) -> exit code`."""
