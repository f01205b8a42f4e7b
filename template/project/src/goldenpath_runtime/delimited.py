"""Rows of a file: of a .csv each column in the type that the schema gives it, and nothing guessed.

Owned by the template: do not edit. The pipeline and the commands `schema`, `score` and `labels` all
read with this module, so a file means the same to them. Needs pyarrow, and pandas for Excel alone.
"""

import codecs
import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.dataset as ds
import pyarrow.json as pj
import pyarrow.parquet as pq

from .config import FALSE, HIDDEN, MISSING, TRUE, Format
from .errors import ProjectError
from .extras import extra

ROWS = 32_768  # of Parquet read at a time
FOLDER = "/"  # in place of what the name of a file ends with
COMPRESSED = (".bz2", ".gz", ".lz4", ".zst")
BLOCK = 1 << 22  # bytes read at a time
SEPARATORS = (",", ";", "\t", "|")
SEEN = 1000  # records by which a format is drafted
WHERE = "under data in params.yaml"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE)
COMMA = re.compile(r"[+-]?\d+,\d+")  # a number as many languages write it
ARROW = {"number": pa.float64(), "integer": pa.float64(), "boolean": pa.bool_()}
TEXT = pa.string()

Kinds = Mapping[str, str]  # of columns, their type in schema.yaml
Record = tuple[int, list[str]]  # the line in which it begins, its fields


@contextmanager
def opened(source: str, hint: str = "") -> Iterator[Path]:
    """A source as a local file, unpacked; ProjectError says why it cannot be read.

    `hint` is what may help where it is not found.
    """
    try:
        with local_file(source) as path, _unpacked(path) as file:
            if not file.exists():
                raise FileNotFoundError
            if _kind(file) not in _READERS:
                raise ProjectError(
                    f"{source}: neither of .csv, .jsonl, .parquet, .xlsx, "
                    "nor a folder of .parquet files: read it in `load` of your model.py"
                )
            yield file
    except (FileNotFoundError, ModuleNotFoundError):
        raise ProjectError(f"{source}: not found{hint}{_image_hint(source)}") from None
    except (OSError, ValueError, pa.ArrowException) as error:  # broken, or not what its name says
        raise ProjectError(f"{source}: cannot be read: {error}") from None


def _image_hint(source: str) -> str:
    if "GOLDENPATH_COMMIT" not in os.environ or "://" in source:
        return ""
    return "; an image has no rows of its own: name a file of the store (store:KEY), or an address"


def local_file(source: str) -> AbstractContextManager[Path]:
    """Where a source lies on this machine, or a copy of what lies elsewhere."""
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


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or a copy of a compressed one that is gone afterwards."""
    if path.suffix not in COMPRESSED:
        yield path
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, path.stem)
        with pa.input_stream(str(path), "detect") as packed, copy.open("wb") as file:
            shutil.copyfileobj(packed, file)
        yield copy


def _kind(path: Path) -> str:
    return FOLDER if path.is_dir() else path.suffix.lower()


def read_file(
    path: Path,
    form: Format,
    kinds: Kinds,
    *,
    others: bool = False,
    old: bool = False,
    hidden: Collection[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Batches of a file that `opened` gave, or of a folder: see `read_csv`.

    JSON lines and Excel are read as a whole.
    """
    return _READERS[_kind(path)](path, form, kinds, others=others, old=old, hidden=hidden)


def _read_parquet(
    path: Path, _form: Format, kinds: Kinds, *, others: bool, **_: object
) -> Iterator[pa.RecordBatch]:
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    yield from file.iter_batches(ROWS, columns=_taken(names, kinds, others))


def _read_folder(
    path: Path, _form: Format, kinds: Kinds, *, others: bool, **_: object
) -> Iterator[pa.RecordBatch]:
    """The .parquet files below a folder, by name; folders such as year=2026 are a column."""
    found = sorted(str(file) for file in path.rglob("*.parquet"))
    if not found:
        raise ValueError("there is no .parquet file in this folder")
    rows = ds.dataset(found, format="parquet", partitioning="hive", partition_base_dir=str(path))
    yield from rows.to_batches(_taken(rows.schema.names, kinds, others), batch_size=ROWS)


def _read_json_lines(
    path: Path, _form: Format, kinds: Kinds, *, others: bool, **_: object
) -> Iterator[pa.RecordBatch]:
    fields = [(name, ARROW.get(kind, TEXT)) for name, kind in kinds.items()]
    parse = pj.ParseOptions(
        explicit_schema=pa.schema(fields),
        unexpected_field_behavior="infer" if others else "ignore",
    )
    table = pj.read_json(path, parse_options=parse)
    content = path.read_bytes()
    # Arrow fills a column of which no line speaks.
    absent = [name for name in kinds if json.dumps(name).encode() not in content]
    yield from table.drop_columns(absent).to_batches(ROWS)


