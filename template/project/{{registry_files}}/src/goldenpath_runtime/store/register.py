"""`make register`: a trained model, its figures and its report become a version in the store.

Owned by the template: do not edit. The gate must have let the model pass, or somebody says why it
counts all the same.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import read_json
from goldenpath_runtime.gate import judge
from goldenpath_runtime.inference import Scorer
from goldenpath_runtime.lineage import (
    JUDGING,
    changed_files,
    changed_settings,
    require_rows,
    settings,
)
from goldenpath_runtime.project import Project, open_project
from goldenpath_runtime.schema import pseudonyms

from .ledger import Store, append, open_store, require_signature
from .versions import versions

FILES = ("schema_sha256", "sources_sha256", "runtime_sha256", "lock_sha256")
GOLDEN_ROWS = 50
LATER = ("monitor", "rollout", "compare", "data")  # reports of other commands


def register(argv: Sequence[str]) -> None:
    """The command: add the trained model to the store; the gate must have let it pass."""
    parser = command("register", several=True)
    parser.add_argument(
        "--force", metavar="WHY", help="register a model that the gate has blocked, and say why"
    )
    args = parser.parse_args(argv)
    if args.force:
        require_signature()
    for name in read_params().select(args.model):
        print(f"{name}: version {register_model(open_store(), open_project(name), args.force)}")


def register_model(store: Store, project: Project, force: str | None = None) -> str:
    """Copy a trained model with its figures and report into the store, and note it in the ledger.

    Its version.
    """
    info = read_json(project.build / "model" / "model.json", "train")
    findings = read_json(project.reports / "gate.json", "gate")
    blocked = [finding["rule"] for finding in findings if not finding["passed"]]
    measured = read_json(project.reports / "metrics.json", "evaluate")
    if measured["version"] != info["version"]:
        raise ProjectError(
            "the report is about another model than build/ holds: run make pipeline first"
        )
    _require_current(project, info["lineage"], measured)
    _require_judged(project, measured, findings)
    if blocked and not force:
        raise ProjectError(
            f"the gate has blocked this model: {', '.join(blocked)}; FORCE='why' registers it even "
            "so"
        )
    version = str(info["version"])
    if version not in versions(store, project.name):
        _upload(store, project, f"{project.name}/versions/{version}")
        lineage = {
            key: info["lineage"].get(key)
            for key in ("data_sha256", "commit", "reason", "trained_at")
        }
        forced = {"forced": force, "blocked": blocked} if blocked else {}
        figures = {"objective": measured["test"].get(project.params.objective.metric)}
        append(
            store,
            project.name,
            "register",
            version=version,
            sha256=info["sha256"],
            **lineage,
            **figures,
            **forced,
        )
    return version


def _require_current(
    project: Project, lineage: Mapping[str, Any], measured: Mapping[str, Any]
) -> None:
    """ProjectError where the model is not made of what is here now; the source is not read."""
    folder = project.build / "data"
    rows = read_json(folder / "summary.json", "data")["sha256"]
    read = read_json(project.build / "inputs.json", "data")
    keys = settings(project).keys() - JUDGING
    changed = [
        *changed_settings(project, measured.get("params", {}), keys),
        *changed_files(project, lineage, FILES),
        *changed_files(project, read, FILES),
    ]
    if not lineage["data_sha256"] == measured["data"]["sha256"] == rows:
        changed.append(str(folder))
    if changed:
        listed = ", ".join(dict.fromkeys(changed))
        raise ProjectError(f"{listed} changed since the training: run make pipeline first")
    require_rows(project)


def _require_judged(
    project: Project, measured: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]
) -> None:
    """ProjectError where the gate finds something else in these figures by now."""
    now = {finding.rule: finding.passed for finding in judge(project, measured)}
    noted = {finding["rule"]: finding["passed"] for finding in findings}
    if now != noted:
        raise ProjectError("gate.json is not of this model and these rules: run make gate first")


def _upload(store: Store, project: Project, prefix: str) -> None:
    model = project.build / "model"
    store.write(f"{prefix}/golden.json", json.dumps(_golden(project), default=float).encode())
    for path in sorted(
        path for path in project.reports.iterdir() if path.name.partition(".")[0] not in LATER
    ):
        folder = "" if path.suffix == ".json" else "report/"
        store.write(f"{prefix}/{folder}{path.name}", path.read_bytes())
    for path in sorted(
        model.iterdir(), key=lambda path: path.name == "model.json"
    ):  # it comes last: then all is there
        store.write(f"{prefix}/{path.name}", path.read_bytes())


def _golden(project: Project) -> dict[str, Any]:
    data = project.dataset("test")
    scorer = Scorer(project.build / "model")
    first = data.frame().head(GOLDEN_ROWS)
    for name, column in data.features.items():
        if column.personal:
            first[name] = pseudonyms(first[name], column)
    columns = data.columns(first)
    rows = [
        dict(zip(columns, map(_plain, row), strict=True))
        for row in zip(*columns.values(), strict=True)
    ]
    rows = [
        {name: _typed(value, scorer.columns[name]["type"]) for name, value in row.items()}
        for row in rows
    ]
    return {"rows": rows, "scores": scorer.score_rows(rows).tolist()}


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value  # noqa: PLR0124 (only NaN differs from itself)


def _typed(value: Any, kind: str) -> Any:
    return bool(value) if kind == "boolean" and value is not None else value
