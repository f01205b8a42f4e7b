"""The step `data`: read, validate and split the rows, and note what a training depends on.

Owned by the template: do not edit. No other module imports pandera.
"""

import inspect
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa

from .config import HIDDEN, PARAMS, ModelParams, read_params
from .data import class_names, fingerprint, note_words, read_rows, words_kept
from .delimited import local_file
from .errors import ProjectError, asking
from .extras import extra, names
from .files import did_you_mean, write_json
from .interface import Dataset, Model
from .lineage import READ, note_read, note_registered, reading_inputs, reading_state
from .project import Project
from .schema import Column, Schema, is_whole, pseudonyms
from .split import Parts, split_rows

Array = npt.NDArray[Any]
LARGEST = float(np.finfo(np.float32).max)
TRIED = 1000  # rows on which the names of figures are tried


def make_sample(project: Project) -> Path:
    """A small part of the real rows, spread over source and classes, for `make smoke`; its path.

    Personal columns have made-up values there, as the file goes into git.
    """
    settings = project.params.data
    rows = _read(project, sample=False)
    for name, column in project.model.schema.columns.items():
        if name in rows and not column.is_number:
            missing = column.no_values(settings.missing)
            rows[name] = rows[name].mask(rows[name].isin(missing))
    for target in project.params.target:
        if target not in rows or (rows[target].isna() | (rows[target] == "")).all():
            raise ProjectError(f"no row has a {target}, the target of {PARAMS}")
    share = min(1.0, settings.sample_rows / len(rows))
    groups = [rows]
    if project.params.task == "classification":
        by_class = rows.groupby(project.params.target[0])
        groups = [group for _, group in by_class]
    sampled = [_sample(group, share) for group in groups]
    drawn = pd.concat(sampled).sort_index()
    classes = project.params.target if project.params.task == "classification" else ()
    for name, column in project.model.schema.columns.items():
        if column.personal and name not in classes:
            drawn[name] = pseudonyms(drawn[name], column)
    path = Path(settings.sample)
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn.to_csv(path, index=False)
    return path


