"""From a candidate to files: what is fitted is kept until all are, then written as model.onnx and model.json.

Owned by the template: do not edit.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx

from .config import ProjectError
from .interface import Candidate, Dataset, Exported, Scores


class Fitted(NamedTuple):
    """A candidate's own scores of the validation rows, and its export."""

    scores: Scores
    exported: Exported


def fit(name: str, candidate: Candidate, data: Dataset, validation: Dataset, kept: Path) -> Fitted:
    """Fit a candidate, unless a run that was interrupted has left it in `kept`.

    That folder has to be another one for other inputs. ProjectError when the scores are not what the task asks for.
    """
    path = kept / f"{hashlib.sha256(name.encode()).hexdigest()[:12]}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as saved:
            return Fitted(saved["scores"], Exported(saved["content"].tobytes(), str(saved["output"])))
    candidate.fit(data)
    scores = np.asarray(candidate.predict(validation.inputs()))
    _check(name, scores, validation)
    exported = candidate.export(data.features)
    kept.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        content = np.frombuffer(exported.content, np.uint8)
        np.savez(file, scores=scores, content=content, output=np.array(exported.output))
    unfinished.replace(path)  # a run that is killed leaves all of it or nothing
    return Fitted(scores, exported)


def _check(name: str, scores: Scores, validation: Dataset) -> None:
    shape = (len(validation.frame()), len(validation.classes or validation.target))
    if scores.shape != shape or not np.isfinite(scores).all():
        given = f"of shape {scores.shape}" if scores.shape != shape else "of which some are not finite"
        task = "classification" if validation.classes else "regression"
        raise ProjectError(
            f"model.py: candidate {name} gives scores {given}; a {task} of these data has {shape}, "
            "a row each and a column for each class or target"
        )


def write_model(folder: Path, name: str, exported: Exported, data: Dataset, lineage: Mapping[str, Any]) -> None:
    """Write both files. The inputs' hashes go into the graph too; times do not, so equal inputs give equal bytes."""
    graph = onnx.load_from_string(exported.content)
    graph.opset_import.sort(key=lambda opset: opset.domain)  # skl2onnx walks a set, in another order each time
    onnx.helper.set_model_props(graph, {k: str(v) for k, v in sorted(lineage.items()) if k.endswith("_sha256")})
    content = graph.SerializeToString(deterministic=True)
    sha256 = hashlib.sha256(content).hexdigest()
    info = {
        "name": name,
        "version": sha256[:12],
        "sha256": sha256,
        "format": exported.format,
        "output": exported.output,
        "columns": {name: column.model_dump(exclude={"feature"}) for name, column in data.features.items()},
        "classes": list(data.classes),
        "targets": list(data.target),
        "lineage": {**lineage, "trained_at": datetime.now(UTC).isoformat(timespec="seconds")},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(content)
    (folder / "model.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")


def inputs_lineage(data_sha256: str, sources: Iterable[Path]) -> dict[str, Any]:
    """Hashes of all that decides how the model turns out, the commit it stands in, if any, and why it is trained."""
    paths = sorted(path for path in sources if path.is_file())
    lock = Path("uv.lock") if Path("uv.lock").exists() else Path("pyproject.toml")
    commit = _git("rev-parse", "HEAD")
    return {
        "data_sha256": data_sha256,
        "sources_sha256": _digest(paths),
        "lock_sha256": _digest([lock]),
        "commit": commit,
        "uncommitted_changes": commit is None or bool(_git("status", "--porcelain", "--untracked-files=no")),
        "reason": os.environ.get("GOLDENPATH_REASON") or "manual",
        "image": os.environ.get("GOLDENPATH_IMAGE") or None,  # the container of the same commit, by its digest
    }


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _git(*words: str) -> str | None:
    try:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError):
        return None
