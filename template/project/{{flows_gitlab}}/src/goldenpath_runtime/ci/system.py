"""What GitLab CI/CD has of its own: how it names its jobs. They get their token as a variable.

Owned by the template: do not edit.
"""

from .identity import System


class GitLab(System):
    """GitLab CI/CD: a subject is the branch of a project."""

    name = "gitlab"
    issuer = "https://{host}"
    subject = "project_path:{repository}:ref_type:branch:ref:{branch}"


SYSTEM = GitLab()
