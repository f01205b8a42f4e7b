"""The seam between a team's model and the pipeline: its methods, and what they hand over.

Owned by the template: do not edit. Public: later releases add methods with defaults and remove
none.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .config import ModelParams
from .data import BATCH, class_names, read_rows
from .errors import ProjectError, first_line
from .metrics import standard_metrics
from .schema import Column, Schema, model_inputs

if TYPE_CHECKING:
    import pandera.pandas as pa

# A word is what has no space and no punctuation: a pattern that ONNX Runtime reads like Python.
# Capitals that Python alone makes two letters of, or another at a word's end (İ, ΟΔΟΣ), do not pass
# the gate's parity: give such texts in lower case.
WORD = "[^\x00-/:-@\\[-^`{-\xbf\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]+"
OLDER = {"": 18, "ai.onnx.ml": 3}  # the operators that converters of other libraries know
UNKNOWN = "name its converter in `converters` of SklearnCandidate, or write a Candidate"
# By class what does instead of estimators that skl2onnx or ONNX Runtime cannot take.
WAYS_OUT = {
    "DummyClassifier": "take LogisticRegression or DecisionTreeClassifier(max_depth=1)",
    "DummyRegressor": "take Ridge or DecisionTreeRegressor(max_depth=1)",
    "FunctionTransformer": "compute it in `load` of model.py, as a column that clients send too",
    "GaussianProcessClassifier": "take SVC in CalibratedClassifierCV",
    "HistGradientBoostingClassifier": "take GradientBoostingClassifier, or LightGBM or XGBoost",
    "HistGradientBoostingRegressor": "take GradientBoostingRegressor, or LightGBM or XGBoost",
    "TransformedTargetRegressor": "transform the target in `load` of model.py",
}
# What takes the numbers that features are, and no columns.
TAKE_NUMBERS = (
    "CalibratedClassifierCV",
    "OneVsRestClassifier",
    "StackingClassifier",
    "StackingRegressor",
)

Scores = npt.NDArray[np.floating[Any]]  # (rows, classes) probabilities, or (rows, targets) values


@dataclass(frozen=True)
class Dataset:
    """Validated rows in a Parquet file, to be taken whole or in batches.

    `classes` are the names behind the class numbers, in their order; empty for a regression.
    """

    path: Path
    features: Mapping[str, Column]
    target: tuple[str, ...]
    classes: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """All rows, with all columns of schema.yaml."""
        return pd.read_parquet(self.path)

    def batches(self, rows: int = BATCH) -> Iterator[pd.DataFrame]:
        """The same rows, at most so many at a time."""
        for batch in pq.ParquetFile(self.path).iter_batches(rows):
            yield batch.to_pandas()

    def inputs(self, frame: pd.DataFrame | None = None) -> pd.DataFrame:
        """What the model sees of the rows: float32 and text, with NaN and "" for missing values."""
        if frame is None:
            frame = self.frame()
        return model_inputs(frame, self.features)

    def columns(self, frame: pd.DataFrame) -> dict[str, npt.NDArray[Any]]:
        """The features as a client of the service would give them: float64 with NaN, and text."""
        columns = {}
        for name, column in self.features.items():
            values = frame[name]
            if column.is_number:
                values = values.astype(np.float64)
            columns[name] = values.to_numpy()
        return columns

    def truth(self, frame: pd.DataFrame | None = None) -> npt.NDArray[Any]:
        """What the model is to predict.

        Class numbers of shape (rows,), or float values of shape (rows, targets).
        """
        if frame is None:
            frame = self.frame()
        if not self.classes:
            return frame[list(self.target)].to_numpy(np.float64)
        names = class_names(frame[self.target[0]])
        return pd.Index(self.classes).get_indexer(pd.Index(names))


@dataclass(frozen=True)
class Exported:
    """A trained model in a format that holds no code.

    The ONNX graph has one input per feature, named like it, of shape (rows, 1), float32 or string;
    `output` names the output that holds the scores.
    """

    content: bytes
    output: str
    format: Literal["onnx"] = "onnx"


class Candidate(Protocol):
    """One way to solve the task.

    Wrap scikit-learn's estimators with SklearnCandidate; write these three methods for others.
    """

    def fit(self, data: Dataset) -> None:
        """Learn from the rows; the same rows and seed must give the same model."""

    def predict(self, inputs: pd.DataFrame) -> Scores:
        """Scores of shape (rows, classes) or (rows, targets) for what `Dataset.inputs` gives."""

    def export(self, features: Mapping[str, Column]) -> Exported:
        """The trained model; its scores are compared with those of `predict`."""


@dataclass
class SklearnCandidate:
    """A scikit-learn estimator or pipeline that takes the input columns by name.

    skl2onnx exports it. `options` are its own, by estimator; `target_opset` are the versions of
    ONNX's operators. `converters` are functions that export predictors which it does not know, such
    as LightGBM's, by class: `{LGBMClassifier: convert_lightgbm}`, of onnxmltools.
    """

    estimator: Any
    options: Mapping[Any, Any] = field(default_factory=dict)
    target_opset: int | Mapping[str, int] | None = None
    converters: Mapping[type, Callable[..., None]] = field(default_factory=dict)

    def require_export(self) -> None:
        """ProjectError, before anything is fitted, where an estimator cannot be exported."""
        for part in _parts(self.estimator, self.converters):
            way_out = "" if type(part) in self.converters else _way_out(part)
            if way_out:
                raise ProjectError(f"{type(part).__name__} cannot be exported to ONNX: {way_out}")

    def fit(self, data: Dataset) -> None:
        """Fit on all rows at once."""
        rows = data.frame()
        truth = data.truth(rows)
        if truth.ndim == 2 and truth.shape[1] == 1:
            truth = truth.ravel()
        try:
            self.estimator.fit(data.inputs(rows), truth)
        except ValueError as error:
            raise ProjectError(f"it cannot be fitted to these rows: {first_line(error)}") from None

    def predict(self, inputs: pd.DataFrame) -> Scores:
        """Class probabilities where the estimator is a classifier, else its values."""
        if hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.estimator.predict_proba(inputs))
        values = np.asarray(self.estimator.predict(inputs), np.float64)
        return values.reshape(len(inputs), -1)

    def export(self, features: Mapping[str, Column]) -> Exported:
        """Convert the whole pipeline, features included.

        ProjectError, in one line, says why skl2onnx does not.
        """
        from skl2onnx import to_onnx  # noqa: PLC0415 (only training exports)
        from skl2onnx.common.data_types import (  # noqa: PLC0415
            FloatTensorType,
            StringTensorType,
        )

        inputs = []
        for name, column in features.items():
            kind = FloatTensorType if column.is_number else StringTensorType
            inputs.append((name, kind([None, 1])))
        for kind, converter in self.converters.items():
            _register(kind, converter)
        opset = self.target_opset or (OLDER if self.converters else None)
        try:
            graph = to_onnx(
                self.estimator,
                initial_types=inputs,
                options=self._export_options(),
                target_opset=opset,
                name="model",
            )
        except Exception as error:  # noqa: BLE001 (it raises what it likes)
            raise ProjectError(self._not_exported(error)) from None
        _name_inputs(graph.graph, list(features))
        _lower_all_letters(graph.graph)
        # Of a classifier the last output has the probabilities; of others the first has the values.
        place = -1 if hasattr(self.estimator, "predict_proba") else 0
        output = graph.graph.output[place].name
        return Exported(graph.SerializeToString(deterministic=True), output)

    def _not_exported(self, error: Exception) -> str:
        """What skl2onnx says, of which estimators, and what else there is."""
        why = first_line(error)
        if "target_opset" in why:
            why = f"write SklearnCandidate(..., target_opset={OLDER})"
        parts = _parts(self.estimator, ())
        names = dict.fromkeys(type(part).__name__ for part in parts)
        return f"{', '.join(names)} cannot be exported to ONNX: {why}"

    def _export_options(self) -> dict[Any, Any]:
        # Lower case without a language: its rules are not installed in every image.
        options: dict[Any, Any] = {
            CountVectorizer: {"locale": "C"},
            TfidfVectorizer: {"locale": "C"},
        }
        options |= self.options
        if hasattr(self.estimator, "predict_proba"):
            # Plain arrays in place of a list of maps.
            options[id(_last(self.estimator))] = {"zipmap": False}
        return options


def _register(kind: type, converter: Callable[..., None]) -> None:
    """Tell skl2onnx how a predictor of another library is converted."""
    from skl2onnx import update_registered_converter  # noqa: PLC0415 (only training exports)
    from skl2onnx.common.shape_calculator import (  # noqa: PLC0415
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )

    if hasattr(kind, "predict_proba"):
        shape = calculate_linear_classifier_output_shapes
        options = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
    else:
        shape = calculate_linear_regressor_output_shapes
        options = {"split": None}
    update_registered_converter(kind, f"Own{kind.__name__}", shape, converter, options=options)


def _parts(value: Any, known: Container[type]) -> Iterator[Any]:
    """The estimators in a value, and those inside them; inside one of a known class none."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _parts(each, known)
    elif hasattr(value, "fit") and not isinstance(value, type):
        yield value
        if type(value) not in known and hasattr(value, "get_params"):
            yield from _parts(list(value.get_params(deep=False).values()), known)


