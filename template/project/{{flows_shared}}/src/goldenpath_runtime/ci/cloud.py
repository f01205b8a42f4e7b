"""Access to a cloud without a stored key.

Owned by the template: do not edit. `make sign-in` writes the job's identity token where its
libraries look. make/ci.mk names the files to those libraries; trust.py prints what the cloud needs.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from goldenpath_runtime.errors import ProjectError

from .system import SYSTEM

TOKEN, GOOGLE = Path("build/id-token"), Path("build/google.json")
ROLES = {
    "aws": "AWS_ROLE_ARN",
    "gcp": "GOOGLE_WORKLOAD_IDENTITY_PROVIDER",
    "azure": "AZURE_CLIENT_ID",
}


def sign_in(argv: Sequence[str]) -> None:
    """Write the job's identity token; nothing where no role of a cloud is set.

    ProjectError where there is no token.
    """
    argparse.ArgumentParser(prog="sign-in").parse_args(argv)
    cloud = next((name for name, role in ROLES.items() if os.environ.get(role)), None)
    if cloud is None:
        print("no role of a cloud is set: nothing to sign in to")
        return
    token = SYSTEM.token(SYSTEM.audiences[cloud])
    if token is None:
        raise ProjectError(
            "this job has no identity token: docs/ci.md says how the CI system is told to give it "
            "one"
        )
    TOKEN.parent.mkdir(parents=True, exist_ok=True)
    TOKEN.touch(mode=0o600)
    TOKEN.write_text(token, encoding="utf-8")
    if cloud == "gcp":
        found = _google(os.environ[ROLES[cloud]], os.environ.get("GOOGLE_SERVICE_ACCOUNT"))
        GOOGLE.write_text(json.dumps(found), encoding="utf-8")
    print(f"signed in to {cloud} as this job, for some minutes")


def _google(provider: str, account: str | None) -> Mapping[str, object]:
    """What Google's libraries read in place of a key.

    Where the token is, and whose rights it gives.
    """
    acting = (
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
        f"{account}:generateAccessToken"
    )
    return {
        "type": "external_account",
        "audience": f"//iam.googleapis.com/{provider}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(TOKEN.absolute())},
        **({"service_account_impersonation_url": acting} if account else {}),
    }
