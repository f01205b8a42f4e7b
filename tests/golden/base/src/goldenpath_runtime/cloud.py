"""Access to a cloud without a stored key: `make sign-in` writes the job's identity token where its libraries look.

Owned by the template: do not edit. make/ci.mk names the files to those libraries; trust.py prints what the cloud needs.
"""

import argparse
import json
import os
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from .config import ProjectError

TOKEN, GOOGLE = Path("build/id-token"), Path("build/google.json")
ROLES = {"aws": "AWS_ROLE_ARN", "gcp": "GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "azure": "AZURE_CLIENT_ID"}
AUDIENCES = {"aws": "sts.amazonaws.com", "gcp": "https://iam.googleapis.com", "azure": "api://AzureADTokenExchange"}


def sign_in(argv: Sequence[str]) -> None:
    """Write the job's identity token; nothing where no role of a cloud is set. ProjectError where there is no token."""
    argparse.ArgumentParser(prog="sign-in").parse_args(argv)
    cloud = next((name for name, role in ROLES.items() if os.environ.get(role)), None)
    if cloud is None:
        print("no role of a cloud is set: nothing to sign in to")
        return
    TOKEN.parent.mkdir(parents=True, exist_ok=True)
    TOKEN.touch(mode=0o600)
    TOKEN.write_text(_token(AUDIENCES[cloud]), encoding="utf-8")
    if cloud == "gcp":
        found = _google(os.environ[ROLES[cloud]], os.environ.get("GOOGLE_SERVICE_ACCOUNT"))
        GOOGLE.write_text(json.dumps(found), encoding="utf-8")
    print(f"signed in to {cloud} as this job, for some minutes")


def _token(audience: str) -> str:
    env = os.environ
    if url := env.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        return _ask(f"{url}&audience={quote(audience)}", env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"], "value")
    if url := env.get("SYSTEM_OIDCREQUESTURI"):
        connection = env.get("AZURE_SERVICE_CONNECTION_ID")
        url += "?api-version=7.1" + (f"&serviceConnectionId={connection}" if connection else "")
        return _ask(url, env.get("SYSTEM_ACCESSTOKEN", ""), "oidcToken", b"{}")
    if path := env.get("GOLDENPATH_ID_TOKEN_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    if token := env.get("GOLDENPATH_ID_TOKEN"):
        return token
    raise ProjectError("this job has no identity token: docs/ci.md says how the CI system is told to give it one")


def _ask(url: str, bearer: str, key: str, body: bytes | None = None) -> str:
    head = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=30) as answer:  # noqa: S310
            return str(json.load(answer)[key])
    except (OSError, ValueError, KeyError) as error:
        raise ProjectError(f"no identity token from the CI system: {error}; may this job ask for one?") from None


def _google(provider: str, account: str | None) -> Mapping[str, object]:
    """What Google's libraries read in place of a key: where the token is, and whose rights it gives."""
    acting = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
    return {
        "type": "external_account",
        "audience": f"//iam.googleapis.com/{provider}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(TOKEN.absolute())},
        **({"service_account_impersonation_url": acting} if account else {}),
    }
