"""Three versions into one: of trees, of a file, of lines, of entries by key. Pure."""
