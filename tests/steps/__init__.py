"""Steps that start at once, and what they depend on: imports, lineage, settings of monitoring."""
