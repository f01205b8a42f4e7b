"""Tests of the embedded folder."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from goldenpath_runtime import ProjectError
from goldenpath_runtime.embedded.embed import write_folder
from goldenpath_runtime.files import note_blocked
from goldenpath_runtime.inference import Scorer, main
from goldenpath_runtime.pipeline import Project

SCORE_ALONE = """
import runpy, sys
sys.argv = ["scorer.py", sys.argv[1]]
sys.modules.update(dict.fromkeys(("pandas", "sklearn", "pydantic", "yaml", "onnx", "goldenpath_runtime")))
runpy.run_path("scorer.py", run_name="__main__")
"""


def test_folder_answers_alone_and_alike(project: Project, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    folder = tmp_path / "embedded"
    write_folder(project.build / "model", folder)
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    command = [sys.executable, "-c", SCORE_ALONE, "rows.json"]
    printed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603
    scorer = Scorer(project.build / "model")
    assert json.loads(printed) == scorer.answers(scorer.score_rows(rows))


def test_scorer_without_a_file_says_how_to_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: python scorer.py" in capsys.readouterr().err


def test_a_blocked_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = tmp_path / "reports" / "own" / "gate.verdict"
    verdict.parent.mkdir(parents=True)
    for word, said in (("pass\n", False), ("fail\n", True)):
        verdict.write_text(word, encoding="utf-8")
        note_blocked(tmp_path / "build" / "own" / "model")
        assert ("has blocked this model" in capsys.readouterr().err) == said


def test_an_existing_folder_is_not_touched(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="exists"):
        write_folder(project.build / "model", tmp_path)
    with pytest.raises(ProjectError, match="no model"):
        write_folder(tmp_path / "nothing", tmp_path / "new")