def _sample(rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """That share of the rows, and at least five of them where there are so many."""
    wanted = max(5, round(len(rows) * share))
    number = min(len(rows), wanted)
    return rows.sample(number, random_state=0)


def prepare_data(project: Project, sample: bool = False) -> dict[str, Any]:
    """Read, validate and split the rows.

    data.verdict says whether the last registered version was made of the same rows; inputs.json
    says for DVC what else a training depends on. The sample holds what `load` gave, so it is read
    as it stands; it is not held to an age.
    """
    # What is left of another reading is of no use if this one fails.
    for name in (READ, "inputs.json"):
        (project.build / name).unlink(missing_ok=True)
    for kind in names("settings"):
        extra(f"settings {kind}")(read_params())
    model = project.model
    file = None if sample else _only_file(project)
    state = reading_state(project, file) if file else {}
    read = _read(project, sample)
    words = project.params.data.missing
    rows = validate_rows(model.schema, read, model.checks(), words)
    parts = split_rows(rows, project.params, model.columns)
    now = None if sample else datetime.now(UTC)
    facts = _check_data(project, rows, parts, now)
    counts = {name: len(part) for name, part in parts.items()}
    classes = _classes(parts["train"], project.params)
    _require_figures(project, parts, classes)
    summary = {
        "rows": counts,
        "without_target": len(rows) - sum(counts.values()),
        "classes": classes,
        "sha256": fingerprint(rows),
        **facts,
    }
    folder = project.build / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        part.to_parquet(folder / f"{name}.parquet", index=False)
    write_json(folder / "summary.json", summary)
    write_json(project.build / "inputs.json", reading_inputs(project))
    versions = None if sample else extra("versions")
    note_registered(project, summary["sha256"], versions)
    if state:
        note_read(project, state)
    return summary


def _only_file(project: Project) -> Path | None:
    """The file or folder that all rows are from.

    None where something else may decide what is read: a store, code of the team's, the day.
    """
    data = project.params.data
    source = data.source
    is_elsewhere = "://" in source or source.startswith("store:")
    if is_elsewhere or data.checks.max_age_days or not _reads_as_usual(project.model):
        return None
    with suppress(ModuleNotFoundError), local_file(source) as path:
        return path if path.exists() else None
    return None


def _reads_as_usual(model: Model) -> bool:
    """Whether rows are read by the methods of `Model`, and every class of the model lies in src."""
    kind = type(model)
    columns = getattr(kind.columns, "fget", None)
    usual = inspect.getfile(Model)
    for method in (kind.__init__, kind.load, kind.checks, columns):
        code = getattr(method, "__code__", None)
        if code is None or code.co_filename != usual:
            return False
    *own, _ = kind.__mro__
    sources = Path("src").resolve()
    return all(Path(inspect.getfile(each)).is_relative_to(sources) for each in own)


def _read(project: Project, sample: bool) -> pd.DataFrame:
    """All rows of the source as the model's `load` reads them, or those of the sample."""
    settings = project.params.data
    if sample:
        # What `make sample` writes has the usual format.
        batches = read_rows(settings.sample, project.model.schema)
    else:
        batches = project.model.load(settings.source)
    with asking(project.model.load):
        rows = pd.concat(batches, ignore_index=True)
    if settings.missing is None and ".csv" in settings.source and not sample:
        _note_words(rows, project.model.schema)
    return rows


def _note_words(rows: pd.DataFrame, schema: Schema) -> None:
    """Name the words of texts that meant a missing value to earlier releases."""
    kept = {}
    for name, column in schema.columns.items():
        if name in rows and column.type in ("category", "text"):
            kept[name] = words_kept(rows[name], column.no_values(None))
    note_words(kept)


def _classes(rows: pd.DataFrame, params: ModelParams) -> list[str]:
    """The names of the classes in the order of their values; none for a regression.

    Of two, the one that figures are about is the last.
    """
    if params.task == "regression":
        return []
    (target,) = params.target
    values = rows[target].drop_duplicates().sort_values()
    names = list(class_names(values))
    if params.positive is None:
        return names
    _check_positive(params.positive, target, names)
    return sorted(names, key=lambda name: name == params.positive)


def _check_positive(positive: str, target: str, names: Sequence[str]) -> None:
    """Raise ProjectError where the class is not one of two."""
    place = f"{PARAMS}: positive"
    if len(names) != 2:
        raise ProjectError(
            f"{place}: it is one of two classes, and {target} has {len(names)}: take this line out"
        )
    if positive not in names:
        listed = ", ".join(f'"{name}"' for name in names)
        raise ProjectError(f"{place}: {target} is never {positive!r}; write one of {listed}")


def _require_figures(project: Project, parts: Parts, classes: Sequence[str]) -> None:
    """ProjectError where params.yaml names a figure that the model's `metrics` do not give.

    They are asked for scores that are right, of rows of all classes and of the first ones here.
    """
    params = project.params
    known: set[str] = set()
    for truth in _truths(project, parts, classes):
        scores = _right_scores(truth, len(classes))
        try:
            figures = project.model.metrics(truth, scores)
            known.update(figures)
        except Exception:  # noqa: BLE001 (they may need what only a training gives)
            return
    asked = [("objective.metric", params.objective.metric)]
    asked += [("gate.thresholds", name) for name in params.gate.thresholds]
    for key, name in asked:
        if name in known:
            continue
        listed = ", ".join(sorted(known))
        meant = did_you_mean(name, known) or f"; they give {listed}"
        raise ProjectError(
            f"{PARAMS}: models.{project.name}.{key}: the model's metrics give no {name}{meant}"
        )


def _truths(project: Project, parts: Parts, classes: Sequence[str]) -> Iterator[Array]:
    """Targets of rows that have all classes, and those of the first rows that are judged by."""
    targets = project.params.target
    data = Dataset(Path(), project.model.columns, targets, tuple(classes))
    if classes:
        yield np.arange(TRIED) % len(classes)
    else:
        yield np.linspace((1.0,) * len(targets), 2.0, TRIED)
    for name in ("validation", "test"):
        rows = parts[name][:TRIED]
        yield data.truth(rows)


def _right_scores(truth: Array, classes: int) -> Array:
    """Scores that are nearly sure of the right class, or the right numbers."""
    if not classes:
        return truth
    sure = np.eye(classes)[truth]
    return sure * 0.9 + 0.1 / classes


def _check_data(
    project: Project,
    rows: pd.DataFrame,
    parts: Parts,
    now: datetime | None,
) -> dict[str, Any]:
    """What is known of the rows beyond schema.yaml.

    ProjectError when params.yaml asks for more than they have.
    """
    params = project.params
    schema = project.model.schema
    check_data = extra("checks of the rows")
    if check_data:
        return dict(check_data(rows, parts, params, schema, now))
    if "checks" in params.data.model_fields_set:
        raise ProjectError(
            f"{PARAMS}: data.checks: made without them; answer files to `registry` of the template"
        )
    return {}


def validate_rows(
    schema: Schema,
    frame: pd.DataFrame,
    checks: Sequence[pa.Check] = (),
    words: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The rows in the schema's types; `words` are those that params.yaml lists as `missing`.

    ProjectError lists what breaks the schema or the project's own checks.
    """
    frame = schema.coerce(frame, words)
    columns = {}
    for name, column in schema.columns.items():
        limits = _checks(column)
        columns[name] = pa.Column(None, limits, nullable=column.nullable)
    wanted = pa.DataFrameSchema(columns, checks=list(checks))
    try:
        return wanted.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        hidden = [name for name, column in schema.columns.items() if column.personal]
        lines = ["the data break schema.yaml:", *_failures(error.failure_cases, hidden)]
        raise ProjectError("\n".join(lines)) from None


def _failures(cases: pd.DataFrame, hidden: Collection[str]) -> Iterator[str]:
    """A line for each check that failed, with an example; none of a hidden column."""
    groups = cases.groupby(["column", "check"], dropna=False, sort=True)
    for (column, check), values in groups["failure_case"]:
        rows = len(values)
        example = HIDDEN if column in hidden else repr(values.tolist()[0])
        yield f"  {column}: {check} fails for {rows} rows, such as {example}"


def _checks(column: Column) -> list[pa.Check]:
    """A column's limits in pandera's terms; a number is always one that float32 can hold."""
    checks = []
    low, high = column.min, column.max
    if column.type in ("number", "integer"):
        low = -LARGEST if low is None else low
        high = LARGEST if high is None else high
    if low is not None:
        checks.append(pa.Check.ge(low))
    if high is not None:
        checks.append(pa.Check.le(high))
    listed = column.values  # noqa: PD011 (no series)
    if listed is not None:
        checks.append(pa.Check.isin(listed))
    if column.type == "integer":
        checks.append(pa.Check(is_whole, name="a whole number"))
    return checks
