"""Tests that scores are probabilities to the last bit, in figures and answers alike, and that this hides no fault."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from goldenpath_runtime import Candidate, Exported, pipeline
from goldenpath_runtime.files import read_json
from goldenpath_runtime.inference import Scorer
from goldenpath_runtime.metrics import standard_metrics

# What float32 makes of a probability, each with the one that was meant.
ROUNDED = {
    "above one": ([1.0000003576, 0.0], [1, 0]),
    "below zero": ([1.0000003576, -0.0000003576], [1, 0]),
    "a sum above one": ([0.6000001, 0.4000001], [0.6, 0.4]),
    "a sum below one": ([0.3, 0.2999995, 0.4], [0.3, 0.3, 0.4]),
    "a single one of many": ([1.00002, *[0.0] * 30], [1, *[0] * 30]),
}
COLUMN = {"type": "number", "nullable": False, "min": None, "max": None, "values": None}


def echo(folder: Path, width: int, classes: bool = True) -> Scorer:
    """A model that answers with its own columns."""
    names = [f"c{i}" for i in range(width)]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in names]
    output = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, width])
    graph = helper.make_graph([helper.make_node("Concat", names, ["scores"], axis=1)], "echo", inputs, [output])
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
    info = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "output": "scores",
        "columns": dict.fromkeys(names, COLUMN),
        "classes": names if classes else [],
        "targets": names,
    }
    (folder / "model.onnx").write_bytes(content)
    (folder / "model.json").write_text(json.dumps(info), encoding="utf-8")
    return Scorer(folder)


def given(scorer: Scorer, *rows: Sequence[float]) -> Any:
    return scorer.score_rows([dict(zip(scorer.names, row, strict=True)) for row in rows])


@pytest.mark.parametrize("name", ROUNDED)
def test_a_rounded_probability_is_one(name: str, tmp_path: Path) -> None:
    rounded, meant = ROUNDED[name]
    scorer = echo(tmp_path, len(meant))
    scores = given(scorer, rounded, rounded[::-1], meant)
    np.testing.assert_allclose(scores, [meant, meant[::-1], meant], atol=1e-5)
    assert scores.min() >= 0
    assert scores.max() <= 1
    np.testing.assert_allclose(scores.sum(1, dtype=np.float64), 1, atol=1e-7)
    figures = standard_metrics("classification", np.array([0, len(meant) - 1, 0]), scores)
    assert 0 <= figures["log_loss"] < 1.3
    answer = scorer.answers(scores)[0]
    assert answer["label"] == scorer.names[int(np.argmax(meant))]
    assert max(answer["probabilities"].values()) <= 1
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(given(scorer, rounded)[0], scores[0])


@pytest.mark.parametrize("wrong", [[1.01, -0.01], [0.5, 0.6], [7.0, -3.0]])
def test_what_is_no_probability_stays_as_it_is(wrong: list[float], tmp_path: Path) -> None:
    scorer = echo(tmp_path, 2)
    scores = given(scorer, wrong, [1.0, 0.0], wrong[::-1])
    np.testing.assert_array_equal(scores[0], np.float32(wrong))
    figures = standard_metrics("classification", np.array([0, 0, 1]), scores)
    assert figures["accuracy"] in (1, 1 / 3)
    standard_metrics("classification", np.array([0, 1, 2]), np.float32([[*wrong, 0], [1, 0, 0], [0, 0, 1]]))


def test_values_are_no_probabilities(tmp_path: Path) -> None:
    scorer = echo(tmp_path, 2, classes=False)
    np.testing.assert_array_equal(given(scorer, [1.0000003576, -0.5]), np.float32([[1.0000003576, -0.5]]))


@dataclass
class Scaled:
    """A candidate whose exported scores are not quite those of the trained one."""

    candidate: Candidate
    factor: float

    def fit(self, data: Any) -> None:
        self.candidate.fit(data)

    def predict(self, inputs: Any) -> Any:
        return self.candidate.predict(inputs)

    def export(self, features: Mapping[str, Any]) -> Exported:
        exported = self.candidate.export(features)
        model = onnx.load_from_string(exported.content)
        output = model.graph.output[-1]
        kind = output.type.tensor_type.elem_type
        model.graph.initializer.append(helper.make_tensor("factor", kind, [], [self.factor]))
        model.graph.node.append(helper.make_node("Mul", [exported.output, "factor"], ["scaled"]))
        model.graph.output.append(helper.make_tensor_value_info("scaled", kind, None))
        return Exported(model.SerializeToString(), "scaled")


@pytest.mark.parametrize(("factor", "passes"), [(1.01, False), (1.0005, False), (1.0000003576, True)])
def test_a_fault_of_parity_does_not_hide(
    factor: float, passes: bool, project: pipeline.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaled = replace(project, root=tmp_path)
    candidates = scaled.model.candidates()
    monkeypatch.setattr(
        scaled.model, "candidates", lambda: {name: Scaled(each, factor) for name, each in candidates.items()}
    )
    (parity,) = pipeline.run_all(scaled, sample=True)
    assert parity.passed == passes
    measured = read_json(scaled.reports / "metrics.json", "evaluate")
    if passes:
        assert measured["test"].keys() == measured["baseline"].keys()
