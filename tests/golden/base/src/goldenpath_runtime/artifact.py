"""A trained model as a folder: model.onnx, and model.json that says what it takes and where it is from.

Owned by the template: do not edit.
"""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnx

from .interface import Dataset, Exported


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
    """Hashes of all that decides how the model turns out, and the commit it stands in, if any."""
    paths = sorted(path for path in sources if path.is_file())
    lock = Path("uv.lock") if Path("uv.lock").exists() else Path("pyproject.toml")
    return {
        "data_sha256": data_sha256,
        "sources_sha256": _digest(paths),
        "lock_sha256": _digest([lock]),
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--untracked-files=no")),
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
