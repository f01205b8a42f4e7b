"""`make preflight FLOW=...` says what a flow needs and has not, before anything runs.

Owned by the template: do not edit. What has to be set in the CI system is declared in
ci/settings.yml, which is yours. Variables are looked at here; rules of branches, environments and
schedules are not: those are declared, not enforced.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import read_params
from goldenpath_runtime.deliver.environments import read_environment
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import Frozen, read_yaml
from goldenpath_runtime.store.ledger import Store, open_store
from goldenpath_runtime.store.versions import champion, resolve

from .system import SYSTEM

SETTINGS, RELEASE = Path("ci/settings.yml"), Path("reports/release")
Flow = Literal["check", "train", "deliver", "watch"]


class Variable(Frozen):
    """A variable or secret of the CI system, and the flows that cannot do without it."""

    what: str
    secret: bool = False
    needed_by: tuple[Flow, ...] = ()


class Settings(Frozen):
    """ci/settings.yml.

    Keys without a type here are for people, and for what applies them one day.
    """

    system: str
    branch: str
    branch_rules: Mapping[str, Any] = {}
    environments: Mapping[str, Mapping[str, Any]] = {}
    schedules: Mapping[str, Any] = {}
    webhooks: Mapping[str, str] = {}
    project: Mapping[str, str] = {}
    variables: Mapping[str, Variable] = {}

    @field_validator("system")
    @classmethod
    def _is_that_of_the_files(cls, value: str) -> str:
        if value != SYSTEM.name:
            raise ValueError(f"the CI files of this repository are for {SYSTEM.name}")
        return value


def preflight(argv: Sequence[str]) -> int:
    """The command: 1 when something is missing, with its name and where it is set.

    All of it at once.
    """
    parser = command("preflight")
    flows = Flow.__args__  # type: ignore[attr-defined]
    parser.add_argument("--flow", choices=flows, required=True)
    parser.add_argument("--version", help="the version that is delivered; the newest without it")
    args = parser.parse_args(argv)
    settings = read_yaml(SETTINGS, Settings)
    try:
        store = open_store()
    except ProjectError as error:
        raise ProjectError(
            f"{error}. For a store in another cloud: copier update --data store=..., make lock"
        ) from None
    missing = list(_missing(settings, args.flow, store))
    for line in missing:
        print(f"MISSING {line}")
    if not missing and args.flow == "deliver":
        RELEASE.parent.mkdir(parents=True, exist_ok=True)
        for suffix, word in _release(store, args.model, args.version).items():
            RELEASE.with_suffix(suffix).write_text(word + "\n", encoding="utf-8")
    kinds = ("branch_rules", "environments", "schedules", "webhooks", "project")
    declared = ", ".join(kind.replace("_", " ") for kind in kinds if getattr(settings, kind))
    print(
        f"{args.flow}: {len(missing)} missing; declared in {SETTINGS} and not looked at: {declared}"
    )
    return 1 if missing else 0


def _missing(settings: Settings, flow: Flow, store: Store) -> Iterator[str]:
    for name, variable in settings.variables.items():
        if flow in variable.needed_by and not os.environ.get(name):
            kind = "secret" if variable.secret else "variable"
            yield f"{name}, a {kind} of the CI system: {variable.what}"
    if store.is_local and not Path(store.url).is_absolute():
        line = (
            f"a store that outlives jobs: {store.url} is a folder in this job's clone; "
            "set GOLDENPATH_STORE"
        )
        if flow != "train":
            yield line
        else:
            print(
                "note: nothing is kept but the report, and nothing is delivered. "
                f"{line[2:].capitalize()}"
            )


def _release(store: Store, name: str | None, version: str | None) -> dict[str, str]:
    """The version that is meant, and `approval` where a person has to approve.

    `automatic` where nobody is asked. Nobody is asked where the policy says so, or where the
    version is the champion already.
    """
    model, settings = read_params().model(name)[0], read_environment("production")
    chosen, desired = resolve(store, model, version), settings.models.get(model)
    known = chosen == champion(store, model) and desired and desired.version == chosen
    return {".version": chosen, ".verdict": "automatic" if known else settings.release}