def _way_out(part: Any) -> str:
    """What to do where an estimator cannot be exported; empty for one that can be."""
    from skl2onnx import get_model_alias  # noqa: PLC0415 (only training exports)

    name = type(part).__name__
    if name == "FunctionTransformer" and part.func is None:
        return ""
    if name == "VotingClassifier" and part.flatten_transform:
        return 'write voting="soft", flatten_transform=False'
    if name in TAKE_NUMBERS and any(type(each) is ColumnTransformer for each in _parts(part, ())):
        return f"put the features before it: make_pipeline(self.features(), {name}(...))"
    if name in WAYS_OUT:
        return WAYS_OUT[name]
    try:
        get_model_alias(type(part))
    except RuntimeError:
        return "" if hasattr(part, "onnx_converter") else UNKNOWN
    return ""


def _name_inputs(graph: Any, names: Sequence[str]) -> None:
    """Give the graph's inputs the columns' names: skl2onnx writes `home town` as home_town.

    What else has the name of a column, such as the output `label`, gets another.
    """
    made = [tensor.name for tensor in graph.initializer]
    for node in graph.node:
        made += node.output
    taken = {*names, *made}
    renamed = {}
    for name in sorted(set(made) & set(names)):
        renamed[name] = next(f"{name}_{i}" for i in count(1) if f"{name}_{i}" not in taken)
    renamed |= {value.name: name for value, name in zip(graph.input, names, strict=True)}
    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        value.name = renamed.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]


