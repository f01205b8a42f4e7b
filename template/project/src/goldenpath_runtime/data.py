"""From a declared source to rows.

Owned by the template: do not edit. To read from elsewhere, write `load` in your model.py.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .commands import command
from .config import MISSING, Data, Format, read_params
from .delimited import NUMBER, WHERE, draft_format, read_csv, settings
from .errors import ProjectError
from .extras import extra
from .schema import DATE, Schema, draft

BATCH = 65_536  # rows read at a time
CODE = re.compile(r"[+-]?0\d+.*|\d{16,}")  # digits that are no number


def read_rows(
    source: str,
    schema: Schema | None = None,
    rows: int = BATCH,
    form: Format | None = None,
) -> Iterator[pd.DataFrame]:
    """Batches of a .csv or .parquet file: the schema's columns, or all where there is none.

    `source` is a local file, `package:NAME/FILE`, `store:KEY`, or an address: s3://, gs://, az://.
    `form` is how a .csv file is written: `data` of params.yaml. Numbers and booleans of it have the
    schema's types; all else is text as it stands there.
    """
    with opened(source, schema) as path:
        for batch in _READERS[path.suffix](path, schema, form or Format()):
            table = pa.Table.from_batches([batch])
            for part in table.to_batches(rows) or [batch]:
                yield part.to_pandas()


@contextmanager
def opened(source: str, schema: Schema | None) -> Iterator[Path]:
    """A source as a local file; ProjectError says why it cannot be read."""
    try:
        with _local_file(source) as path:
            yield path
    except KeyError:
        raise ProjectError(
            f"{source}: neither .csv nor .parquet; read it in `load` of your model.py"
        ) from None
    except (FileNotFoundError, ModuleNotFoundError):
        raise ProjectError(f"{source}: not found{_where(source, schema)}") from None
    except (OSError, ValueError) as error:  # broken, or not what its name says
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


def _read_csv(path: Path, schema: Schema | None, form: Format) -> Iterator[pa.RecordBatch]:
    columns = schema.columns if schema else {}
    kinds = {name: column.type for name, column in columns.items()}
    hidden = [name for name, column in columns.items() if column.personal]
    return read_csv(path, form, kinds, others=schema is None, hidden=hidden)


def _read_parquet(path: Path, schema: Schema | None, _: Format) -> Iterator[pa.RecordBatch]:
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    if schema:
        names = [name for name in names if name in schema.columns]
    yield from file.iter_batches(BATCH, columns=names)


_READERS = {".csv": _read_csv, ".parquet": _read_parquet}


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
    if args.source:
        drafted = _draft(args.source, None)
    else:
        known = _settings(args.model)
        drafted = _draft(known.source, known)
    if args.out is None:
        sys.stdout.write(drafted)
        return
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(drafted, encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{args.out}: cannot be written: {error.strerror}") from None
    print(f"written: {args.out}; read every line of it")


def _settings(model: str | None) -> Data:
    _, params = read_params().model(model)
    return params.data


def _draft(source: str, known: Data | None) -> str:
    """A schema for a file, and on stderr what params.yaml should say of it."""
    if not source.endswith(".csv"):
        return draft(pd.concat(read_rows(source), ignore_index=True))
    with opened(source, None) as path:
        form = draft_format(path)
    if known:
        said = {name: getattr(known, name) for name in known.model_fields_set}
        form = form.model_copy(update=said)
    for line in settings(form, known or Format()):
        print(f"add {WHERE}: {line}", file=sys.stderr)
    rows = pd.concat(read_rows(source, form=form), ignore_index=True)
    typed = {str(name): from_texts(rows[name], form) for name in rows}
    note_words({name: words_kept(values, ()) for name, values in typed.items()})
    return draft(pd.DataFrame(typed))


def from_texts(values: pd.Series, form: Format) -> pd.Series:
    """A column of texts as what it seems to hold: numbers, booleans, times, or texts.

    What has zeros in front, or more digits than a float, is a code and stays text.
    """
    words = list(form.missing or ())
    known = values[~values.isin(["", *MISSING, *words])].str.strip()
    lower = known.str.lower()
    if len(known) and lower.isin(["true", "false"]).all():
        return (lower == "true").astype("boolean").reindex(values.index)
    if form.decimal == ",":
        known = known.str.replace(".", "?", regex=False).str.replace(",", ".", regex=False)
    if known.str.fullmatch(NUMBER).all() and not known.str.fullmatch(CODE).any():
        return pd.to_numeric(known).reindex(values.index)
    if known.str.match(DATE).all():
        return known.reindex(values.index)
    return values.mask(values.isin(["", *words]))


def words_kept(values: pd.Series, missing: Collection[str]) -> dict[str, int]:
    """How many rows of a column of texts have a word of MISSING that is a value there."""
    doubtful = set(MISSING) - set(missing)
    found = values[values.isin(doubtful)]
    return {str(word): int(rows) for word, rows in found.value_counts().items()}


def note_words(kept: Mapping[str, Mapping[str, int]]) -> None:
    """Say on stderr in which columns such words are values, and what makes them missing."""
    places = []
    words: set[str] = set()
    for name, found in kept.items():
        words |= found.keys()
        places += [f"{word} in {name} ({rows} rows)" for word, rows in found.items()]
    if not places:
        return
    listed = json.dumps(sorted(words))
    print(
        f"note: {', '.join(places)}: such words are values since 0.7, and were missing before. "
        f"`missing: {listed}` {WHERE} makes them missing again, `missing: []` ends this note",
        file=sys.stderr,
    )


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
