"""A user's own model: settings, a drafted schema and at most one file of code turn the repository into theirs.

Each case changes seeds only, is green, answers over HTTP, and goes red when it is broken.
"""

from __future__ import annotations

import csv
import json
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import commit_all, environment, generate, git, make, run
from tests.template.live import predict, service

CASES = Path(__file__).parent / "cases"
SAMPLED = ("categorical", "regression", "text")
SEEDS = {"params.yaml", "data/schema.yaml", "data/sample.csv", "src/own/model.py"}
MADE = {"uv.lock", "dvc.lock"}
TORCH = ("torch==2.13.0", "onnxscript==0.5.6")


def unreachable_threshold(project: Path, env: dict[str, str]) -> str:
    """A bound that no model keeps: the gate says no."""
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    gate = next(iter(params["models"].values()))["gate"]
    name, bound = next(iter(gate["thresholds"].items()))
    gate["thresholds"][name] = {"min": 1.01} if "min" in bound else {"max": -0.01}
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    make(project, env, "gate", expect=2)
    (verdict,) = project.glob("reports/*/gate.verdict")
    return verdict.read_text("utf-8")


def value_out_of_bounds(project: Path, env: dict[str, str]) -> str:
    """A number in the data that the schema does not allow: the rows are refused."""
    limits = yaml.safe_load((project / "data/schema.yaml").read_text("utf-8"))["columns"]
    name = next(name for name, rule in limits.items() if rule.get("max") is not None)
    _edit(project, env, f"rows.loc[0, {name!r}] = {int(limits[name]['max'])} + 10_000")
    printed = make(project, env, "data", expect=2)
    assert name in printed
    return "fail\n" if "break schema.yaml" in printed else printed


def shuffled_target(project: Path, env: dict[str, str]) -> str:
    """Answers that belong to other rows: nothing can be learned, and the gate notices."""
    (settings,) = yaml.safe_load((project / "params.yaml").read_text("utf-8"))["models"].values()
    target = settings["target"]
    _edit(project, env, f"rows[{target!r}] = rows[{target!r}].sample(frac=1, random_state=1).to_numpy()")
    make(project, env, "data", "train", "evaluate")
    make(project, env, "gate", expect=2)
    (verdict,) = project.glob("reports/*/gate.verdict")
    return verdict.read_text("utf-8")


def _edit(project: Path, env: dict[str, str], change: str) -> None:
    (path,) = (project / "data/raw").iterdir()
    kind = path.suffix.removeprefix(".")
    code = f"import pandas as pd; rows = pd.read_{kind}({str(path)!r}); {change}; rows.to_{kind}({str(path)!r}, index=False)"
    run([str(project / ".venv/bin/python"), "-c", code], project, env)


BREAKS: dict[str, Callable[[Path, dict[str, str]], str]] = {
    "categorical": unreachable_threshold,
    "imbalanced": shuffled_target,
    "large": unreachable_threshold,
    "multioutput": value_out_of_bounds,
    "regression": value_out_of_bounds,
    "text": shuffled_target,
    "time": value_out_of_bounds,
    "tiny": unreachable_threshold,
    "torch": shuffled_target,
    "wide": shuffled_target,
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in SAMPLED else [pytest.mark.models]) for name in sorted(BREAKS)],
)
def test_own_model(name: str, tmp_path: Path) -> None:
    case, env = CASES / name, environment(tmp_path / "home")
    (settings,) = yaml.safe_load((case / "params.yaml").read_text("utf-8"))["models"].values()
    project = generate(tmp_path / "project", project_name="own", task=settings["task"])
    commit_all(project, "As generated")
    make(project, env, "setup")
    install(name, project, env)
    bring(case, project, env)
    printed = make(project, env, "sample", "check", "pipeline")
    assert "ok   beats the baseline" in printed
    changed = set(git(project, "ls-files", "--modified", "--others", "--exclude-standard").split())
    assert changed - MADE <= SEEDS
    assert len(changed & SEEDS - {"params.yaml"}) <= 3
    with service(project, env) as address:
        rows = asked(project, address)
        assert len(predict(address, rows)) == len(rows)
    assert BREAKS[name](project, env) == "fail\n"


def bring(case: Path, project: Path, env: dict[str, str]) -> None:
    """Put a case's files where a user would, and draft the schema if the case has none."""
    shutil.copy(case / "params.yaml", project)
    if (case / "model.py").exists():
        shutil.copy(case / "model.py", project / "src/own/model.py")
        run(["uv", "run", "--no-sync", "ruff", "check", "--fix", "--quiet", "src/own"], project, env)
        run(["uv", "run", "--no-sync", "ruff", "format", "--quiet", "src/own"], project, env)
    if (case / "schema.yaml").exists():
        shutil.copy(case / "schema.yaml", project / "data/schema.yaml")
        return
    (settings,) = yaml.safe_load((case / "params.yaml").read_text("utf-8"))["models"].values()
    rows = project / settings["data"]["source"]
    rows.parent.mkdir()
    run([str(project / ".venv/bin/python"), str(case / "rows.py"), str(rows)], project, env)
    drafted = make(project, env, "--silent", "schema", f"FILE={rows.relative_to(project)}")
    (project / "data/schema.yaml").write_text(drafted[drafted.index("# What the rows") :], "utf-8")


def install(name: str, project: Path, env: dict[str, str]) -> None:
    """Torch, for the one case that needs it; its CPU build, wherever pip finds one."""
    if name == "torch":
        run(["uv", "pip", "install", "--quiet", "pip"], project, env)
        run([str(project / ".venv/bin/python"), "-m", "pip", "install", "--quiet", *TORCH], project, env)


def asked(project: Path, address: str) -> list[dict[str, Any]]:
    """The rows of the sample as a client would send them to the model that is served."""
    with urllib.request.urlopen(f"{address}/model", timeout=10) as response:
        columns = json.load(response)["columns"]
    with (project / "data/sample.csv").open(encoding="utf-8", newline="") as file:
        return [
            {n: value(rule["type"], row[n]) for n, rule in columns.items()} for row in csv.DictReader(file)
        ]


def value(kind: str, text: str) -> float | str | bool | None:
    """One cell of a CSV file as JSON has it."""
    if not text:
        return None
    if kind == "boolean":
        return text == "True"
    return text if kind in ("category", "text") else float(text)
