"""From a declared source to rows.

Owned by the template: do not edit. To read from elsewhere, write `load` in your model.py.
"""

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from .commands import command
from .config import read_params
from .errors import ProjectError
from .extras import extra
from .schema import Schema, draft

BATCH = 65_536  # rows read at a time


def read_rows(
    source: str, schema: Schema | None = None, rows: int = BATCH
) -> Iterator[pd.DataFrame]:
    """Batches of a .csv or .parquet file.

    `source` is a local file, `package:NAME/FILE`, `store:KEY`, or an address: s3://, gs://, az://.
    """
    try:
        with _local_file(source) as path:
            yield from _READERS[path.suffix](path, schema, rows)
    except KeyError:
        raise ProjectError(
            f"{source}: neither .csv nor .parquet; read it in `load` of your model.py"
        ) from None
    except (FileNotFoundError, ModuleNotFoundError):
        raise ProjectError(f"{source}: not found{_where(source, schema)}") from None
    except (OSError, ValueError) as error:  # broken, in another encoding, or not what its name says
        raise ProjectError(f"{source}: cannot be read: {error}") from None


def _where(source: str, schema: Schema | None) -> str:
    """What may help to find a missing source; one without a schema was named in a command."""
    where = "; it is named in params.yaml under data" if schema else ""
    if "GOLDENPATH_COMMIT" in os.environ and "://" not in source:
        where += (
            "; an image has no rows of its own: name a file of the store (store:KEY), or an address"
        )
    return where


def _local_file(source: str) -> AbstractContextManager[Path]:
    if source.startswith("package:"):
        package, _, inside = source.removeprefix("package:").partition("/")
        return as_file(files(package) / inside)
    if not source.startswith("store:") and "://" not in source:
        return nullcontext(Path(source))
    local_copy = extra("rows of the store")
    if local_copy is None:
        raise ProjectError(
            f"{source}: this repository was made without a store: see `registry` in the template"
        )
    return nullcontext(local_copy(source))


def _read_csv(path: Path, schema: Schema | None, rows: int) -> Iterator[pd.DataFrame]:
    types = dict.fromkeys(_text_columns(schema), "str")
    with pd.read_csv(path, dtype=types, chunksize=rows) as batches:
        for batch in batches:  # `usecols` would pass over rows with too many fields
            _check_fields(batch)
            yield batch[_listed(batch.columns, schema)]


def _check_fields(batch: pd.DataFrame) -> None:
    if not isinstance(batch.index, pd.RangeIndex):
        raise ValueError("its rows have more fields than its first line has names")
    if len(batch.columns) != 1:
        return
    separator = re.search("[;\t]", str(batch.columns[0]))
    if separator:
        raise ValueError(f"its fields are separated by {separator[0]!r}: save it with commas")


def _read_parquet(path: Path, schema: Schema | None, rows: int) -> Iterator[pd.DataFrame]:
    file = pq.ParquetFile(path)
    columns = _listed(file.schema_arrow.names, schema)
    for batch in file.iter_batches(rows, columns=columns):
        yield batch.to_pandas()


_READERS = {".csv": _read_csv, ".parquet": _read_parquet}


def _text_columns(schema: Schema | None) -> list[str]:
    if schema is None:
        return []
    columns = schema.columns.items()
    return [name for name, column in columns if column.type in ("category", "text")]


def _listed(names: Iterable[str], schema: Schema | None) -> list[str]:
    """Those columns of a file that the schema lists; all where there is none."""
    if schema is None:
        return list(names)
    return [name for name in names if name in schema.columns]


def schema(argv: Sequence[str]) -> None:
    """The command: print or write a first schema.yaml for a file of rows."""
    parser = command("schema")
    parser.add_argument(
        "source", nargs="?", help="a .csv or .parquet file; without it, the one in params.yaml"
    )
    parser.add_argument(
        "--out", type=Path, help="the file to write; without it, the schema is printed"
    )
    args = parser.parse_args(argv)
    source = args.source or _source(args.model)
    rows = pd.concat(read_rows(source), ignore_index=True)
    drafted = draft(rows)
    if args.out is None:
        sys.stdout.write(drafted)
        return
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(drafted, encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{args.out}: cannot be written: {error.strerror}") from None
    print(f"written: {args.out}; read every line of it")


def _source(model: str | None) -> str:
    _, params = read_params().model(model)
    return params.data.source


def class_names(values: pd.Series) -> pd.Series:
    """Classes as text, as people write them: 1 rather than 1.0."""
    return values.map(_class_name)


def _class_name(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 of the rows' values, whatever file they came from."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    digest = hashlib.sha256(np.ascontiguousarray(hashes).tobytes())
    digest.update(",".join(frame.columns).encode())
    return digest.hexdigest()
