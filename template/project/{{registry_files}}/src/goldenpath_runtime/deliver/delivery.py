"""From a registered version to the champion.

Owned by the template: do not edit. Deploy, approve, promote, roll back, and what the ledger says of
it. Each command first writes what is desired (environments/<env>.yaml), then makes it so, and last
notes what is so in the ledger: whatever is killed in between, the next command completes or undoes
it.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.extras import extra
from goldenpath_runtime.store.ledger import (
    Entry,
    Store,
    append,
    ledger,
    open_store,
    require_signature,
    who,
)
from goldenpath_runtime.store.versions import champion, champions, fetch, objections, resolve

from .environments import Desired, Environment, read_environment, set_version
from .target import Target

COLUMNS = {"number", "at", "event", "env", "version", "sha256"}  # `history` shows others by name


class Place(NamedTuple):
    """One model in one environment, and where both are kept."""

    store: Store
    model: str
    env: str
    settings: Environment

    @property
    def entries(self) -> list[Entry]:
        """The model's ledger."""
        return ledger(self.store, self.model)

    @property
    def target(self) -> Target:
        """Where it runs; ProjectError where this repository has no such place."""
        target = self.open_target()
        if target is None:
            raise ProjectError(
                "this repository was made without a place to deploy to: see `deploy` of the "
                "template"
            )
        return target

    def open_target(self) -> Target | None:
        """Where it runs; None where this repository was made without a place to deploy to."""
        make_target = extra(f"target {self.settings.target}")
        if make_target is None:
            return None
        target: Target = make_target(self.store, self.env, self.settings, self.model)
        return target

    def start(self, version: str) -> Target:
        """Run a version there, without requests of its own."""
        target = self.target
        target.start(version, fetch(self.store, self.model, version))
        return target

    def objection(self, version: str) -> str | None:
        """What the ledger has against the version here, such as "was rolled back"; else None."""
        return objections(self.entries, self.env).get(version)

    def note(self, event: str, **facts: object) -> Entry:
        """Add to the model's ledger."""
        return append(self.store, self.model, event, env=self.env, **facts)


def arguments(
    name: str, argv: Sequence[str], env: str = "production", **more: str
) -> argparse.Namespace:
    """Parse what these commands share, and further options with their help."""
    parser = command(name)
    parser.add_argument("--env", default=env, help="the environment")
    parser.add_argument(
        "--version", help="a registered version, or how it begins; the newest without it"
    )
    for option, text in more.items():
        parser.add_argument(f"--{option}", help=text)
    return parser.parse_args(argv)


def _proposing() -> dict[str, str]:
    """In a repository with jobs of CI they only ask for a change of the file.

    Somebody merges it.
    """
    if not extra("proposals"):
        return {}
    return {"propose": "the command that opens a change from a branch"}


def place(args: argparse.Namespace) -> Place:
    """The model and environment that a command names."""
    store = open_store()
    model, _ = read_params().model(args.model)
    settings = read_environment(args.env)
    return Place(store, model, args.env, settings)


def deploy(argv: Sequence[str]) -> None:
    """Run a version in an environment; in production without requests, which `rollout` gives it."""
    args = arguments("deploy", argv, env="staging")
    here = place(args)
    version = resolve(here.store, here.model, args.version)
    if args.env != "production":
        if here.objection(version):
            here.note("propose", version=version)  # a trial needs no reason
        return _settle(here, version, "deploy")
    require_release(here, version)
    address = here.start(version).address()
    print(f"{version} runs in {args.env} without requests: {address}; now make rollout")
    return None


def approve(argv: Sequence[str]) -> None:
    """Say that a version may get production traffic.

    Refused before its report is in the store and it was accepted.
    """
    args = arguments("approve", argv, note="why; shown in the history")
    here = place(args)
    version = resolve(here.store, here.model, args.version)
    if not args.note:
        raise ProjectError("say on what grounds: make approve BY=name NOTE='...'")
    require_signature()
    report = f"{here.model}/versions/{version}/report/"
    if f"{report}report.md" not in here.store.list(report):
        raise ProjectError(
            f"{version} has no report in the store, and nobody approves what he has not read"
        )
    _require_accepted(here, version)
    for entry in _noted(here, "feedback", version):
        print(f"feedback of {entry['by']}: {entry['note']}")
    here.note("approve", version=version, note=args.note)
    print(f"{version} is approved by {who()}")


