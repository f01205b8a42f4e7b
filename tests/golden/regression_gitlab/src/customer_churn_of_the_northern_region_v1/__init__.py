"""Your model: everything in this folder is yours, the template does not touch it again."""
