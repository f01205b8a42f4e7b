"""Versions of a model in the store, named by their content, and which of them is the champion.

Owned by the template: do not edit. A version is `<model>/versions/<version>/`: model.onnx,
model.json, metrics.json, golden.json (rows with the answers it gave), reference.json (what it was
trained on, in short), seen.json (hashes of those rows) and report/.
"""

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from goldenpath_runtime.errors import ProjectError

from .ledger import Entry, Store, ledger, machine_folder, open_store

TRAFFIC = (
    "deploy",
    "promote",
    "rollback",
    "reconcile",
)  # after these a version has all requests of an environment


def versions(store: Store, model: str) -> list[str]:
    """The registered versions, the oldest first."""
    return list(
        dict.fromkeys(
            entry["version"] for entry in ledger(store, model) if entry["event"] == "register"
        )
    )


def resolve(store: Store, model: str, version: str | None) -> str:
    """That version, or the newest; ProjectError lists what there is instead."""
    known = versions(store, model)
    if not known:
        raise ProjectError(
            f"{model} has no version in {store.url}: run make pipeline register first"
        )
    found = [each for each in known if each.startswith(version or known[-1])]
    if len(found) != 1:
        raise ProjectError(f"{model} has no version {version}; it has {', '.join(known)}")
    return found[0]


def fetch(store: Store, model: str, version: str) -> Path:
    """A local folder with the files of a version: the store's own, or a copy on this machine."""
    prefix = f"{model}/versions/{version}"
    if store.is_local:
        return Path(store.root, prefix).absolute()
    folder = machine_folder(store) / prefix
    if not folder.exists():
        unfinished = folder.with_name(f".{uuid.uuid4().hex}")
        for key in store.list(f"{prefix}/"):
            path = unfinished / key.removeprefix(f"{prefix}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(store.read(key))
        try:
            unfinished.rename(folder)
        except OSError:  # somebody else was quicker
            shutil.rmtree(unfinished)
    return folder


def champions(entries: Sequence[Entry], env: str = "production") -> list[str]:
    """The versions that had all requests and were not rolled back, the present one last."""
    found: list[str] = []
    for entry in entries:
        if (
            entry["event"] not in TRAFFIC
            or entry.get("env") != env
            or [entry["version"]] == found[-1:]
        ):
            continue
        if entry["event"] in ("rollback", "reconcile") and entry["version"] in found:
            del found[found.index(entry["version"]) :]
        found.append(entry["version"])
    return found


def objections(entries: Sequence[Entry], env: str) -> dict[str, str]:
    """By version, what the last that is said of it in an environment has against it.

    It failed in a rollout, or was rolled back, be it by a file that names an earlier one.
    """
    found: dict[str, str] = {}
    for place, entry in enumerate(entries):
        if entry.get("env") != env:
            continue
        event, version, verdict = entry["event"], entry["version"], entry.get("verdict")
        if event in (*TRAFFIC, "propose") or verdict in ("pass", "better"):
            found.pop(version, None)
        if verdict in ("abort", "worse"):
            found[version] = _because("failed in a rollout", entry.get("why"))
        if event in ("rollback", "reconcile"):
            *earlier, present = champions(entries[:place], env) or [version]
            if version in earlier and version != present:
                found[present] = _because("was rolled back", entry.get("note"))
    return found


def _because(what: str, why: str | None) -> str:
    """What has happened and why, if that is known, in one line."""
    return f"{what} ({' '.join(why.split())})" if why else what


def champion(store: Store, model: str, env: str = "production") -> str | None:
    """The version that answers an environment's requests, None before there is one."""
    return next(reversed(champions(ledger(store, model), env)), None)


def champion_folder(model: str) -> Path | None:
    """The local files of the champion of production, None before there is one."""
    store = open_store()
    version = champion(store, model)
    return fetch(store, model, version) if version else None


def compared(model: str, sha256: str) -> tuple[str, str]:
    """`unchanged` where the last version was made of data with this hash, else `new`.

    And the champion, or `none`. A store that cannot be reached stops nobody from training: it says
    so, and nothing is compared.
    """
    try:
        entries = ledger(open_store(), model)
    except ProjectError as error:
        print(f"note: {error} Until then nothing is compared with the champion")
        return "new", "none"
    made_of = [entry.get("data_sha256") for entry in entries if entry["event"] == "register"]
    return "unchanged" if made_of[-1:] == [sha256] else "new", (champions(entries) or ["none"])[-1]
