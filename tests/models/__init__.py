"""Ten data sets of other people: a folder of `cases` each, with the files that a user would write."""
