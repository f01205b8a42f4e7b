"""What Jenkins has of its own: how it names its jobs. They get their token as a file.

Owned by the template: do not edit.
"""

from .identity import System


class Jenkins(System):
    """Jenkins: a subject is a job of the repository's folder."""

    name = "jenkins"
    issuer = "{jenkins}/oidc"
    subject = "{jenkins}/job/{folder}/job/{flow}/"


SYSTEM = Jenkins()
