"""A user's own model: settings, a drafted schema and at most one file of code turn the repository into theirs.

Each case changes seeds only, is green, answers over HTTP as well as its report says, and goes red when it is broken.
`make test` runs three of them, the tox environment `models` all ten.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import yaml

from tests.models.breaks import BREAKS, goes_red
from tests.support import commit_all, environment, generate, git, make, run
from tests.template.live import predict, prove_runtime, service

CASES = Path(__file__).parent / "cases"
SAMPLED = ("imbalanced", "text")
ALL = [pytest.param(name, marks=[] if name in SAMPLED else [pytest.mark.models]) for name in sorted(BREAKS)]
CODE = "src/own/model.py"
SEEDS = {"data/schema.yaml", "data/sample.csv", CODE}  # at most these three, and params.yaml
MADE = {"uv.lock", "dvc.lock"}
MOST = 1000  # rows of the test part that the service is asked for
AT_ONCE = 50
TORCH = "2.13.0"

TEST_ROWS = f"""
import json
from goldenpath_runtime import pipeline
data = pipeline.open_project(None).dataset("test")
rows = data.frame().head({MOST})
given = rows[list(data.features)].astype(object)
given = given.where(given.notna(), None).to_dict("records")
print(json.dumps({{"rows": given, "truth": data.truth(rows).tolist(), "classes": data.classes}}))
"""


def test_every_case_is_broken_once() -> None:
    assert {path.parent.name for path in CASES.glob("*/params.yaml")} == set(BREAKS)
    assert len({(defect.target, defect.says) for defect in BREAKS.values()}) == len(BREAKS) == 10


@pytest.mark.parametrize("name", ALL)
def test_own_model(name: str, tmp_path: Path) -> None:
    env = environment(tmp_path / "home")
    (settings,) = yaml.safe_load((CASES / name / "params.yaml").read_text("utf-8"))["models"].values()
    project = generate(tmp_path / "project", project_name="own", task=settings["task"])
    commit_all(project, "As generated")
    allowed = SEEDS | {"params.yaml"}
    if name == "torch":
        env |= depend_on_torch(project, env)
        allowed |= {"pyproject.toml"}
    make(project, env, "setup")
    bring(CASES / name, settings["data"]["source"], project, env)
    make(project, env, "check", "smoke", "pipeline")
    assert " passed" in prove_runtime(project, env, tmp_path / "runtime", whole=False)
    assert touched(project) <= allowed
    assert (project / f"reports/{model(project)}/gate.verdict").read_text("utf-8") == "pass\n"
    asked(project, env)
    goes_red(project, env, BREAKS[name])


def bring(case: Path, source: str, project: Path, env: Mapping[str, str]) -> None:
    """Do what a user does: settings, rows, a schema, a sample, and code if there is any."""
    shutil.copy(case / "params.yaml", project)
    if (case / "model.py").exists():
        shutil.copy(case / "model.py", project / CODE)
    if (case / "rows.py").exists():
        (project / source).parent.mkdir(parents=True)
        run([str(project / ".venv/bin/python"), "-W", "error", str(case / "rows.py"), source], project, env)
    if (case / "schema.yaml").exists():
        shutil.copy(case / "schema.yaml", project / "data/schema.yaml")
    else:
        run(["sh", "-c", "make --silent schema > data/schema.yaml"], project, env)
    make(project, env, "sample")


def touched(project: Path) -> set[str]:
    """The files that differ from the generated ones, and the new ones that git would keep."""
    return set(git(project, "ls-files", "--modified", "--others", "--exclude-standard").split()) - MADE


def model(project: Path) -> str:
    """The name of the only model in params.yaml."""
    (name,) = yaml.safe_load((project / "params.yaml").read_text("utf-8"))["models"]
    return str(name)


def asked(project: Path, env: Mapping[str, str]) -> None:
    """Ask the service for rows of the test part; raise AssertionError when it is not as good as the report says."""
    printed = run([str(project / ".venv/bin/python"), "-c", TEST_ROWS], project, env)
    part = json.loads(printed.splitlines()[-1])
    answers: list[dict[str, Any]] = []
    with service(project, env) as address:
        for first in range(0, len(part["rows"]), AT_ONCE):
            answers += predict(address, part["rows"][first : first + AT_ONCE])
    reported = json.loads((project / f"reports/{model(project)}/metrics.json").read_text("utf-8"))
    whole = len(part["rows"]) == reported["rows"]["test"]
    figure, found = measured(answers, part["truth"], part["classes"])
    assert found == pytest.approx(reported["test"][figure], rel=1e-4 if whole else 0.05)


def measured(answers: list[dict[str, Any]], truth: list[Any], classes: list[str]) -> tuple[str, float]:
    """The name and value of a figure that is simple enough to be worked out again here."""
    pairs = zip(answers, truth, strict=True)
    if classes:
        return "accuracy", mean(answer["label"] == classes[true] for answer, true in pairs)
    errors = [
        abs(given - value)
        for answer, true in pairs
        for given, value in zip(answer["values"].values(), true, strict=True)
    ]
    return "mae", mean(errors)


def depend_on_torch(project: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Name torch among what is needed to train: its CPU build and Python where pip has one at hand, else the index's."""
    links = env.get("PIP_FIND_LINKS", "")
    wheels = sorted(
        wheel for place in links.split() for wheel in Path(place).glob(f"torch-{TORCH}+cpu-cp3*.whl")
    )
    path = project / "pyproject.toml"
    version = f"{TORCH}+cpu" if wheels else TORCH
    text, times = re.subn(
        "^train = \\[",
        f'train = ["torch=={version}", "onnxscript>=0.7", ',
        path.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    assert times == 1
    path.write_text(text, "utf-8")
    python = re.search(r"-cp3(\d+)-", wheels[0].name) if wheels else None
    return {"UV_FIND_LINKS": ",".join(links.split()), "UV_PYTHON": f"3.{python[1]}"} if python else {}
