"""The projects of one repository: which there are, and one thing done for each in turn."""
