"""What decides how a model turns out, as hashes: data, settings, code and versions.

Owned by the template: do not edit. This is no part of artifact.py, so that the step `data` can
write for DVC what a training depends on without importing onnx. What has changed meanwhile is named
from here, too.
"""

import hashlib
import inspect
import json
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .config import PARAMS
from .errors import ProjectError
from .files import git, read_json, write_json, write_text, write_verdict
from .project import Project

OWN = Path(__file__).parent
# The modules of this package that decide how a model turns out. An update of any other one retrains
# nothing.
TRAINING = (
    "artifact",
    "config",
    "data",
    "delimited",
    "figures",
    "interface",
    "lineage",
    "metrics",
    "prepare",
    "schema",
    "split",
    "train",
)
# The keys of a model by which `data` reads and splits the rows.
READING = ("task", "target", "positive", "data", "schema", "split", "seed")
READ = "read.json"  # in the folder of the build: the state by which the rows were read
JUDGING = ("gate",)  # and those that decide nothing before the gate


def training_inputs(project: Project) -> dict[str, str]:
    """Hashes of all but the rows.

    Of params.yaml it is the model's own entry with all defaults, so comments, other models and
    `monitor` do not count.
    """
    params = json.dumps(settings(project), sort_keys=True)
    model_file = Path(inspect.getfile(type(project.model)))
    schema_file = Path(project.params.schema_file)
    code = _files(Path("src"), "*") | _files(model_file.parent, "*.py")
    return {
        "params_sha256": hashlib.sha256(params.encode()).hexdigest(),
        "schema_sha256": _digest([schema_file]),
        "sources_sha256": _digest(code),
        "runtime_sha256": _digest(OWN / f"{name}.py" for name in TRAINING),
        "lock_sha256": _digest([_lock()]),
    }


def settings(project: Project) -> dict[str, Any]:
    """The model's own entry of params.yaml with all defaults, as JSON has it."""
    return project.params.model_dump(mode="json", by_alias=True)


def reading_inputs(project: Project) -> dict[str, Any]:
    """What `data` leaves beside the rows: what a training depends on, and what it read them by."""
    given = settings(project)
    reading = {key: given[key] for key in READING}
    return {**training_inputs(project), "reading": reading}


def is_read(project: Project) -> bool:
    """Whether `data` would read the same again and leave the same files; told by hashes alone.

    False where `note_read` has noted nothing.
    """
    path = project.build / READ
    if not path.exists():
        return False
    known = read_json(path, "data")
    source = Path(known.get("source", ""))
    if not source.exists():
        return False
    return bool(known == {**reading_state(project, source), "written": _written(project)})


def note_read(project: Project, before: Mapping[str, Any]) -> None:
    """Note the state by which the rows were read, and what was written, for `is_read`."""
    write_json(project.build / READ, {**before, "written": _written(project)})


def reading_state(project: Project, source: Path) -> dict[str, Any]:
    """All that decides what `data` leaves, where all rows are in one place of this machine."""
    settings_files = [PARAMS, Path("pyproject.toml"), _lock(), Path(project.params.schema_file)]
    code = _files(Path("src"), "*") | set(OWN.rglob("*.py"))
    code |= _files(Path("environments"), "*")  # `data` refuses what is misspelt there
    ours = [f"{name}={text}" for name, text in os.environ.items() if name.startswith("GOLDENPATH_")]
    environment = "\n".join(sorted(ours))
    packages = Path(sysconfig.get_path("purelib"))
    return {
        "source": str(source),
        "files": _digests([*settings_files, *code, source, *source.rglob("*")]),
        "environment": hashlib.sha256(environment.encode()).hexdigest(),  # it may hold secrets
        "python": [sys.version, *sys.path],
        "installed": packages.stat().st_mtime_ns,  # it changes with whatever is installed
    }


def note_registered(project: Project, sha256: str, versions: Any) -> None:
    """Write whether the data are those of the last version, and which version is the champion.

    Both decide what has to run again.
    """
    verdict, champion = "new", "none"
    if versions:
        verdict, champion = versions.compared(project.name, sha256)
    write_verdict(project.reports / "data.verdict", verdict)
    write_text(project.build / "champion", champion + "\n")


def _written(project: Project) -> dict[str, str]:
    """What `data` has written and what a training reads of it."""
    return _digests([*(project.build / "data").glob("*"), project.build / "inputs.json"])


def _digests(paths: Iterable[Path]) -> dict[str, str]:
    """The SHA-256 of each file's content; what is no file is left out."""
    found = {}
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                found[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def require_rows(project: Project) -> None:
    """ProjectError where schema or settings are not those by which `data` read the rows."""
    seen = read_json(project.build / "inputs.json", "data")
    changed = [
        *changed_settings(project, seen.get("reading", {}), READING),
        *changed_files(project, seen, ["schema_sha256"]),
    ]
    if changed:
        listed = ", ".join(changed)
        raise ProjectError(f"{listed} changed since the rows were read: run make data first")


def changed_settings(
    project: Project, seen: Mapping[str, Any], keys: Iterable[str]
) -> Iterator[str]:
    """params.yaml with those of the keys whose values are not those that were seen."""
    given = settings(project)
    changed = [key for key in sorted(keys) if seen.get(key) != given[key]]
    if changed:
        yield f"{PARAMS} ({', '.join(changed)} of {project.name})"


def changed_files(project: Project, seen: Mapping[str, Any], keys: Iterable[str]) -> Iterator[str]:
    """The files behind those of the hashes that are not the ones that were seen."""
    files = {
        "schema_sha256": project.params.schema_file,
        "sources_sha256": "src",
        "runtime_sha256": "src/goldenpath_runtime",
        "lock_sha256": _lock().name,
    }
    now = training_inputs(project)
    for key in keys:
        if seen.get(key) != now[key]:
            yield files[key]


def inputs_lineage(project: Project, data_sha256: str) -> dict[str, Any]:
    """Hashes of all that decides how the model turns out, its commit, and why it is trained."""
    return {
        "data_sha256": data_sha256,
        **training_inputs(project),
        **_commit(),
        "reason": os.environ.get("GOLDENPATH_REASON") or "manual",
        # The container of the same commit, by its digest.
        "image": os.environ.get("GOLDENPATH_IMAGE") or None,
    }


def _commit() -> dict[str, Any]:
    """The commit of the sources, and whether they differ from it.

    In an image, which has no repository, its build has set both.
    """
    commit = git("rev-parse", "HEAD")
    changes = git("status", "--porcelain", "--untracked-files=no")
    if commit is None:
        commit = os.environ.get("GOLDENPATH_COMMIT") or None
        changes = os.environ.get("GOLDENPATH_CHANGES") or None
    changed = commit is None or bool(changes)
    return {"commit": commit, "uncommitted_changes": changed}


def _lock() -> Path:
    """What fixes the versions."""
    lock = Path("uv.lock")
    return lock if lock.exists() else Path("pyproject.toml")


def _files(folder: Path, pattern: str) -> set[Path]:
    """The files of a folder that are neither this package's, nor hidden, nor made of others."""
    own = OWN.resolve()
    found = set()
    for path in folder.rglob(pattern):
        if any(map(_is_by_the_way, path.relative_to(folder).parts)):
            continue
        real = path.resolve()
        if not real.is_relative_to(own):
            found.add(real)
    return found


def _is_by_the_way(name: str) -> bool:
    """Whether a part of a path names what an editor, Python or an installation leaves."""
    return name.startswith(".") or name == "__pycache__" or name.endswith((".pyc", ".egg-info"))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        if not path.is_file():
            continue
        digest.update(path.name.encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
