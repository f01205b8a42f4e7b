"""Who a job of CI is: what all systems share; system.py has what is special about one.

Owned by the template: do not edit.
"""

import json
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from goldenpath_runtime.errors import ProjectError

AUDIENCES = {
    "aws": "sts.amazonaws.com",
    "gcp": "https://iam.googleapis.com",
    "azure": "api://AzureADTokenExchange",
}


class System:
    """A CI system: its name in ci/settings.yml, and the tokens of its jobs.

    `issuer` and `subject` say who issues a token, and about whom; `audiences` are the clouds that
    take one. Words in braces are known from git and ci/settings.yml, or asked for:
    SET='organization=...'.
    """

    name: str
    issuer: str
    subject: str
    audiences: Mapping[str, str] = AUDIENCES

    def words(self, known: Mapping[str, str]) -> Mapping[str, str]:
        """The words for issuer and subject, from those that are known.

        KeyError for one that is missing.
        """
        return known

    def token(self, audience: str) -> str | None:  # noqa: ARG002 (others use it)
        """The token of this job, which its file hands over as a file or a variable.

        None where it has none.
        """
        if path := os.environ.get("GOLDENPATH_ID_TOKEN_FILE"):
            return Path(path).read_text(encoding="utf-8").strip()
        return os.environ.get("GOLDENPATH_ID_TOKEN")


def ask(url: str, bearer: str, key: str, body: bytes | None = None) -> str:
    """A token from the CI system's own service; ProjectError where it gives none."""
    head = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    try:
        request = urllib.request.Request(url, body, head)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return str(json.load(answer)[key])
    except (OSError, ValueError, KeyError) as error:
        raise ProjectError(
            f"no identity token from the CI system: {error}; may this job ask for one?"
        ) from None
