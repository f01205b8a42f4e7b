"""What a model is made of is in its lineage: what decides trains anew, what does not decide does not."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.models.conftest import in_one_process
from tests.questionnaire import ROOT
from tests.support import make, run

RUNTIME = ROOT / "template" / "project" / "src" / "goldenpath_runtime"
PACKAGE = "src/goldenpath_runtime"
MONITOR = "\nmonitor: {my_model: {days: 30, max_psi: 0.3}}\n"
# What training imports and what yet decides nothing of how the model turns out, and why.
NOT_DECIDING = {
    "commands": "parses what was typed",
    "errors": "is raised where nothing is trained",
    "extras": "offers what options add, none of which trains",
    "files": "reads settings, whose values are in the lineage",
    "evaluation": "measures what was exported",
    "inference": "scores with what was exported",
    "project": "names the folders, and finds the model's code",
}
INPUTS = """
import json
from goldenpath_runtime.lineage import training_inputs
from goldenpath_runtime.project import open_project
print(json.dumps(training_inputs(open_project(None))))
"""
STOPPED = """
import json, sys
from dataclasses import replace
from pathlib import Path
from goldenpath_runtime import pipeline
project, fitted = replace(pipeline.open_project(None), root=Path("build/cut-off")), []
pipeline.prepare_data(project, sample=True)

class Noted:
    def __init__(self, name, candidate):
        self.name, self.candidate = name, candidate
    def fit(self, data):
        if self.name == sys.argv[1]:
            raise KeyboardInterrupt
        fitted.append(self.name)
        self.candidate.fit(data)
    def __getattr__(self, name):
        return getattr(self.candidate, name)

model = project.model
candidates, baseline = model.candidates(), model.baseline()
model.candidates = lambda: {name: Noted(name, each) for name, each in candidates.items()}
model.baseline = lambda: Noted("baseline", baseline)
try:
    pipeline.train(project)
except KeyboardInterrupt:
    pass
print(json.dumps(fitted))
"""


@contextmanager
def edited(path: Path, added: str) -> Iterator[None]:
    """A file with some text added to its end, or a new one, for the time of the block."""
    before = path.read_bytes() if path.exists() else None
    path.write_bytes((before or b"") + added.encode())
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def ran(project: Path, env: dict[str, str]) -> set[str]:
    """The stages that `make pipeline` ran."""
    lines = make(project, env, "pipeline").splitlines()
    return {line.split("'")[1].partition("@")[0] for line in lines if line.startswith("Running stage")}


def hashes(project: Path, env: dict[str, str]) -> dict[str, str]:
    """What a training would depend on now."""
    return dict(in_one_process(project, env, INPUTS, None))


@pytest.mark.parametrize(
    ("path", "added", "changed"),
    [
        ("params.yaml", MONITOR, set()),
        ("params.yaml", "# A remark.\n", set()),
        (f"{PACKAGE}/watch/monitor.py", "# Other code.\n", set()),
        (f"{PACKAGE}/online/serve.py", "# Other code.\n", set()),
        ("params.yaml", "    options: {depth: 3}\n", {"params_sha256"}),
        ("src/my_model/model.py", "# Other code.\n", {"sources_sha256"}),
        ("src/helper.py", "VALUE = 1\n", {"sources_sha256"}),
        ("src/my_model/words.txt", "some\n", {"sources_sha256"}),
        ("src/my_model/.words.txt.swp", "some\n", set()),
        ("src/my_model/__pycache__/words.pyc", "some\n", set()),
        ("data/schema.yaml", "# A remark.\n", {"schema_sha256"}),
        ("uv.lock", "\n# Other versions.\n", {"lock_sha256"}),
        (f"{PACKAGE}/metrics.py", "# Other code.\n", {"runtime_sha256"}),
    ],
)
def test_the_lineage_has_what_training_reads_and_nothing_else(
    project: Path, env: dict[str, str], path: str, added: str, changed: set[str]
) -> None:
    before = hashes(project, env)
    with edited(project / path, added):
        after = hashes(project, env)
    assert {key for key in after if after[key] != before[key]} == changed


def test_dvc_trains_anew_where_the_lineage_changes_and_only_there(project: Path, env: dict[str, str]) -> None:
    info = project / "build" / "my_model" / "model" / "model.json"
    before = info.read_bytes()
    with (
        edited(project / "params.yaml", MONITOR),
        edited(project / PACKAGE / "online" / "serve.py", "# Other code.\n"),
    ):
        assert "train" not in ran(project, env)
        assert info.read_bytes() == before
    with edited(project / PACKAGE / "metrics.py", "# Other code.\n"):
        assert "train" in ran(project, env)
        found = json.loads(info.read_bytes())["lineage"]
        assert hashes(project, env).items() <= found.items()


def test_a_training_that_was_cut_off_takes_no_candidate_of_another_runtime(
    project: Path, env: dict[str, str]
) -> None:
    def fitted(stop: str) -> list[str]:
        python = str(project / ".venv" / "bin" / "python")
        found: list[str] = json.loads(run([python, "-c", STOPPED, stop], project, env).splitlines()[-1])
        return found

    assert fitted("baseline") == ["linear", "boosting"]
    assert fitted("baseline") == []
    with edited(project / PACKAGE / "artifact.py", "# Other code.\n"):
        assert fitted("baseline") == ["linear", "boosting"]
    assert fitted("nothing") == ["baseline"]


def test_the_modules_in_the_lineage_are_those_that_training_imports() -> None:
    """A module that `train` or `data` begins to import is one that decides, or is written down as one that does not."""
    source = (RUNTIME / "lineage.py").read_text("utf-8")
    (listed,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TRAINING"
    )
    assert set(listed) == imported("train", "prepare") - NOT_DECIDING.keys()


def imported(*names: str) -> set[str]:
    """These modules of the runtime and all that they import of it at their top."""
    found: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        found.add(name)
        tree = ast.parse((RUNTIME / f"{name}.py").read_text("utf-8"))
        relative = {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.level}
        waiting += sorted(filter(None, relative - found))
    return found