def _lower_all_letters(graph: Any) -> None:
    """Lower more than ASCII where words have other letters; not every machine knows how."""
    locales = []
    words: list[bytes] = []
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name == "locale" and attribute.s == b"C":
                locales.append(attribute)
            if attribute.name == "pool_strings":
                words += attribute.strings
    if all(word.isascii() for word in words):
        return
    for attribute in locales:
        attribute.s = b"C.UTF-8"


def _last(estimator: Any) -> Any:
    """The last step of a pipeline, which predicts."""
    while isinstance(estimator, Pipeline):
        _, estimator = estimator.steps[-1]
    return estimator


def default_features(columns: Mapping[str, Column], *, scaled: bool = True) -> ColumnTransformer:
    """Transform each column by its type.

    Numbers: the median for what is missing, scaled if asked. Categories: one-hot. Text: tf-idf of
    its words. Trees take numbers unscaled: behind a scaler the exported ones round differently, and
    parity fails.
    """
    if not columns:
        raise ProjectError(
            "model.py: there is no column of the kind that these features are made of"
        )
    numbers = [name for name, column in columns.items() if column.is_number]
    categories = [name for name, column in columns.items() if column.type == "category"]
    texts = [name for name, column in columns.items() if column.type == "text"]
    steps: list[tuple[str, Any, Any]] = []
    if numbers:
        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        transformer = make_pipeline(imputer, StandardScaler()) if scaled else imputer
        steps.append(("numbers", transformer, numbers))
    if categories:
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        steps.append(("categories", encoder, categories))
    for name in texts:
        vectorizer = TfidfVectorizer(token_pattern=WORD, max_features=2000)
        steps.append((f"text_{name}", vectorizer, name))
    return ColumnTransformer(steps, sparse_threshold=0.0)


class Model:
    """What a team decides about its model; override what differs.

    `self.params` and `self.schema` are its settings.
    """

    def __init__(self, params: ModelParams, schema: Schema) -> None:
        self.params = params
        self.schema = schema

    @property
    def columns(self) -> dict[str, Column]:
        """The columns that the model sees, in their order."""
        return self.schema.features(self.params.target)

    def load(self, source: str) -> Iterator[pd.DataFrame]:
        """Batches of raw rows from the source that params.yaml names."""
        yield from read_rows(source, self.schema, form=self.params.data)

    def checks(self) -> "Sequence[pa.Check]":
        """Checks on whole rows, beside those of schema.yaml, as pandera writes them."""
        return ()

    def features(self, *, scaled: bool = True) -> ColumnTransformer:
        """How columns become numbers.

        This is exported with the model, so that serving cannot differ from training.
        """
        return default_features(self.columns, scaled=scaled)

    def baseline(self) -> Candidate:
        """The simplest thing that could be used instead; the gate asks a model to beat it."""
        raise NotImplementedError

    def candidates(self) -> Mapping[str, Candidate]:
        """The models to train; the best on the validation rows is chosen."""
        raise NotImplementedError

    def metrics(self, truth: npt.NDArray[Any], scores: Scores) -> Mapping[str, float]:
        """Figures by name, of what `Dataset.truth` and `Candidate.predict` give.

        Of several targets there are the figures of all together, and those of each: `rmse` and
        `rmse_<target>`.
        """
        task = self.params.task
        targets = self.params.target
        figures = standard_metrics(task, truth, scores)
        if len(targets) == 1:
            return figures
        for i, target in enumerate(targets):
            single = standard_metrics(task, truth[:, i], scores[:, i])
            figures |= {f"{name}_{target}": value for name, value in single.items()}
        return figures

    def business(
        self,
        rows: pd.DataFrame,  # noqa: ARG002
        truth: npt.NDArray[Any],  # noqa: ARG002
        scores: Scores,  # noqa: ARG002
    ) -> Mapping[str, float]:
        """Figures in the business's own units, for the report; none by default."""
        return {}
