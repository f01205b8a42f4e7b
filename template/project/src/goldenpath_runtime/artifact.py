"""From a candidate to files: each fit is kept until all are done, then written as an ONNX model.

Owned by the template: do not edit.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime as ort

from .config import Format
from .errors import ProjectError, first_line
from .interface import Candidate, Dataset, Exported, Scores, SklearnCandidate


class Fitted(NamedTuple):
    """A candidate's own scores of the validation rows, and its export."""

    scores: Scores
    exported: Exported


def require_export(name: str, candidate: Candidate) -> None:
    """ProjectError, before anything is fitted, where a candidate can never be exported."""
    for method in ("fit", "predict", "export"):
        if not hasattr(candidate, method):
            raise ProjectError(
                f"model.py: candidate {name}: {type(candidate).__name__} has no `{method}`: "
                "wrap estimators of scikit-learn with SklearnCandidate"
            )
    if isinstance(candidate, SklearnCandidate):
        with _of(name):
            candidate.require_export()


def fit(
    name: str,
    candidate: Candidate,
    data: Dataset,
    validation: Dataset,
    kept: Path,
) -> Fitted:
    """Fit a candidate, unless an interrupted run has left it in `kept`.

    Other inputs need another such folder. ProjectError when the scores are not what the task asks
    for.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()
    path = kept / f"{digest[:12]}.npz"
    if path.exists():
        return _read(path)
    with _of(name):
        candidate.fit(data)
        scores = np.asarray(candidate.predict(validation.inputs()))
        _check(scores, validation)
        exported = candidate.export(data.features)
        _require_served(exported, data)
    fitted = Fitted(scores, exported)
    _keep(fitted, path)
    return fitted


@contextmanager
def _of(name: str) -> Iterator[None]:
    """Name the candidate of which a ProjectError is."""
    try:
        yield
    except ProjectError as error:
        raise ProjectError(f"model.py: candidate {name}: {error}") from None


def _read(path: Path) -> Fitted:
    with np.load(path, allow_pickle=False) as saved:
        exported = Exported(saved["content"].tobytes(), str(saved["output"]))
        return Fitted(saved["scores"], exported)


def _keep(fitted: Fitted, path: Path) -> None:
    """Write what `_read` reads; a run that is killed leaves all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = np.frombuffer(fitted.exported.content, np.uint8)
    output = np.array(fitted.exported.output)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez(file, scores=fitted.scores, content=content, output=output)
    unfinished.replace(path)


def _require_served(exported: Exported, data: Dataset) -> None:
    """ProjectError where ONNX Runtime cannot run the graph, or the graph asks for other columns."""
    options = ort.SessionOptions()
    options.log_severity_level = 4  # what it says of a failure is in the message
    try:
        session = ort.InferenceSession(exported.content, options)
    except Exception as error:  # noqa: BLE001 (its errors have no class in common)
        raise ProjectError(f"ONNX Runtime cannot run it: {first_line(error)}") from None
    unknown = {node.name for node in session.get_inputs()} - data.features.keys()
    outputs = [node.name for node in session.get_outputs()]
    if unknown or exported.output not in outputs:
        raise ProjectError(
            f"its graph takes {', '.join(sorted(unknown)) or 'the columns'} and gives "
            f"{', '.join(outputs)}; it must take columns alone and give {exported.output}"
        )


def _check(scores: Scores, validation: Dataset) -> None:
    rows = len(validation.frame())
    outputs = len(validation.classes or validation.target)
    shape = (rows, outputs)
    if scores.shape != shape:
        given = f"of shape {scores.shape}"
    elif not np.isfinite(scores).all():
        given = "of which some are not finite"
    else:
        return
    task = "classification" if validation.classes else "regression"
    if validation.classes and scores.shape == (rows, 1):
        given += ", as an estimator without `predict_proba` does"
    raise ProjectError(
        f"it gives scores {given}; a {task} of these data has {shape}, "
        "a row each and a column for each class or target"
    )


def write_model(
    folder: Path,
    name: str,
    exported: Exported,
    data: Dataset,
    lineage: Mapping[str, Any],
    *,
    form: Format,
    own_load: bool,
) -> None:
    """Write model.onnx and model.json.

    The inputs' hashes go into the graph too; times do not, so equal inputs give equal bytes.
    `form` is how files of rows are written, and `own_load` whether model.py reads them itself, for
    `score` to read them alike.
    """
    content = _with_hashes(exported.content, lineage)
    sha256 = hashlib.sha256(content).hexdigest()
    columns = {}
    for column_name, column in data.features.items():
        rule = column.model_dump(exclude={"feature"})
        columns[column_name] = rule | {"missing": column.no_values(form.missing)}
    trained_at = datetime.now(UTC).isoformat(timespec="seconds")
    info = {
        "name": name,
        "version": sha256[:12],
        "sha256": sha256,
        "format": exported.format,
        "output": exported.output,
        "columns": columns,
        "classes": list(data.classes),
        "targets": list(data.target),
        "own_load": own_load,
        "format_of_rows": form.model_dump(include=set(Format.model_fields)),
        "lineage": {**lineage, "trained_at": trained_at},
    }
    text = json.dumps(info, indent=2) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(content)
    (folder / "model.json").write_text(text, encoding="utf-8")


def _with_hashes(content: bytes, lineage: Mapping[str, Any]) -> bytes:
    """The graph's canonical bytes, with the hashes of its inputs among its properties."""
    graph = onnx.load_from_string(content)
    # skl2onnx walks a set, in another order each time.
    graph.opset_import.sort(key=lambda opset: opset.domain)
    hashes = {}
    for key, value in sorted(lineage.items()):
        if key.endswith("_sha256"):
            hashes[key] = str(value)
    onnx.helper.set_model_props(graph, hashes)
    return bytes(graph.SerializeToString(deterministic=True))
