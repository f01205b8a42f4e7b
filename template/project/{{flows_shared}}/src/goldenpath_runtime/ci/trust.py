"""`make cloud-bootstrap`: what an administrator runs once, so that a cloud trusts the jobs.

Owned by the template: do not edit. It prints commands; words in capitals are the account's own.
"""

import argparse
import json
import re
import tomllib
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import git, read_yaml
from goldenpath_runtime.store.ledger import open_store

from .identity import AUDIENCES
from .preflight import SETTINGS, Settings
from .system import SYSTEM

CLOUDS = {"s3": "aws", "gs": "gcp", "az": "azure"}


class Trust(NamedTuple):
    """Whom a cloud trusts: issuer, subjects and audience of tokens; the store's place.

    A name for what is made.
    """

    issuer: str
    subjects: Sequence[str]
    audience: str
    place: str
    name: str


def cloud_bootstrap(argv: Sequence[str]) -> None:
    """The command: print trust and rights for the jobs of each environment of ci/settings.yml."""
    parser = argparse.ArgumentParser(prog="cloud-bootstrap")
    parser.add_argument("--cloud", choices=AUDIENCES, help="that of the store without it")
    parser.add_argument(
        "values", nargs="*", metavar="name=value", help="what git does not know of the repository"
    )
    args = parser.parse_args(argv)
    scheme, _, place = open_store().url.rpartition("://")
    cloud = args.cloud or CLOUDS.get(scheme)
    if cloud is None:
        raise ProjectError(f"the store {place} is in no cloud: CLOUD=aws, gcp or azure chooses one")
    settings = read_yaml(SETTINGS, Settings)
    given = dict(value.partition("=")[::2] for value in args.values)
    known = {**_origin(), "branch": settings.branch, "name": _project(), **given}
    try:
        words = SYSTEM.words(known)
        pairs = product(settings.environments, ("train", "deliver", "watch"))
        subjects = sorted(
            {SYSTEM.subject.format(**words, environment=where, flow=flow) for where, flow in pairs}
        )
        issuer, name = SYSTEM.issuer.format(**words), _short(known.get("repository", "goldenpath"))
        trusted = Trust(issuer, subjects, SYSTEM.audiences[cloud], place, name)
        print({"aws": _aws, "gcp": _gcp, "azure": _azure}[cloud](trusted))
    except KeyError as missing:
        raise ProjectError(
            f"say {missing}: make cloud-bootstrap SET={missing.args[0]}=...; see docs/ci.md"
        ) from None


def _origin() -> dict[str, str]:
    """Host and name of the repository, as git knows them."""
    url = git("remote", "get-url", "origin") or ""
    found = re.search(r"^(?:\w+://)?(?:[^@/]+@)?([^:/]+)(?::\d+)?[:/](.+?)(?:\.git)?/?$", url)
    return {"host": found[1], "repository": found[2]} if found else {}


def _project() -> str:
    return str(tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["name"])


def _short(repository: str) -> str:
    return "jobs-" + re.sub(r"[^a-z0-9]+", "-", repository.lower())[-24:].strip("-")


def _aws(trusted: Trust) -> str:
    issuer, subjects, audience, place, name = trusted
    host, (bucket, _, folder) = issuer.removeprefix("https://"), place.partition("/")
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::ACCOUNT:oidc-provider/{host}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{host}:aud": audience},
            "StringLike": {f"{host}:sub": subjects},
        },
    }
    files = f"arn:aws:s3:::{bucket}/{folder}/*" if folder else f"arn:aws:s3:::{bucket}/*"
    rights = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": files,
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"},
    ]
    who, may = (
        json.dumps({"Version": "2012-10-17", "Statement": s}, indent=2) for s in ([trust], rights)
    )
    return f"""aws iam create-open-id-connect-provider --url {issuer} --client-id-list {audience}
aws iam create-role --role-name {name} --assume-role-policy-document '{who}'
aws iam put-role-policy --role-name {name} --policy-name store --policy-document '{may}'
# Then set AWS_ROLE_ARN=arn:aws:iam::ACCOUNT:role/{name} and AWS_REGION \
as variables of the CI system."""


def _gcp(trusted: Trust) -> str:
    issuer, subjects, audience, place, name = trusted
    tests = [
        f"assertion.sub.startsWith('{s[:-1]}')" if s[-1] == "*" else f"assertion.sub == '{s}'"
        for s in subjects
    ]
    account = f"{name}@PROJECT.iam.gserviceaccount.com"
    pool = f"--location=global --workload-identity-pool={name}"
    members = (
        "principalSet://iam.googleapis.com/projects/NUMBER/locations/global/"
        f"workloadIdentityPools/{name}/*"
    )
    return f"""gcloud iam workload-identity-pools create {name} --location=global
gcloud iam workload-identity-pools providers create-oidc jobs {pool} \\
  --issuer-uri={issuer} --allowed-audiences={audience} \\
  --attribute-mapping=google.subject=assertion.sub --attribute-condition="{" || ".join(tests)}"
gcloud iam service-accounts create {name}
gcloud iam service-accounts add-iam-policy-binding {account} \
--role=roles/iam.workloadIdentityUser --member='{members}'
gcloud storage buckets add-iam-policy-binding gs://{place.partition("/")[0]} \\
  --role=roles/storage.objectUser --member=serviceAccount:{account}
# Then set, as variables of the CI system, GOOGLE_SERVICE_ACCOUNT={account} and \
GOOGLE_WORKLOAD_IDENTITY_PROVIDER=
#   projects/NUMBER/locations/global/workloadIdentityPools/{name}/providers/jobs"""


def _azure(trusted: Trust) -> str:
    issuer, subjects, audience, place, name = trusted
    if any("*" in subject for subject in subjects):
        raise ProjectError(
            "Azure compares whole subjects, and here they end with a name that is not known before"
        )
    trusts = [
        f"az identity federated-credential create --identity-name {name} --resource-group GROUP "
        f"--name jobs-{number} "
        f"--issuer {issuer} --subject '{subject}' --audiences {audience}"
        for number, subject in enumerate(subjects, 1)
    ]
    return "\n".join(
        [
            f"az identity create --name {name} --resource-group GROUP",
            *trusts,
            "az role assignment create --role 'Storage Blob Data Contributor' --assignee "
            "PRINCIPAL_ID "
            f"--scope STORAGE_ACCOUNT_ID/blobServices/default/containers/{place.partition('/')[0]}",
            "# Then set AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_STORAGE_ACCOUNT_NAME as variables "
            "of the CI system.",
        ]
    )
