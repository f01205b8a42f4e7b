"""Scores a file of rows of any size in chunks: CSV or Parquet in, the same rows with the model's answers out.

Owned by the template: do not edit. Needs pyarrow, neither pandas nor scikit-learn; memory does not grow with the file.
"""

import argparse
import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from .config import ProjectError, read_params
from .inference import InvalidRowsError, Scorer

CHUNK = 1 << 23  # bytes of CSV read at a time
ROWS = 65_536  # rows of Parquet read at a time
ARROW = {"number": pa.float64(), "integer": pa.float64(), "boolean": pa.bool_()}


def score(argv: Sequence[str]) -> None:
    """Score a file; nothing is written when a row cannot be scored."""
    parser = argparse.ArgumentParser(prog="score")
    parser.add_argument("--model", help="which model of params.yaml; not needed when there is one")
    parser.add_argument("--folder", default=os.environ.get("MODEL_DIR"), help="the model's folder, in place of --model")
    parser.add_argument("source", type=Path, help="a .csv or .parquet file")
    parser.add_argument("target", type=Path, help="the .csv or .parquet file to write")
    args = parser.parse_args(argv)
    folder = Path(args.folder or f"build/{read_params().model(args.model)[0]}/model")
    print(f"{score_file(Scorer(folder), args.source, args.target)} rows scored: {args.target}")


def score_file(scorer: Scorer, source: Path, target: Path) -> int:
    """Write the rows of source with the answers as further columns to target; the number of rows."""
    unfinished = target.with_name(target.name + ".unfinished")
    writer: pv.CSVWriter | pq.ParquetWriter | None = None
    rows = 0
    try:
        for batch in _read(source, scorer):
            scored = _with_answers(scorer, batch, rows)
            writer = writer or _writer(target, unfinished, scored.schema)
            writer.write_batch(scored)
            rows += batch.num_rows
        if writer is None:
            raise ProjectError(f"{source}: there are no rows")
        writer.close()
        unfinished.replace(target)
    finally:
        if writer is not None:
            writer.close()
        unfinished.unlink(missing_ok=True)
    return rows


def _read(source: Path, scorer: Scorer) -> Iterator[pa.RecordBatch]:
    try:
        if source.suffix == ".parquet":
            yield from pq.ParquetFile(source).iter_batches(ROWS)
        elif source.suffix == ".csv":
            yield from _read_csv(source, scorer)
        else:
            raise ProjectError(f"{source}: neither .csv nor .parquet")
    except FileNotFoundError:
        raise ProjectError(f"{source}: not found") from None
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise ProjectError(f"{source}: not as model.json says: {error}") from None


def _read_csv(source: Path, scorer: Scorer) -> Iterator[pa.RecordBatch]:
    with source.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file), [])
    types = {name: ARROW.get(scorer.columns.get(name, {"type": "text"})["type"], pa.string()) for name in names}
    convert = pv.ConvertOptions(column_types=types, strings_can_be_null=True)
    parse = pv.ParseOptions(newlines_in_values=True)
    with pv.open_csv(source, pv.ReadOptions(block_size=CHUNK), parse, convert) as reader:
        yield from reader


def _with_answers(scorer: Scorer, batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    known = set(batch.schema.names)
    columns = {name: _values(batch.column(name)) for name in scorer.columns if name in known}
    try:
        scores = scorer.score(columns)
    except InvalidRowsError as error:
        raise ProjectError("\n".join(_fault(first, *problem) for problem in error.problems)) from None
    for name, values in _answers(scorer, scores):
        batch = batch.append_column(name, pa.array(values))
    return batch


def _values(column: pa.Array) -> npt.NDArray[Any]:
    numeric = pa.types.is_boolean(column.type) or pa.types.is_integer(column.type)
    return np.asarray((column.cast(pa.float64()) if numeric else column).to_numpy(zero_copy_only=False))


def _answers(scorer: Scorer, scores: npt.NDArray[np.float32]) -> Iterator[tuple[str, Any]]:
    if scorer.info["classes"]:
        yield "predicted", np.asarray(scorer.names, object)[scores.argmax(1)]
        yield from ((f"probability_{name}", scores[:, i]) for i, name in enumerate(scorer.names))
    else:
        yield from ((f"predicted_{name}", scores[:, i]) for i, name in enumerate(scorer.names))


def _fault(first: int, row: int | None, column: str | None, text: str) -> str:
    return f"column {column}: {text}" if row is None else f"row {first + row + 1}, column {column}: {text}"


def _writer(target: Path, path: Path, schema: pa.Schema) -> pv.CSVWriter | pq.ParquetWriter:
    path.parent.mkdir(parents=True, exist_ok=True)
    return pq.ParquetWriter(path, schema) if target.suffix == ".parquet" else pv.CSVWriter(path, schema)
