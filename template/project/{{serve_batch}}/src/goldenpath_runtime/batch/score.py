"""Scores a file of rows of any size in chunks.

Owned by the template: do not edit. CSV or Parquet in, the same rows with the model's answers out.
Needs pyarrow, neither pandas nor scikit-learn; memory does not grow with the file.
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
from goldenpath_runtime.delimited import ARROW, read_csv
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import note_blocked
from goldenpath_runtime.inference import InvalidRowsError, Rule, Scorer

ROWS = 32_768  # rows of Parquet read at a time


def score(argv: Sequence[str]) -> None:
    """Score a file; nothing is written when a row cannot be scored."""
    parser = command("score")
    parser.add_argument(
        "--folder",
        default=os.environ.get("MODEL_DIR"),
        help="the model's folder, in place of --model",
    )
    parser.add_argument("source", metavar="FILE", type=Path, help="a .csv or .parquet file")
    parser.add_argument(
        "target", metavar="OUT", type=Path, help="the .csv or .parquet file to write"
    )
    args = parser.parse_args(argv)
    folder = Path(args.folder or f"build/{read_params().model(args.model)[0]}/model")
    try:
        scorer = Scorer(folder)
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"{folder}: no model to score with: {error}; run make pipeline first"
        ) from None
    note_blocked(folder)
    print(f"{score_file(scorer, args.source, args.target)} rows scored: {args.target}")


def score_file(scorer: Scorer, source: Path, target: Path) -> int:
    """Write the rows of source with the answers as further columns to target.

    The number of rows.
    """
    if wrong := [path for path in (source, target) if path.suffix not in (".csv", ".parquet")]:
        raise ProjectError(f"{wrong[0]}: neither .csv nor .parquet")
    if not source.is_file():
        raise ProjectError(f"{source}: not found")
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            rows = _write(_scored(scorer, source), unfinished, target.suffix)
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


def _scored(scorer: Scorer, source: Path) -> Iterator[pa.RecordBatch]:
    first = (
        2 if source.suffix == ".csv" else 1
    )  # as a spreadsheet counts: the names of the columns are row 1
    for batch in (
        _read_csv(source, scorer)
        if source.suffix == ".csv"
        else pq.ParquetFile(source).iter_batches(ROWS)
    ):
        try:
            yield _with_answers(scorer, batch)
        except InvalidRowsError as error:
            counted = [
                (row if row is None else row + first, column, text)
                for row, column, text in error.problems
            ]
            raise InvalidRowsError(counted) from None
        first += batch.num_rows


def _read_csv(source: Path, scorer: Scorer) -> Iterator[pa.RecordBatch]:
    """All columns of a file, written as the rows are that the model was trained on."""
    form = scorer.info.get("format_of_rows")
    kinds = {name: rule["type"] for name, rule in scorer.columns.items()}
    hidden = [name for name, rule in scorer.columns.items() if rule.get("personal")]
    form, old = Format(**form or {}), form is None
    try:
        for batch in read_csv(source, form, kinds, others=True, old=old, hidden=hidden):
            if batch.num_rows:
                yield batch
    except ValueError as error:
        raise ProjectError(f"{source}: {error}") from None


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
