"""What the benchmark of serving starts beside a generated repository's own service; runs in the peers' environment."""
