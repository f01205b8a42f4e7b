"""What CircleCI has of its own: how it names its jobs. They get their token as a variable.

Owned by the template: do not edit.
"""

from .identity import System


class CircleCI(System):
    """CircleCI: a subject is a project, and whoever has started the job."""

    name = "circleci"
    issuer = "https://oidc.circleci.com/org/{organization_id}"
    subject = "org/{organization_id}/project/{project_id}/*"


SYSTEM = CircleCI()
