"""What this package raises for a mistake of the user's.

Owned by the template: do not edit.
"""


class ProjectError(Exception):
    """The project's files or data are wrong: shown as a message, without a traceback."""
