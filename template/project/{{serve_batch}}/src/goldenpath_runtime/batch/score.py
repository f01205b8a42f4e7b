"""Scores a file of rows of any size in chunks.

Owned by the template: do not edit. Any file that `data: source` may be goes in, the same rows with
the model's answers go out as CSV or Parquet. Needs pyarrow, neither pandas nor scikit-learn, unless
model.py has a `load` of its own; memory does not grow with a .csv or .parquet file.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import Format, read_params
from goldenpath_runtime.delimited import ARROW, opened, read_file
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import note_blocked
from goldenpath_runtime.inference import InvalidRowsError, Rule, Scorer
from goldenpath_runtime.project import open_project

HEADED = {".csv", ".xlsx"}  # the names of the columns are row 1, as a spreadsheet counts


def score(argv: Sequence[str]) -> None:
    """Score a file; nothing is written when a row cannot be scored."""
    parser = command("score")
    parser.add_argument(
        "--folder",
        default=os.environ.get("MODEL_DIR"),
        help="the model's folder, in place of --model",
    )
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="the rows have the model's columns: read them without `load` of model.py",
    )
    parser.add_argument("source", metavar="FILE", help="what `source` of params.yaml may be")
    parser.add_argument(
        "target", metavar="OUT", type=Path, help="the .csv or .parquet file to write"
    )
    args = parser.parse_args(argv)
    name = None if args.folder else read_params().model(args.model)[0]
    folder = Path(args.folder or f"build/{name}/model")
    try:
        scorer = Scorer(folder)
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"{folder}: no model to score with: {error}; run make pipeline first"
        ) from None
    note_blocked(folder)
    batches, reader = None, ""
    if name and scorer.info.get("own_load") and not args.as_is:
        batches, reader = _load(name, args.source), ", read by `load` of model.py"
    rows = score_file(scorer, args.source, args.target, batches)
    print(f"{rows} rows scored{reader}: {args.target}")


def score_file(
    scorer: Scorer,
    source: str | Path,
    target: Path,
    batches: Iterator[pa.RecordBatch] | None = None,
) -> int:
    """Write the rows of a source with the answers as further columns to target.

    `batches` are its rows where it is not read as a file. The number of rows.
    """
    if target.suffix not in (".csv", ".parquet"):
        raise ProjectError(f"{target}: neither .csv nor .parquet")
    batches = batches or _read(scorer, str(source))
    first = 2 if HEADED.intersection(Path(source).suffixes) else 1
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            rows = _write(_scored(scorer, batches, first), unfinished, target.suffix)
            if not rows:
                raise ProjectError(f"{source}: there are no rows")
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    except InvalidRowsError as error:
        raise ProjectError(f"{source}: {error}") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{source} cannot be scored into {target}: {error}") from None
    return rows


def _write(batches: Iterator[pa.RecordBatch], path: Path, suffix: str) -> int:
    writer, rows = None, 0
    try:
        for batch in batches:
            writer = writer or (pq.ParquetWriter if suffix == ".parquet" else pv.CSVWriter)(
                path, batch.schema
            )
            writer.write_batch(batch)
            rows += batch.num_rows
    finally:
        if writer:
            writer.close()
    return rows


def _scored(
    scorer: Scorer, batches: Iterator[pa.RecordBatch], first: int
) -> Iterator[pa.RecordBatch]:
    """The batches with answers; `first` is the number of the first row."""
    for batch in batches:
        try:
            yield _with_answers(scorer, batch)
        except InvalidRowsError as error:
            counted = [
                (row if row is None else row + first, column, text)
                for row, column, text in error.problems
            ]
            raise InvalidRowsError(counted) from None
        first += batch.num_rows


def _read(scorer: Scorer, source: str) -> Iterator[pa.RecordBatch]:
    """All columns of a source, written as the rows are that the model was trained on."""
    form = scorer.info.get("format_of_rows")
    kinds = {name: rule["type"] for name, rule in scorer.columns.items()}
    hidden = [name for name, rule in scorer.columns.items() if rule.get("personal")]
    usual = Format(**form or {})
    with opened(source) as path:
        old = form is None
        for batch in read_file(path, usual, kinds, others=True, old=old, hidden=hidden):
            if batch.num_rows:
                yield batch


def _load(name: str, source: str) -> Iterator[pa.RecordBatch]:
    """The rows as `load` of model.py gives them, in the schema's types as far as it lists them."""
    project = open_project(name)
    words = project.params.data.missing
    for frame in project.model.load(source):
        typed = project.model.schema.coerce(frame, words, partly=True)
        yield pa.RecordBatch.from_pandas(frame.assign(**typed), preserve_index=False)


def _with_answers(scorer: Scorer, batch: pa.RecordBatch) -> pa.RecordBatch:
    names = batch.schema.names
    columns = {
        name: _values(batch.column(names.index(name)), rule)
        for name, rule in scorer.columns.items()
        if name in names
    }
    scores = scorer.score(columns)
    answers = {_own(name, scorer): values for name, values in _answers(scorer, scores)}
    if twice := sorted({name for name in names if names.count(name) > 1 or name in answers}):
        raise ProjectError(
            f"column {twice[0]} is there twice, or is the name of an answer: rename it"
        )
    for name, values in answers.items():
        batch = batch.append_column(name, pa.array(values))
    return batch


def _own(name: str, scorer: Scorer) -> str:
    """The name of an answer; where the model has a column of that name, a longer one."""
    return _own(f"{name}_", scorer) if name in scorer.columns else name


def _values(column: pa.Array, rule: Rule) -> npt.NDArray[Any]:
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        column = column.cast(pa.float64() if rule["type"] in ARROW else pa.string(), safe=False)
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _answers(scorer: Scorer, scores: npt.NDArray[np.float32]) -> Iterator[tuple[str, Any]]:
    if scorer.info["classes"]:
        yield "predicted", np.asarray(scorer.names, object)[scores.argmax(1)]
        yield from ((f"probability_{name}", scores[:, i]) for i, name in enumerate(scorer.names))
    else:
        yield from ((f"predicted_{name}", scores[:, i]) for i, name in enumerate(scorer.names))
