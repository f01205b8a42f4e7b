"""Tests that a model is exported whatever its columns are called."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pandas as pd
import pytest
from goldenpath_runtime import Candidate, Dataset, SklearnCandidate, default_features
from goldenpath_runtime.artifact import fit
from goldenpath_runtime.schema import Column
from sklearn.ensemble import (
    GradientBoostingClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

ROWS = 80
CLASSES = ("no", "yes")


def dataset(folder: Path, kinds: Mapping[str, Any], classes: tuple[str, ...] = ()) -> Dataset:
    """Rows of columns of these types, with a target that follows from the first one."""
    draw = np.random.default_rng(0)
    columns = {name: Column(type=kind) for name, kind in kinds.items()}
    rows = {}
    for name, kind in kinds.items():
        rows[name] = draw.normal(size=ROWS) if kind == "number" else draw.choice(["x", "y", "z"], ROWS)
    frame = pd.DataFrame(rows)
    first = frame.iloc[:, 0]
    values = first if first.dtype == float else (first == "x").astype(float)
    frame["what is asked"] = np.where(values > 0, "yes", "no") if classes else values
    return written(folder, frame, columns, classes)


def written(folder: Path, frame: pd.DataFrame, columns: Mapping[str, Column], classes: tuple[str, ...]) -> Dataset:
    """The rows as the step `data` leaves them."""
    frame.to_parquet(folder / "rows.parquet")
    return Dataset(folder / "rows.parquet", columns, ("what is asked",), classes)


def error_of(candidate: Candidate, data: Dataset, folder: Path) -> float:
    """By how much the exported model misses the trained one."""
    fitted = fit("one", candidate, data, data, folder / "kept")
    session = ort.InferenceSession(fitted.exported.content)
    inputs = data.inputs()
    given = {node.name: inputs[[node.name]].to_numpy() for node in session.get_inputs()}
    (scores,) = session.run([fitted.exported.output], given)
    return float(np.abs(np.asarray(scores).reshape(fitted.scores.shape) - fitted.scores).max())


NAMES = (
    "label",
    "probabilities",
    "variable",
    "scores",
    "score",
    "id",
    "index",
    "prediction",
    "target",
    "input",
    "output",
    "model",
    "label_1",
    "label1",
    "merged_columns",
    "Größe (ct)",
    "sepal length (cm)",
    "sepal_length__cm_",
    "名前",
    'a "quoted" name',
    "a|b",
    "$x$",
    " ",
    "0",
)


@pytest.mark.parametrize("kinds", [("number", "category"), ("category", "text", "number")])
@pytest.mark.parametrize("classes", [CLASSES, ()])
def test_columns_have_any_names(kinds: tuple[str, ...], classes: tuple[str, ...], tmp_path: Path) -> None:
    columns = {name: kinds[i % len(kinds)] for i, name in enumerate(NAMES)}
    data = dataset(tmp_path, columns, classes)
    last = LogisticRegression() if classes else Ridge()
    candidate = SklearnCandidate(make_pipeline(default_features(data.features), last))
    assert error_of(candidate, data, tmp_path) < 1e-4
    alone = dataset(tmp_path, {"label": "number"}, CLASSES)
    trees = make_pipeline(default_features(alone.features, scaled=False), GradientBoostingClassifier(n_estimators=3))
    assert error_of(SklearnCandidate(trees), alone, tmp_path / "alone") < 1e-4
