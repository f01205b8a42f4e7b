"""What the template promises for your model, tried on the sample. Owned by the template: do not edit."""

from typing import Any

import numpy as np

from goldenpath_runtime.files import read_json
from goldenpath_runtime.inference import Scorer
from goldenpath_runtime.pipeline import Project, train


def test_the_pipeline_writes_a_report_and_a_verdict(project: Project) -> None:
    assert "# Model card" in (project.reports / "report.md").read_text(encoding="utf-8")
    assert (project.reports / "gate.verdict").read_text(encoding="utf-8").strip() in ("pass", "fail")


def test_training_twice_gives_the_same_bytes(project: Project) -> None:
    path = project.build / "model" / "model.onnx"
    first = path.read_bytes()
    train(project)
    assert path.read_bytes() == first


def test_the_exported_model_agrees_with_the_trained_one(project: Project) -> None:
    training = read_json(project.build / "training.json", "train")
    assert training["parity_error"] <= project.params.gate.max_parity_error


def test_a_row_alone_gets_the_scores_that_it_gets_among_others(project: Project, rows: list[dict[str, Any]]) -> None:
    scorer = Scorer(project.build / "model")
    together = scorer.score({name: [row[name] for row in rows] for name in scorer.columns})
    alone = np.concatenate([scorer.score_rows([row]) for row in rows])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)