def _read_excel(
    path: Path, _form: Format, kinds: Kinds, *, others: bool, **_: object
) -> Iterator[pa.RecordBatch]:
    """The first sheet; a column of several kinds of cells is text."""
    try:
        import pandas as pd  # noqa: PLC0415 (no other kind of file needs it)

        cells = pd.read_excel(path, dtype=object, keep_default_na=False, na_values=[""])
    except ImportError:
        raise ValueError(
            "it needs pandas and openpyxl: add them to pyproject.toml, then make setup"
        ) from None
    names = [str(name) for name in cells]
    rows = cells.set_axis(names, axis=1).infer_objects()
    for name in names:
        if rows[name].dtype == object or kinds.get(name) in ("category", "text"):
            rows[name] = rows[name].map(str, na_action="ignore")
    table = pa.Table.from_pandas(rows[_taken(names, kinds, others)], preserve_index=False)
    yield from table.to_batches(ROWS)


def _taken(names: Sequence[str], kinds: Kinds, others: bool) -> list[str]:
    """The columns that are asked for."""
    return [name for name in names if others or name in kinds]


def read_csv(
    path: Path,
    form: Format,
    kinds: Kinds,
    *,
    others: bool = False,
    old: bool = False,
    hidden: Collection[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Batches of the columns that `kinds` names; with `others` of all, the rest as text.

    A text is what stands in the file, also where it is empty. `old` is for models of releases
    before 0.7, for which the words of MISSING were missing in texts too. ValueError says in which
    line what is wrong, without the values of `hidden` columns.
    """
    try:
        names, lines = _names(path, form)
        types = {name: ARROW.get(kinds.get(name, ""), TEXT) for name in names}
        taken = _taken(names, kinds, others)
        if not taken:
            listed = ", ".join(names)
            raise ValueError(f"line {lines} names no column of the schema; it names {listed}")
        convert = pv.ConvertOptions(
            column_types=types,
            include_columns=taken,
            null_values=["", *MISSING, *(form.missing or ())],
            true_values=TRUE,
            false_values=FALSE,
            strings_can_be_null=old,
            decimal_point=form.decimal,
        )
        read = pv.ReadOptions(
            block_size=BLOCK,
            use_threads=False,  # with threads, which fault is told first would be chance
            column_names=names,
            skip_rows=lines,
            encoding="utf8" if _is_utf8(form) else form.encoding,
        )
        parse = pv.ParseOptions(delimiter=form.separator, newlines_in_values=True)
        if not _has_rows(path, form):
            fields = [(name, types[name]) for name in taken]
            yield pa.RecordBatch.from_pylist([], pa.schema(fields))
            return
        with pv.open_csv(path, read, parse, convert) as batches:
            yield from batches
        _check_quotes(path, form)
    except UnicodeDecodeError:
        raise ValueError(_undecoded(path, form)) from None
    except pa.ArrowInvalid as error:
        unknown = "a line is not as the others" if hidden else str(error)
        raise ValueError(_first_fault(path, form, kinds, hidden) or unknown) from None


def _is_utf8(form: Format) -> bool:
    return codecs.lookup(form.encoding).name in ("utf-8", "utf-8-sig")


def _records(path: Path, form: Format, strict: bool = False) -> Iterator[Record]:
    """The records of a file; blank lines are none.

    `strict` raises ValueError, which names the line, for a quotation mark that is never closed.
    """
    encoding = "utf-8-sig" if _is_utf8(form) else form.encoding
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=form.separator, strict=strict)
        line = 1
        try:
            for record in reader:
                if record:
                    yield line, record
                line = reader.line_num + 1
        except csv.Error as error:
            raise ValueError(f"line {line}: {error}") from None


def _names(path: Path, form: Format) -> tuple[list[str], int]:
    """The names in the first line, and how many lines of the file are above the rows.

    A column without a name gets one by its place.
    """
    line, record = next(_records(path, form), (0, []))
    if not record:
        raise ValueError("No columns: the file is empty")
    names = [name or f"Unnamed: {place}" for place, name in enumerate(record)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"line {line}: column {twice[0]} is there twice: rename one of them")
    others = [other for other in SEPARATORS if other != form.separator and other in record[0]]
    if others and len(record) == 1:
        separator = _quoted(others[0])
        raise ValueError(
            f"line {line}: the fields are separated by {separator}: "
            f"write `separator: {separator}` {WHERE}"
        )
    breaks = sum(name.count("\n") for name in record)
    return names, line + breaks


def _quoted(separator: str) -> str:
    """A separator as YAML has it."""
    return '"\\t"' if separator == "\t" else f'"{separator}"'


def _has_rows(path: Path, form: Format) -> bool:
    """Whether anything stands below the first line."""
    first = islice(_records(path, form), 2)
    return len(list(first)) == 2


def _check_quotes(path: Path, form: Format) -> None:
    """Raise ValueError where the last quotation mark is not closed.

    Arrow takes all that follows it for one value. An odd number of marks tells of it.
    """
    marks = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            marks += block.count(b'"')
    if marks % 2 == 0:
        return
    try:
        for _ in _records(path, form, strict=True):
            pass
    except ValueError as error:
        if "end of data" in str(error):
            line = str(error).partition(":")[0]
            raise ValueError(f"{line}: a quotation mark is opened and never closed") from None


def _undecoded(path: Path, form: Format) -> str:
    """What to say of a file in another encoding."""
    encoding = _encoding(path)
    lines = path.read_bytes().split(b"\n")
    faulty = [number for number, line in enumerate(lines, 1) if not _decodes(line, form.encoding)]
    where = f"line {faulty[0]} is" if faulty else "it is"
    return f"{where} not {form.encoding}: write `encoding: {encoding}` {WHERE}"


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(path: Path) -> str:
    """The encoding in which all of a file makes sense; of several the most usual."""
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8", "cp1252"):
        if _decodes(content, encoding):
            return encoding
    return "latin-1"


def _first_fault(path: Path, form: Format, kinds: Kinds, hidden: Collection[str]) -> str | None:
    """The first record that cannot be read, and why; None where none is found."""
    records = _records(path, form)
    _, head = next(records)
    try:
        for line, record in records:
            fault = _wrong_length(head, record) or _wrong_value(head, record, form, kinds, hidden)
            if fault:
                return f"line {line}{fault}"
    except UnicodeDecodeError:
        return _undecoded(path, form)
    return None


def _wrong_length(head: Sequence[str], record: Sequence[str]) -> str | None:
    """What to say of a record with too many or too few fields."""
    if len(record) == len(head):
        return None
    said = f" has {len(record)} fields, and the first line names {len(head)} columns"
    if len(record) == len(head) + 1 and not record[-1]:
        return f"{said}: take the separator at its end away"
    if len(record) > len(head):
        return f"{said}: put values that hold a separator in quotation marks"
    return said


def _wrong_value(
    head: Sequence[str],
    record: Sequence[str],
    form: Format,
    kinds: Kinds,
    hidden: Collection[str],
) -> str | None:
    """What to say of the first field that is not of its column's type."""
    words = {"", *MISSING, *(form.missing or ())}
    for name, text in zip(head, record, strict=True):
        kind = kinds.get(name, "")
        if kind not in ARROW or text in words:
            continue
        shown = HIDDEN if name in hidden else repr(text)
        if kind == "boolean":
            if text.strip() not in (*TRUE, *FALSE):
                return f", column {name}: {shown} is neither true nor false"
        elif not _is_number(text, form.decimal):
            return f", column {name}: {shown} is not a number{_advice(text, form)}"
    return None


def _is_number(text: str, decimal: str) -> bool:
    if decimal == ",":
        text = text.replace(".", "?").replace(",", ".")
    return bool(NUMBER.fullmatch(text.strip()))


def _advice(text: str, form: Format) -> str:
    """What may help where a number is written in another way."""
    if form.decimal == "." and COMMA.fullmatch(text.strip()):
        return f': for numbers with a comma write `decimal: ","` {WHERE}'
    if form.decimal == "," and NUMBER.fullmatch(text.strip()):
        return f': for numbers with a point write `decimal: "."` {WHERE}'
    return f"; where it means a missing value, list it as `missing` {WHERE}"


def draft_format(path: Path) -> Format:
    """The format that a file seems to have, for a person to read."""
    encoding = _encoding(path)
    found = Format(encoding=encoding)
    most = 1
    for separator in SEPARATORS:
        form = Format(encoding=encoding, separator=separator)
        width = _width(path, form)
        if width > most:
            most = width
            found = form
    if found.separator != "," and _has_commas(path, found):
        return found.model_copy(update={"decimal": ","})
    return found


def _width(path: Path, form: Format) -> int:
    """How many fields each of the first records has; 0 where they have not the same number."""
    try:
        widths = {len(record) for _, record in islice(_records(path, form), SEEN)}
    except ValueError:
        return 0
    return widths.pop() if len(widths) == 1 else 0


def _has_commas(path: Path, form: Format) -> bool:
    """Whether most values of some column are numbers with commas for points, or whole ones."""
    records = [record for _, record in islice(_records(path, form), SEEN)]
    for column in zip(*records[1:], strict=False):
        known = [text for text in column if text and text not in MISSING]
        commas = [text for text in known if COMMA.fullmatch(text)]
        whole = [text for text in known if re.fullmatch(r"[+-]?\d+", text)]
        if commas and len(commas) + len(whole) > len(known) / 2:
            return True
    return False


def settings(form: Format, other: Format) -> list[str]:
    """The lines of params.yaml that make a format of the other one."""
    lines = []
    if form.separator != other.separator:
        lines.append(f"separator: {_quoted(form.separator)}")
    if form.decimal != other.decimal:
        lines.append(f'decimal: "{form.decimal}"')
    if form.encoding != other.encoding:
        lines.append(f"encoding: {form.encoding}")
    return lines


_READERS: Mapping[str, Callable[..., Iterator[pa.RecordBatch]]] = {
    ".csv": read_csv,
    ".jsonl": _read_json_lines,
    ".parquet": _read_parquet,
    ".xlsx": _read_excel,
    FOLDER: _read_folder,
}
