"""The one error that means "something you can mend", and nothing else.

Owned by the template: do not edit.
"""


class ProjectError(Exception):
    """Something in the project's files or data is not as it must be: shown as one message, without a traceback."""
