"""From a declared source to validated rows, split for training, choosing and the final figures.

Owned by the template: do not edit. To read from elsewhere, write `load` in your model.py.
"""

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.model_selection import train_test_split

from .config import ModelParams, ProjectError, Split, command, layer, read_params
from .schema import Schema, draft

BATCH = 65_536  # rows read at a time


def read_rows(source: str, schema: Schema | None = None, rows: int = BATCH) -> Iterator[pd.DataFrame]:
    """Batches of a .csv or .parquet file: a local one, `package:NAME/FILE`, `store:KEY`, or s3://, gs://, az://."""
    try:
        with _local_file(source) as path:
            yield from _READERS[path.suffix](path, schema, rows)
    except KeyError:
        raise ProjectError(f"{source}: neither .csv nor .parquet; read it in `load` of your model.py") from None
    except (FileNotFoundError, ModuleNotFoundError):
        where = "; it is named in params.yaml under data" if schema else ""  # others are named in a command
        raise ProjectError(f"{source}: not found{where}") from None
    except (OSError, ValueError) as error:  # broken, in another encoding, or not what its name says
        raise ProjectError(f"{source}: cannot be read: {error}") from None


def _local_file(source: str) -> AbstractContextManager[Path]:
    if source.startswith("package:"):
        package, _, inside = source.removeprefix("package:").partition("/")
        return as_file(files(package) / inside)
    if not source.startswith("store:") and "://" not in source:
        return nullcontext(Path(source))
    if (state := layer("state")) is None:
        raise ProjectError(f"{source}: this repository was made without a store: see `registry` in the template")
    return nullcontext(state.local_copy(source))


def _read_csv(path: Path, schema: Schema | None, rows: int) -> Iterator[pd.DataFrame]:
    text = [n for n, c in schema.columns.items() if c.type in ("category", "text")] if schema else []
    with pd.read_csv(path, dtype=dict.fromkeys(text, "str"), chunksize=rows) as batches:
        for batch in batches:  # `usecols` would pass over rows with too many fields
            if not isinstance(batch.index, pd.RangeIndex):
                raise ValueError("its rows have more fields than its first line has names")
            if len(batch.columns) == 1 and (found := re.search("[;\t]", str(batch.columns[0]))):
                raise ValueError(f"its fields are separated by {found[0]!r}: save it with commas")
            yield batch[[name for name in batch if schema is None or name in schema.columns]]


def _read_parquet(path: Path, schema: Schema | None, rows: int) -> Iterator[pd.DataFrame]:
    file = pq.ParquetFile(path)
    known = [name for name in file.schema_arrow.names if schema is None or name in schema.columns]
    for batch in file.iter_batches(rows, columns=known):
        yield batch.to_pandas()


_READERS = {".csv": _read_csv, ".parquet": _read_parquet}


def schema(argv: Sequence[str]) -> None:
    """The command: print or write a first schema.yaml for a file of rows."""
    parser = command("schema")
    parser.add_argument("source", nargs="?", help="a .csv or .parquet file; without it, the one in params.yaml")
    parser.add_argument("--out", type=Path, help="the file to write; without it, the schema is printed")
    args = parser.parse_args(argv)
    source = args.source or read_params().model(args.model)[1].data.source
    drafted = draft(pd.concat(read_rows(source), ignore_index=True))
    if args.out is None:
        sys.stdout.write(drafted)
    else:
        try:
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(drafted, encoding="utf-8")
        except OSError as error:
            raise ProjectError(f"{args.out}: cannot be written: {error.strerror}") from None
        print(f"written: {args.out}; read every line of it")


def split_rows(frame: pd.DataFrame, params: ModelParams) -> Mapping[str, pd.DataFrame]:
    """The rows as train, validation and test; rows without a target are left out."""
    frame = frame.dropna(subset=list(params.target))
    order = _by_time(frame, params.split) if params.split.by == "time" else _by_seed(frame, params)
    parts = {name: frame.loc[index].reset_index(drop=True) for name, index in order.items()}
    _check_parts(parts, params)
    return parts


def _by_time(frame: pd.DataFrame, split: Split) -> dict[str, pd.Index]:
    if split.column is None or split.column not in frame:
        raise ProjectError("params.yaml: split by time needs `column:`, and schema.yaml must list that column")
    if missing := int(frame[split.column].isna().sum()):
        raise ProjectError(f"{missing} rows have no {split.column}, so they cannot be split by it")
    index = frame.sort_values(split.column, kind="stable").index
    test, validation = (max(1, round(len(index) * share)) for share in (split.test, split.validation))
    return {
        "train": index[: -test - validation],
        "validation": index[-test - validation : -test],
        "test": index[-test:],
    }


def _by_seed(frame: pd.DataFrame, params: ModelParams) -> dict[str, pd.Index]:
    split, index = params.split, frame.index
    shares = (("test", split.test), ("validation", split.validation / (1 - split.test)))
    parts = {}
    for name, share in shares:
        labels = frame.loc[index, params.target[0]]
        stratify = labels if params.task == "classification" and labels.value_counts().min() * share >= 1 else None
        if len(index) < 3:
            raise ProjectError(f"{len(frame)} rows with a target are too few to split")
        index, parts[name] = train_test_split(index, test_size=share, random_state=params.seed, stratify=stratify)
    return {"train": index, **parts}


def _check_parts(parts: Mapping[str, pd.DataFrame], params: ModelParams) -> None:
    if empty := [name for name, part in parts.items() if part.empty]:
        raise ProjectError(f"the split leaves no row for {', '.join(empty)}: more data, or other shares in params.yaml")
    if params.task == "classification":
        (target,) = params.target
        classes = {name: set(class_names(part[target])) for name, part in parts.items()}
        if unseen := (classes["validation"] | classes["test"]) - classes["train"]:
            raise ProjectError(f"no row to train on for {target} = {', '.join(sorted(unseen))}; the class is too rare")
        if len(classes["train"]) < 2:
            raise ProjectError(f"{target} has the one value {classes['train']}: there is nothing to tell apart")


def class_names(values: pd.Series) -> pd.Series:
    """Classes as text, as people write them: 1 rather than 1.0."""
    return values.map(lambda value: f"{value:.15g}" if isinstance(value, float) else str(value))


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 of the rows' values, whatever file they came from."""
    hashed = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(np.ascontiguousarray(hashed).tobytes() + ",".join(frame.columns).encode()).hexdigest()