def feedback(argv: Sequence[str]) -> None:
    """Note what a named person who tried a version says of it."""
    args = arguments("feedback", argv, note="what they say")
    here = place(args)
    if not args.note:
        raise ProjectError("what do they say? make feedback BY=name NOTE='...'")
    require_signature()
    version = resolve(here.store, here.model, args.version)
    here.note("feedback", version=version, note=args.note)


def require_release(here: Place, version: str) -> None:
    """ProjectError unless the version was accepted in staging.

    Where the policy asks for it, somebody must have approved it, too.
    """
    _require_accepted(here, version)
    approved = _noted(here, "approve", version)
    if here.settings.release == "approval" and not approved:
        raise ProjectError(
            f"{version} is not approved for {here.env}: make approve VERSION={version} BY=name "
            "NOTE='...' "
            f"(environments/{here.env}.yaml: release: {here.settings.release})"
        )


def _require_accepted(here: Place, version: str) -> None:
    if extra("acceptance") is None:
        return  # made without a place to deploy to, so there is nothing to test
    tests = _noted(here, "accept", version)
    if tests and tests[-1]["passed"]:
        return
    why = "failed its acceptance tests" if tests else "was not accepted yet"
    raise ProjectError(f"{version} {why}: make deploy accept ENV=staging VERSION={version}")


def _noted(here: Place, event: str, version: str) -> list[Entry]:
    """The entries of the ledger that note such an event of a version."""
    return [
        entry for entry in here.entries if entry["event"] == event and entry["version"] == version
    ]


def promote(argv: Sequence[str]) -> Any:
    """Make a version the champion of an environment; nothing happens when it is already."""
    args = arguments(
        "promote", argv, force="promote it against what the ledger says, and why", **_proposing()
    )
    here = place(args)
    version = resolve(here.store, here.model, args.version)
    if args.env == "production":
        require_release(here, version)
    _reopen(here, version, args.force)
    if vars(args).get("propose"):
        return extra("proposals").promote(here, version, args.propose)
    return _settle(here, version, "promote")


def _reopen(here: Place, version: str, why: str | None) -> None:
    """Note that a version which was aborted or rolled back is wanted once more, and why.

    That stands before its file says so: then a promotion that is killed after it wrote the file is
    no file that lags behind a rollback. ProjectError without a reason.
    """
    objection = here.objection(version)
    if objection is None:
        return
    if not why:
        again = "make rollout again, or " if extra("acceptance") else ""
        raise ProjectError(
            f"{version} {objection}: {again}make promote VERSION={version} FORCE='why'"
        )
    require_signature()
    here.note("propose", version=version, forced=why)


def rollback(argv: Sequence[str]) -> None:
    """Make the champion before the present one the champion again."""
    args = arguments("rollback", argv, note="why", **_proposing())
    here = place(args)
    settle_interrupted(here)
    found = champions(here.entries, args.env)
    if len(found) < 2:
        first = found[0] if found else "the first"
        raise ProjectError(f"{args.env} has no champion before {first}: see make history")
    *_, before, present = found
    _settle(here, before, "rollback", note=args.note, replaced=present)
    if vars(args).get("propose"):
        extra("proposals").push(here, before, args.propose)


def reconcile(argv: Sequence[str]) -> None:
    """Make an environment what its file says, for every model in it.

    Nothing happens when it is already.
    """
    args = arguments("reconcile", argv)
    settings = read_environment(args.env)
    names = read_params().select(args.model)
    for name in names:
        desired = settings.models.get(name)
        if desired is None or not settle_interrupted(Place(open_store(), name, args.env, settings)):
            what = desired.version if desired else "no version"
            print(f"{name}: {args.env} is as environments/{args.env}.yaml says: {what}")


