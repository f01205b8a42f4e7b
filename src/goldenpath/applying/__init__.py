"""Changes that are carried out, recorded, verified and rolled back: all that writes to a project."""
