"""What GitHub Actions has of its own: how it names its jobs, and how a job asks for its token.

Owned by the template: do not edit.
"""

import os
from collections.abc import Mapping
from urllib.parse import quote

from .identity import System, ask

WITH_IDS = """\
# A repository made or renamed since 15 July 2026 has ids in its subject: for such a one,
# make cloud-bootstrap SET='owner_id=... repository_id=...'
# with what this prints: gh api repos/{repository} --jq '.owner.id, .id'"""


class GitHub(System):
    """GitHub Actions: a subject is an environment of the repository."""

    name = "github"
    issuer = "https://token.actions.githubusercontent.com"
    subject = "repo:{repository}:environment:{environment}"

    def words(self, known: Mapping[str, str]) -> Mapping[str, str]:
        """With the ids in the name of the repository where they are given.

        Where they are not, say when it has some.
        """
        if not {"owner_id", "repository_id"} <= known.keys():
            print(WITH_IDS.format(**known))
            return known
        owner, _, name = known["repository"].partition("/")
        return {
            **known,
            "repository": f"{owner}@{known['owner_id']}/{name}@{known['repository_id']}",
        }

    def token(self, audience: str) -> str | None:
        """From the service of GitHub that a job with `id-token: write` is told of."""
        if url := os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
            bearer = os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
            return ask(f"{url}&audience={quote(audience)}", bearer, "value")
        return super().token(audience)


SYSTEM = GitHub()