def settle_interrupted(here: Place) -> bool:
    """Bring what is served, and the ledger, to what the file says.

    Whether there was anything to do.
    """
    desired = here.settings.models.get(here.model)
    if desired is None:
        return False
    target = here.open_target()
    serves = target is None or dict(target.status()) == {desired.version: 100}
    if serves and champion(here.store, here.model, here.env) == desired.version:
        return False
    if champion(here.store, here.model, here.env) != desired.version:
        _require_wanted(here, desired.version)
    _settle(here, desired.version, "reconcile")
    return True


def _require_wanted(here: Place, version: str) -> None:
    """ProjectError where the file names a version that `promote` would refuse.

    So it is after a rollback, as long as the change that says so is not merged.
    """
    objection = here.objection(version)
    if objection:
        raise ProjectError(
            f"environments/{here.env}.yaml names {version}, which {objection}: make or merge the "
            f"change that says otherwise, or make promote VERSION={version} FORCE='why'"
        )
    if here.env == "production":
        require_release(here, version)


def want(here: Place, version: str, event: str) -> None:
    """Write the version into the environment's file and commit that."""
    info = json.loads(here.store.read(f"{here.model}/versions/{version}/model.json"))
    desired = Desired(version=version, sha256=info["sha256"])
    message = f"{event.capitalize()} {here.model} {version} in {here.env}"
    set_version(here.env, here.model, desired, message)


def _settle(here: Place, version: str, event: str, **facts: object) -> None:
    """Make a version the one that an environment runs: its file, what is served, the ledger."""
    want(here, version, event)
    target = here.open_target()
    if target:
        target.start(version, fetch(here.store, here.model, version))
        target.weights({version: 100})
        warm = _kept_warm(here, version, event)
        for other in set(target.status()) - {version}:
            target.stop(other, here.settings.warm_seconds if other in warm else 0)
        print(f"{version} answers in {here.env}: {target.address()}")
    if champion(here.store, here.model, here.env) != version:
        here.note(event, version=version, **facts)


def _kept_warm(here: Place, version: str, event: str) -> list[str]:
    """The champion that a rollback brings back once this event is noted.

    A deployment is a trial and keeps none.
    """
    if event == "deploy":
        return []
    entry = {"event": event, "env": here.env, "version": version}
    found = champions([*here.entries, entry], here.env)
    return found[-2:-1]


def down(argv: Sequence[str]) -> None:
    """Stop what runs in an environment; its file and the ledger's champion stay as they are."""
    args = arguments("down", argv, env="staging")
    here = place(args)
    here.target.stop()
    here.note("down", version=None)


def status(argv: Sequence[str]) -> None:
    """Print what runs in an environment, as JSON."""
    args = arguments("status", argv)
    here = place(args)
    target = here.target
    found = {
        "desired": here.settings.models.get(here.model),
        "champion": champion(here.store, here.model, here.env),
        "refused": objections(here.entries, here.env),
        "running": dict(target.status()),
        "address": target.address(),
    }
    print(json.dumps(found, default=lambda value: value.version))


def history(argv: Sequence[str]) -> None:
    """Print the ledger of a model, a line for each entry."""
    args = arguments("history", argv)
    model, _ = read_params().model(args.model)
    lines = [_line(entry) for entry in ledger(open_store(), model)]
    print("\n".join(lines))


def _line(entry: Entry) -> str:
    """An entry as a person reads it: what all entries have, then whatever else is noted."""
    env = entry.get("env") or ""
    cells = [
        f"{entry['number']:4}",
        entry["at"][:19],
        f"{entry['event']:9}",
        f"{env:10}",
        entry.get("version") or "",
    ]
    others = {key: value for key, value in entry.items() if key not in COLUMNS}
    cells += [f"{key}={value}" for key, value in others.items() if value is not None]
    return " ".join(cells).rstrip()
