"""What decides how a model turns out, as hashes: data, settings, code and versions.

Owned by the template: do not edit. This is no part of artifact.py, so that the step `data` can
write for DVC what a training depends on without importing onnx.
"""

import hashlib
import inspect
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .files import git
from .project import Project

OWN = Path(__file__).parent
# The modules of this package that decide how a model turns out. An update of any other one retrains
# nothing.
TRAINING = (
    "artifact",
    "config",
    "data",
    "figures",
    "interface",
    "lineage",
    "metrics",
    "prepare",
    "schema",
    "train",
)


def training_inputs(project: Project) -> dict[str, str]:
    """Hashes of all but the rows and the installed versions.

    Of params.yaml it is the model's own entry with all defaults, so comments, other models and
    `monitor` do not count.
    """
    settings = project.params.model_dump(mode="json", by_alias=True)
    params = json.dumps(settings, sort_keys=True)
    model_file = Path(inspect.getfile(type(project.model)))
    schema_file = Path(project.params.schema_file)
    code = _code(Path("src")) | _code(model_file.parent)
    return {
        "params_sha256": hashlib.sha256(params.encode()).hexdigest(),
        "sources_sha256": _digest([*code, schema_file]),
        "runtime_sha256": _digest(OWN / f"{name}.py" for name in TRAINING),
    }


def inputs_lineage(project: Project, data_sha256: str) -> dict[str, Any]:
    """Hashes of all that decides how the model turns out, its commit, and why it is trained."""
    lock = Path("uv.lock")
    if not lock.exists():
        lock = Path("pyproject.toml")
    return {
        "data_sha256": data_sha256,
        **training_inputs(project),
        "lock_sha256": _digest([lock]),
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


def _code(folder: Path) -> set[Path]:
    """The Python files of a folder that are not this package's."""
    own = OWN.resolve()
    files = {path.resolve() for path in folder.rglob("*.py")}
    return {path for path in files if not path.is_relative_to(own)}


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        if not path.is_file():
            continue
        digest.update(path.name.encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
