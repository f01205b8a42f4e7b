"""The batch command: any size in bounded memory, all or nothing, and faults told by row."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.serving.repository import Repository, write_csv
from tests.support import run

AS_PARQUET = """
import sys, pyarrow.csv as csv, pyarrow.parquet as pq
with csv.open_csv(sys.argv[1]) as rows, pq.ParquetWriter(sys.argv[2], rows.schema) as writer:
    for batch in rows:
        writer.write_batch(batch, row_group_size=100_000)
"""


class Run(NamedTuple):
    """What a process cost: the most memory it held, in bytes, its seconds of CPU and by the clock."""

    memory: int
    cpu: float
    seconds: float


def score(repository: Repository, source: Path, target: Path, *, expect: int = 0) -> str:
    """What the batch command prints."""
    python = [str(repository.folder / ".venv/bin/python"), "-m", "goldenpath_runtime", "score"]
    return run([*python, str(source), str(target)], repository.folder, repository.env, expect=expect)


def measured(repository: Repository, source: Path, target: Path) -> Run:
    """The cost of scoring a file in a process of its own."""
    python = [str(repository.folder / ".venv/bin/python"), "-m", "goldenpath_runtime", "score"]
    start = time.monotonic()
    process = subprocess.Popen([*python, str(source), str(target)], cwd=repository.folder, env=repository.env)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Run(usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime, time.monotonic() - start)


def many(repository: Repository, folder: Path, count: int, kind: str) -> Path:
    """A file with so many rows."""
    source = write_csv(folder / "some.csv", repository.rows)
    header, *lines = source.read_text("utf-8").splitlines()
    path = folder / f"{count}.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{header}\n")
        file.writelines(f"{lines[i % len(lines)]}\n" for i in range(count))
    if kind == "parquet":
        repository.python("-c", AS_PARQUET, str(path), str(path.with_suffix(".parquet")))
    return path.with_suffix(f".{kind}")


@pytest.mark.serving
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_file(classification: Repository, tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"scores.{kind}"
    small = measured(classification, many(classification, tmp_path, 100_000, kind), target)
    large = measured(classification, many(classification, tmp_path, 1_000_000, kind), target)
    speed = 900_000 / (large.cpu - small.cpu)
    print(
        f"\n{kind}: {small.memory >> 20} MiB for 100,000 rows, {large.memory >> 20} MiB for 1,000,000; ",
        end="",
    )
    print(f"{speed:,.0f} rows per CPU second, {1_000_000 / large.seconds:,.0f} rows a second with the start")
    assert large.memory < 1.3 * small.memory + 16 * 2**20
    assert speed > 20_000
    if kind == "csv":
        with target.open(encoding="utf-8") as file:
            assert sum(1 for _ in file) == 1_000_001


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("amount", "100.5", "row 50002, column amount: must be a finite number, at least -100, at most 100"),
        ("amount", "many", "line 50002, column amount: 'many' is not a number"),
        ("amount", "1,5", 'for numbers with a comma write `decimal: ","` under data in params.yaml'),
        ("amount", "inf", "row 50002, column amount: must be a finite number"),
        ("weight", "", "row 50002, column weight: must not be missing"),
        ("weight", "1e39", "row 50002, column weight: must be a finite number"),
        ("visits", "2.5", "row 50002, column visits: must be a whole number"),
        ("member", "perhaps", "line 50002, column member: 'perhaps' is neither true nor false"),
        ("plan", "gold", "row 50002, column plan: must be one of basic, pro, never seen"),
        ("home town", "", "row 50002, column home town: must not be missing"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_left(
    classification: Repository, tmp_path: Path, column: str, cell: str, told: str
) -> None:
    """The row's number is its line in the file, as an editor and a spreadsheet count."""
    rows = [classification.rows[i % 60] for i in range(60_000)]
    rows[50_000] = {**rows[50_000], column: cell}
    source, target = write_csv(tmp_path / "rows.csv", rows), tmp_path / "scores.csv"
    target.write_text("an older result\n")
    printed = score(classification, source, target, expect=1)
    assert printed.startswith(f"error: {source}: ")
    assert told in printed
    assert "Traceback" not in printed
    assert target.read_text() == "an older result\n", "a failure leaves what was there"
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", "scores.csv"}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("rows.csv", b"", "No columns: the file is empty"),
        ("rows.csv", b"amount,weight\n", "there are no rows"),
        ("rows.csv", b"amount,weight\n1,2\n", "column visits: this column is missing"),
        ("rows.csv", b"amount,weight\n1,2\n3\n", "line 3 has 1 fields, and the first line names 2"),
        ("rows.csv", b"\xff\xfe\x00", "line 1 is not utf-8: write `encoding: utf-16` under data"),
        ("rows.csv", b"amount;weight\n1;2\n", 'are separated by ";": write `separator: ";"` under data'),
        ("rows.parquet", b"no parquet", "cannot be read"),
        ("rows.csv.gz", b"no gzip", "cannot be read"),
        ("rows.jsonl", b"[1", "cannot be read"),
        ("rows.xls", b"", "neither of .csv, .jsonl, .parquet, .xlsx, nor a folder of .parquet files"),
        ("rows", b"", "neither of .csv, .jsonl, .parquet, .xlsx, nor a folder of .parquet files"),
    ],
)
def test_a_file_that_is_none(
    classification: Repository, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    printed = score(classification, tmp_path / name, tmp_path / "scores.csv", expect=1)
    assert told in printed
    assert "Traceback" not in printed
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_places_that_cannot_be_read_or_written(classification: Repository, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "rows.csv", classification.rows)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for place, target, told in [
        (tmp_path / "none.csv", tmp_path / "scores.csv", "not found"),
        (tmp_path / "folder.csv", tmp_path / "scores.csv", "there is no .parquet file in this folder"),
        (source, tmp_path / "scores.txt", "neither .csv nor .parquet"),
        (source, tmp_path / "folder.csv", "cannot be scored into"),
        (source, tmp_path / "file" / "scores.csv", "cannot be scored into"),
    ]:
        printed = score(classification, place, target, expect=1)
        assert told in printed
        assert "Traceback" not in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.csv", "rows.csv"]
    told = run(["make", "score"], classification.folder, classification.env, expect=2)
    assert "type make score FILE=rows.csv OUT=scores.csv" in told


def test_columns_that_would_be_there_twice(classification: Repository, tmp_path: Path) -> None:
    rows = [{**row, "predicted": 1.0} for row in classification.rows]
    printed = score(classification, write_csv(tmp_path / "rows.csv", rows), tmp_path / "scores.csv", expect=1)
    assert "column predicted is there twice, or is the name of an answer" in printed
    text = (tmp_path / "rows.csv").read_text("utf-8").replace("predicted", "amount", 1)
    (tmp_path / "rows.csv").write_text(text, "utf-8")
    printed = score(classification, tmp_path / "rows.csv", tmp_path / "scores.csv", expect=1)
    assert "line 1: column amount is there twice" in printed


def test_what_spreadsheets_write_is_read(classification: Repository, tmp_path: Path) -> None:
    """A byte order mark, line ends of Windows, line breaks in cells, other columns, gaps by many names."""
    rows = [{"note": "007", "of others": "two\nlines", **row} for row in classification.rows[:3]]
    for row, gap in zip(rows, ("NA", "null", "None"), strict=True):
        row.update({"amount": gap, "plan": gap, "note": "007"})
    source = write_csv(tmp_path / "rows.csv", rows)
    source.write_bytes(b"\xef\xbb\xbf" + source.read_bytes())
    assert (
        score(classification, source, tmp_path / "new" / "scores.csv")
        == f"3 rows scored: {tmp_path}/new/scores.csv\n"
    )
    with (tmp_path / "new" / "scores.csv").open(encoding="utf-8", newline="") as file:
        scored = list(csv.DictReader(file))
    assert [row["of others"] for row in scored] == ["two\nlines"] * 3
    assert all(row["predicted"] in {"yes", "no"} for row in scored)
    assert all(row["amount"] == "" for row in scored)
    assert [row["plan"] for row in scored] == ["NA", "null", "None"], "a text stays as it is"
    assert all(row["note"] == "007" for row in scored), "text is no number, in the first column either"


TYPED = """
import sys, decimal, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
rows = pd.read_json(sys.argv[1], orient="records", dtype=False)
table = pa.Table.from_pandas(rows, preserve_index=False)
for name, kind in {"visits": pa.int8(), "weight": pa.float32(), "note": pa.large_string()}.items():
    table = table.set_column(table.column_names.index(name), name, table[name].cast(kind))
place = table.column_names.index("plan")
table = table.set_column(place, "plan", table["plan"].dictionary_encode())
amount = pa.array([None if v is None or v != v else decimal.Decimal(str(round(v, 2))) for v in rows["amount"]], pa.decimal128(9, 2))
pq.write_table(table.set_column(0, "amount", amount), sys.argv[2])
"""


def test_parquet_s_other_types_are_read(classification: Repository, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(classification.rows), "utf-8")
    classification.python("-c", TYPED, f"{tmp_path}/rows.json", f"{tmp_path}/typed.parquet")
    score(classification, tmp_path / "typed.parquet", tmp_path / "typed.csv")
    score(classification, write_csv(tmp_path / "rows.csv", classification.rows), tmp_path / "plain.csv")
    found = []
    for name in ("typed.csv", "plain.csv"):
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            found.append([float(row["probability_yes"]) for row in csv.DictReader(file)])
    assert found[0] == pytest.approx(found[1], abs=1e-5)
