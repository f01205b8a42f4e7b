"""Tests that a model is exported whatever its columns are called, or that one line says what to do instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR, LinearSVC

from goldenpath_runtime import Candidate, Dataset, Exported, ProjectError, SklearnCandidate, default_features
from goldenpath_runtime.artifact import fit, require_export
from goldenpath_runtime.interface import OLDER
from goldenpath_runtime.pipeline import Project, train
from goldenpath_runtime.schema import Column

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
    require_export("one", candidate)
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


@pytest.mark.parametrize(
    "words",
    ["Größe ÄPFEL öl Straße", "Привет МИР да нет", "日本 語 你好，世界！", "naïve CAFÉ plain", "plain ASCII words"],
)
def test_words_of_any_alphabet_are_features(words: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"text": [" ".join(draw.choice(words.split(), 2)) for _ in range(ROWS)]})
    first = words.split()[0]
    frame["what is asked"] = np.where(frame["text"].str.contains(first), "yes", "no")
    data = written(tmp_path, frame, {"text": Column(type="text")}, CLASSES)
    pipeline = make_pipeline(default_features(data.features), LogisticRegression())
    assert error_of(SklearnCandidate(pipeline), data, tmp_path) < 1e-4
    assert pipeline.score(data.inputs(), data.truth()) == 1
    assert f"text_text__{first.lower()}" in pipeline[0].get_feature_names_out()


def after_features(*steps: Any, scaled: bool = True) -> Any:
    """A pipeline of the default features and these steps."""
    columns = {"size": Column(type="number"), "kind": Column(type="category")}
    return make_pipeline(default_features(columns, scaled=scaled), *steps)


LINEAR = ("linear", LogisticRegression())
BAYES = ("bayes", GaussianNB())
TAKEN = {
    "stacking": (CLASSES, after_features(StackingClassifier([LINEAR, BAYES], cv=2))),
    "stacking values": ((), after_features(StackingRegressor([("a", Ridge()), ("b", LinearRegression())], cv=2))),
    "voting": (CLASSES, after_features(VotingClassifier([LINEAR, BAYES], voting="soft", flatten_transform=False))),
    "voting of pipelines": ((), VotingRegressor([("a", after_features(Ridge())), ("b", after_features(Ridge(2)))])),
    "calibration": (CLASSES, after_features(CalibratedClassifierCV(LinearSVC(), cv=2))),
    "pipelines in pipelines": (
        CLASSES,
        after_features(make_pipeline(PolynomialFeatures(), make_pipeline(StandardScaler(), LogisticRegression()))),
    ),
    "nothing to transform": ((), after_features(FunctionTransformer(), Ridge())),
    "neighbours": (CLASSES, after_features(KNeighborsClassifier())),
    "support vectors": ((), after_features(SVR())),
    "perceptron": ((), after_features(MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", max_iter=1000))),
}
REFUSED = {
    "histograms": (HistGradientBoostingClassifier(), "HistGradientBoostingClassifier .*GradientBoostingClassifier, or"),
    "histograms inside": (
        StackingRegressor([("a", Ridge()), ("b", HistGradientBoostingRegressor())]),
        "HistGradientBoostingRegressor .*GradientBoostingRegressor, or LightGBM",
    ),
    "stacked pipelines": (
        StackingClassifier([("a", after_features(LogisticRegression())), BAYES]),
        r"StackingClassifier .*make_pipeline\(self.features\(\), StackingClassifier",
    ),
    "calibrated pipeline": (CalibratedClassifierCV(after_features(GaussianNB())), "put the features before it"),
    "flat votes": (VotingClassifier([LINEAR, BAYES]), "flatten_transform=False"),
    "another target": (
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
        "the target in `load`",
    ),
    "a lambda": (
        make_pipeline(FunctionTransformer(lambda values: values * 2), Ridge()),
        "FunctionTransformer .*`load`",
    ),
    "a function": (
        make_pipeline(make_pipeline(FunctionTransformer(np.log1p)), Ridge()),
        "FunctionTransformer .*as a column that clients",
    ),
    "a prior": (DummyClassifier(), "DummyClassifier .*DecisionTreeClassifier"),
    "a mean": (DummyRegressor(), "DummyRegressor .*DecisionTreeRegressor"),
    "processes": (GaussianProcessClassifier(), "GaussianProcessClassifier .*SVC"),
    "in a column": (
        ColumnTransformer([("a", FunctionTransformer(np.log1p), ["size"])]),
        "FunctionTransformer cannot be exported",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_popular_estimator_is_served_as_it_is_trained(name: str, tmp_path: Path) -> None:
    classes, pipeline = TAKEN[name]
    data = dataset(tmp_path, {"size": "number", "kind": "category"}, classes)
    assert error_of(SklearnCandidate(pipeline), data, tmp_path) < 1e-4


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exported_is_refused_in_a_line(name: str) -> None:
    estimator, says = REFUSED[name]
    with pytest.raises(ProjectError, match=f"^model.py: candidate one: .*{says}") as refused:
        require_export("one", SklearnCandidate(estimator))
    assert "\n" not in str(refused.value)


def test_what_has_a_converter_is_not_refused() -> None:
    kind = HistGradientBoostingClassifier
    require_export("one", SklearnCandidate(after_features(kind()), converters={kind: print}))

    class Wrapped(TransformedTargetRegressor):
        pass

    candidate = SklearnCandidate(Wrapped(HistGradientBoostingRegressor()), converters={Wrapped: print})
    require_export("whose converter does what is inside too", candidate)
    with pytest.raises(ProjectError, match="Wrapped .*`converters` of SklearnCandidate"):
        require_export("one", SklearnCandidate(Wrapped(Ridge())))


BINS = ColumnTransformer([("bins", KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), ["size"])])
LATER = {
    "a sparse output": (
        make_pipeline(BINS, LogisticRegression()),
        "KBinsDiscretizer, LogisticRegression cannot be exported to ONNX: onehot encoding not supported",
    ),
    "newer operators": (
        after_features(IsolationForest(n_estimators=3)),
        r"IsolationForest .*write SklearnCandidate\(..., target_opset={'': 18, 'ai.onnx.ml': 3}\)",
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_what_skl2onnx_refuses_later_is_a_line_too(name: str, tmp_path: Path) -> None:
    pipeline, says = LATER[name]
    data = dataset(tmp_path, {"size": "number", "kind": "category"})
    pipeline.fit(data.inputs(), data.truth().ravel() > 0)
    with pytest.raises(ProjectError, match=says) as refused:
        SklearnCandidate(pipeline).export(data.features)
    assert "\n" not in str(refused.value)


def test_older_operators_can_be_asked_for(tmp_path: Path) -> None:
    data = dataset(tmp_path, {"size": "number", "kind": "category"})
    forest = after_features(IsolationForest(n_estimators=3, random_state=0), scaled=False)
    assert error_of(SklearnCandidate(forest, target_opset=OLDER), data, tmp_path) == 0


def test_what_cannot_be_fitted_is_a_line(tmp_path: Path) -> None:
    data = dataset(tmp_path, {"size": "number", "kind": "category"}, CLASSES)
    raw = make_pipeline(ColumnTransformer([("all", "passthrough", ["size", "kind"])]), GaussianNB())
    with pytest.raises(ProjectError, match="^model.py: candidate one: it cannot be fitted .*could not convert string"):
        fit("one", SklearnCandidate(raw), data, data, tmp_path)
    with pytest.raises(ProjectError, match="shape .80, 1., as an estimator without `predict_proba` does; .* .80, 2."):
        fit("one", SklearnCandidate(after_features(LinearSVC())), data, data, tmp_path)


@dataclass
class Own:
    """A candidate of somebody's own, whose export is another's."""

    exported: Exported

    def fit(self, data: Dataset) -> None:
        pass

    def predict(self, inputs: pd.DataFrame) -> Any:
        return np.zeros((len(inputs), 1))

    def export(self, features: Mapping[str, Column]) -> Exported:
        return self.exported


def straight_line(data: Dataset) -> Exported:
    candidate = SklearnCandidate(make_pipeline(default_features(data.features), Ridge()))
    candidate.fit(data)
    return candidate.export(data.features)


def test_a_graph_that_cannot_be_served_is_refused(tmp_path: Path) -> None:
    others = straight_line(dataset(tmp_path, {"another": "number"}))
    data = dataset(tmp_path, {"size": "number"})
    good = straight_line(data)
    wrong = {
        "ONNX Runtime cannot run it: ": Exported(b"no graph", good.output),
        "its graph takes another and gives variable; it must take columns alone": others,
        "its graph takes the columns and gives variable; .* give scores": Exported(good.content, "scores"),
    }
    for says, exported in wrong.items():
        with pytest.raises(ProjectError, match=f"^model.py: candidate one: {says}"):
            fit("one", Own(exported), data, data, tmp_path)
    assert fit("one", Own(good), data, data, tmp_path).exported == good


def test_a_candidate_without_its_methods_is_refused_before_another_is_fitted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = Own(Exported(b"", ""))
    monkeypatch.setattr(never, "fit", pytest.fail)
    monkeypatch.setattr(project.model, "candidates", lambda: {"first": never, "second": Ridge()})
    with pytest.raises(ProjectError, match="candidate second: Ridge has no `export`: wrap .* SklearnCandidate"):
        train(project)
    monkeypatch.setattr(project.model, "candidates", lambda: {"first": never})
    monkeypatch.setattr(project.model, "baseline", lambda: SklearnCandidate(DummyRegressor()))
    with pytest.raises(ProjectError, match="candidate baseline: DummyRegressor cannot be exported"):
        train(project)
