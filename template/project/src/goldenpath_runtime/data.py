"""From a declared source to rows.

Owned by the template: do not edit. To read from elsewhere, write `load` in your model.py.
"""

import hashlib
import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import is_string_dtype

from .commands import command
from .config import MISSING, Data, Format, read_params
from .delimited import NUMBER, WHERE, draft_format, opened, read_file, settings
from .errors import ProjectError
from .extras import extra
from .schema import DATE, Schema, draft, remarks

BATCH = 65_536  # rows read at a time
CODE = re.compile(r"[+-]?0\d+.*|\d{16,}")  # digits that are no number


def read_rows(
    source: str,
    schema: Schema | None = None,
    rows: int = BATCH,
    form: Format | None = None,
) -> Iterator[pd.DataFrame]:
    """Batches of a source: the schema's columns, or all where there is none or it lists none.

    `source` is a local .csv, .jsonl, .parquet or .xlsx file, which may be compressed (.csv.gz), or
    a folder of .parquet files; also `package:NAME/FILE`, `store:KEY`, or the address of a file:
    s3://, gs://, az://. `form` is how a .csv file is written: `data` of params.yaml. Numbers and
    booleans of it have the schema's types; all else is text as it stands there.
    """
    columns = schema.columns if schema else {}
    kinds = {name: column.type for name, column in columns.items()}
    hidden = [name for name, column in columns.items() if column.personal]
    hint = "; it is named in params.yaml under data" if schema else ""
    with opened(source, hint) as path:
        form = form or Format()
        for batch in read_file(path, form, kinds, others=not columns, hidden=hidden):
            table = pa.Table.from_batches([batch])
            for part in table.to_batches(rows) or [batch]:
                yield part.to_pandas()


def schema(argv: Sequence[str]) -> None:
    """The command: print or write a first schema.yaml for a file of rows."""
    parser = command("schema")
    parser.add_argument(
        "source", nargs="?", help="a file or folder of rows; without it, the one in params.yaml"
    )
    parser.add_argument(
        "--out", type=Path, help="the file to write; without it, the schema is printed"
    )
    args = parser.parse_args(argv)
    drafted = _draft(args.source, None) if args.source else _draft_known(args.model)
    if args.out is None:
        sys.stdout.write(drafted)
        return
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(drafted, encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{args.out}: cannot be written: {error.strerror}") from None
    for name, remark in remarks(drafted).items():
        print(f"note: {name}: {remark}")
    print(f"written: {args.out}; read every line of it")


def _draft_known(model: str | None) -> str:
    """A schema for the rows that params.yaml names, as a team's own `load` reads them."""
    name, params = read_params().model(model)
    source = params.data.source
    model_class = extra("model class")(name)
    if not has_own_load(model_class):
        return _draft(source, params.data)
    # A schema that lists nothing, so that a `load` which reads by it leaves nothing out.
    everything = Schema.model_construct(columns={})
    loaded = model_class(params, everything).load(source)
    rows = pd.concat(loaded, ignore_index=True)
    return draft(_typed(rows, params.data))


def has_own_load(model_class: Any) -> bool:
    """Whether a team has written `load` of its model itself."""
    return not model_class.load.__module__.startswith("goldenpath_runtime.")


def _draft(source: str, known: Data | None) -> str:
    """A schema for a source, and on stderr what params.yaml should say of it."""
    with opened(source) as path:
        if path.suffix.lower() != ".csv":
            rows = pd.concat(read_rows(source), ignore_index=True)
            return draft(rows)
        form = draft_format(path)
    if known:
        said = {name: getattr(known, name) for name in known.model_fields_set}
        form = form.model_copy(update=said)
    for line in settings(form, known or Format()):
        print(f"add {WHERE}: {line}", file=sys.stderr)
    batches = read_rows(source, form=form)
    rows = pd.concat(batches, ignore_index=True)
    return draft(_typed(rows, form))


def _typed(rows: pd.DataFrame, form: Format) -> pd.DataFrame:
    """The rows with columns of texts as what they seem to hold."""
    typed = {}
    kept = {}
    for name in rows:
        values = rows[name]
        if is_string_dtype(values):
            values = from_texts(values, form)
            kept[str(name)] = words_kept(values, ())
        typed[str(name)] = values
    note_words(kept)
    return pd.DataFrame(typed)


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
