"""Where a step fails, what the last run made can still be used, and is never taken for what the failed one was to make."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import make
from tests.template.live import model_bytes, score


class Failure(NamedTuple):
    """An edit by which a step fails; what is typed then, and what that says."""

    path: str
    old: str
    new: str
    refused: dict[str, str]


CODE = "src/my_model/model.py"
FAILURES = {
    "data": Failure(
        "data/schema.yaml",
        "max: 10000.0",
        "max: 1.0",
        {"train": "inputs.json is not there yet: run make data first", "register": ": run make "},
    ),
    "train": Failure(
        CODE,
        "max_iter=1000)\n        boosting",
        "max_iter=-1)\n        boosting",
        {
            "evaluate": "training.json is not there yet: run make train first",
            "register": ": run make pipeline first",
        },
    ),
    "a candidate that is none": Failure(
        CODE,
        '"linear": SklearnCandidate',
        '"linear": None and SklearnCandidate',
        {
            "evaluate": "training.json is not there yet: run make train first",
            "register": ": run make pipeline first",
        },
    ),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.live] * (name != "train")) for name in FAILURES]
)
def test_what_the_last_run_made_can_still_be_used(name: str, project: Path, env: dict[str, str]) -> None:
    failure = FAILURES[name]
    make(project, env, "pipeline")
    models, scores = model_bytes(project), score(project, env, "build/before.csv")
    rows = (project / "build/my_model/data/train.parquet").read_bytes()
    path = project / failure.path
    before = path.read_text("utf-8")
    assert failure.old in before
    path.write_text(before.replace(failure.old, failure.new), "utf-8")
    try:
        assert "Traceback" not in make(project, env, "pipeline", expect=2)
        assert score(project, env, "build/after.csv") == scores
        assert (project / "build/my_model/data/train.parquet").read_bytes() == rows
        for target, says in failure.refused.items():
            assert says in make(project, env, target, expect=2)
        make(project, env, "pipeline", expect=2)
    finally:
        path.write_text(before, "utf-8")
    make(project, env, "pipeline")
    assert model_bytes(project) == models
