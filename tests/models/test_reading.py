"""A .csv file is read as it is written: the schema gives every type, params.yaml the format, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml

from tests.models.conftest import RUN, in_one_process

READ = """
import contextlib, io, json, sys
from pathlib import Path
import pandas as pd
from goldenpath_runtime import ProjectError
from goldenpath_runtime.config import Data
from goldenpath_runtime.data import read_rows
from goldenpath_runtime.schema import Schema

path = Path("build/rows.csv")
results = []
for content, columns, settings in json.load(sys.stdin):
    path.write_bytes(content.encode("latin-1"))
    schema = Schema.model_validate({"columns": columns})
    form = Data.model_validate({"source": str(path), **settings})
    try:
        rows = schema.coerce(pd.concat(read_rows(str(path), schema, form=form)), form.missing)
        found = {name: [None if pd.isna(v) else str(v) for v in rows[name]] for name in rows}
    except ProjectError as error:
        found = str(error)
    results.append(found)
print(json.dumps(results))
"""
PAIR = {"a": {"type": "integer"}, "b": {"type": "number"}}
TEXTS = {"a": {"type": "category"}, "b": {"type": "text"}}
LISTED = {"type": "category", "values": ["K", "Na"]}


class File(NamedTuple):
    """The bytes of a file, as Latin-1 has them; the schema's columns; settings; what is read, or said."""

    content: str
    columns: dict[str, Any]
    reads: dict[str, list[str | None]] | str
    settings: Mapping[str, Any] = MappingProxyType({})


FILES = {
    # Each of these was shifted by a column, cut or filled up in silence, or told without its line.
    "separator at each end": File(
        "a,b\n1,10,\n2,20,\n", PAIR, "line 2 has 3 fields, and the first line names 2"
    ),
    "an index without a name": File(
        "a,b\nx,1,10\ny,2,20\n", PAIR, "line 2 has 3 fields, and the first line names 2"
    ),
    "a separator at one end": File("a,b\n1,10\n2,20,\n", PAIR, "line 3 has 3 fields"),
    "a field too few": File("a,b\n1,10\n\n2\n", PAIR, "line 4 has 1 fields"),
    "lines in a value": File('b,a\n"1",1\n2,"\n\n3"\n4,5,6\n', PAIR, "line 6 has 3 fields"),
    "one name twice": File("a,b,a\n1,2,3\n", PAIR, "line 1: column a is there twice: rename one of them"),
    "another name twice": File("x,b,a,x\n1,2,3,4\n", PAIR, "line 1: column x is there twice"),
    "a quotation mark": File(
        'a,b\nx,"y\nz,w\n', TEXTS, "line 2: a quotation mark is opened and never closed"
    ),
    "columns without names": File("a,b,,\n1,10,x,y\n", PAIR, {"a": ["1"], "b": ["10.0"]}),
    "no such column": File("c,d\n1,10\n", PAIR, "line 1 names no column of the schema; it names c, d"),
    # Codes.
    "zeros in front": File("a,b\n00003,01001\n", TEXTS, {"a": ["00003"], "b": ["01001"]}),
    "many digits": File(
        "a,b\n12345678901234567890,1e3\n", TEXTS, {"a": ["12345678901234567890"], "b": ["1e3"]}
    ),
    "truth as text": File("a,b\nTRUE,false\n", TEXTS, {"a": ["TRUE"], "b": ["false"]}),
    "spaces": File("a,b\n x ,1.0\n", TEXTS, {"a": [" x "], "b": ["1.0"]}),
    # What is missing.
    "Namibia": File("a,b\nNA,null\n,\n", TEXTS, {"a": ["NA", None], "b": ["null", None]}),
    "sodium": File("a,b\nNa,None\nnan,n/a\n", TEXTS, {"a": ["Na", "nan"], "b": ["None", "n/a"]}),
    "numbers": File("a,b\nNA,null\n1,N/A\n,\n", PAIR, {"a": [None, "1", None], "b": [None, None, None]}),
    "times": File("a\nNA\n2026-01-01\n", {"a": {"type": "time"}}, {"a": [None, "2026-01-01 00:00:00+00:00"]}),
    "no value of a listed category": File("a\nNA\nNa\n", {"a": LISTED}, {"a": [None, "Na"]}),
    "a value of a listed category": File(
        "a\nNA\nNa\n", {"a": {**LISTED, "values": ["NA", "Na"]}}, {"a": ["NA", "Na"]}
    ),
    "words of one's own": File(
        "a,b\n-,NA\nx,y\n", TEXTS, {"a": [None, "x"], "b": ["NA", "y"]}, {"missing": ["-"]}
    ),
    "the old words": File("a,b\nNA,y\n", TEXTS, {"a": [None], "b": ["y"]}, {"missing": ["NA"]}),
    "a number for no value": File("a,b\n-999,1\n", PAIR, {"a": [None], "b": ["1.0"]}, {"missing": [-999]}),
    # Formats.
    "semicolons": File(
        "a;b\n1;2\n", PAIR, 'line 1: the fields are separated by ";": write `separator: ";"` under data'
    ),
    "tabs": File("a\tb\n1\t2\n", PAIR, 'write `separator: "\\t"` under data in params.yaml'),
    "semicolons as set": File(
        "a;b\n1;2,5\n", PAIR, {"a": ["1"], "b": ["2.5"]}, {"separator": ";", "decimal": ","}
    ),
    "tabs as set": File("a\tb\n1\t2.5\n", PAIR, {"a": ["1"], "b": ["2.5"]}, {"separator": "\t"}),
    "a comma in numbers": File(
        'a,b\n1,"2,5"\n',
        PAIR,
        "line 2, column b: '2,5' is not a number: for numbers with a comma write `decimal: \",\"`",
    ),
    "a point in numbers": File(
        "a;b\n1;2.5\n", PAIR, 'write `decimal: "."`', {"separator": ";", "decimal": ","}
    ),
    "a byte order mark": File("\xef\xbb\xbfa,b\n1,2\n", PAIR, {"a": ["1"], "b": ["2.0"]}),
    "Latin-1": File(
        "a,b\nx,y\nx,stra\xdfe\n", TEXTS, "line 3 is not utf-8: write `encoding: cp1252` under data"
    ),
    "Latin-1 in a name": File("a,stra\xdfe\nx,y\n", TEXTS, "line 1 is not utf-8: write `encoding: cp1252`"),
    "Latin-1 as set": File(
        "a,b\nx,stra\xdfe\n", TEXTS, {"a": ["x"], "b": ["straße"]}, {"encoding": "latin-1"}
    ),
    "UTF-16": File("\xff\xfea\0\n\0x\0\n\0", {"a": {"type": "text"}}, "not utf-8: write `encoding: utf-16`"),
    "UTF-16 as set": File(
        "\xff\xfea\0\n\0x\0\n\0", {"a": {"type": "text"}}, {"a": ["x"]}, {"encoding": "utf-16"}
    ),
    "line ends of Windows": File("a,b\r\n1,2\r\n", PAIR, {"a": ["1"], "b": ["2.0"]}),
    "truth as numbers": File("a\n1.0\n0\n\n", {"a": {"type": "boolean"}}, {"a": ["True", "False"]}),
    "no truth": File(
        "a,b\nyes,1\n", {**PAIR, "a": {"type": "boolean"}}, "line 2, column a: 'yes' is neither true"
    ),
    "names alone": File("a,b\n", PAIR, {"a": [], "b": []}),
}


@pytest.fixture(scope="module")
def read(project: Path, env: dict[str, str]) -> dict[str, Any]:
    """What is read of each of the files, or said of it."""
    given = [(file.content, file.columns, dict(file.settings)) for file in FILES.values()]
    return dict(zip(FILES, in_one_process(project, env, READ, given), strict=True))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_it_is_written(name: str, read: dict[str, Any]) -> None:
    wanted = FILES[name].reads
    if isinstance(wanted, dict):
        assert read[name] == wanted
    else:
        assert "build/rows.csv: cannot be read: " in read[name]
        assert wanted in read[name]


ROWS = "data/raw/rows.csv"
PARAMS = {
    "task": "classification",
    "target": "target",
    "objective": {"metric": "accuracy"},
}
SCHEMA = """columns:
  country: {type: category}
  code: {type: text}
  size: {type: number, nullable: true}
  target: {type: category, values: ["no", "yes"]}
"""
HEAD = ("country", "code", "size", "target")


def params(**data: Any) -> str:
    """The text of params.yaml."""
    return yaml.safe_dump({"models": {"own": {**PARAMS, "data": {"source": ROWS, **data}}}})


def table(separator: str = ",", decimal: str = ".", gap: str = "") -> str:
    """A file of forty rows; every fourth is of Namibia, every tenth has no size."""
    lines = [separator.join(HEAD)]
    for i in range(40):
        country = ("NA", "DE", "FR", "PE")[i % 4]
        size = gap if i % 10 == 0 else f"{i}{decimal}5"
        lines.append(separator.join((country, f"{i:05}", size, ("no", "yes")[i % 2])))
    return "\n".join(lines) + "\n"


PLAIN = {"params.yaml": params(), "data/schema.yaml": SCHEMA, ROWS: table()}
GERMAN = {
    **PLAIN,
    "params.yaml": params(separator=";", decimal=",", encoding="latin-1", missing=["-"]),
    ROWS: table(";", ",", "-").replace("PE", "Per\xfa"),
}
CALLS = {
    "note": (PLAIN, ["data"]),
    "restored": ({"params.yaml": params(missing=["NA"])}, ["data"]),
    "silent": ({"params.yaml": params(missing=[])}, ["data"]),
    "german": (GERMAN, ["pipeline"]),
    "german score": ({}, ["score", ROWS, "build/scores.csv"]),
    "plain score": ({"build/plain.csv": table()}, ["score", "build/plain.csv", "build/other.csv"]),
    "draft": ({"params.yaml": params()}, ["schema"]),
    "draft of a file": ({}, ["schema", ROWS]),
    "second draft": ({"params.yaml": params(separator=";", decimal=",", encoding="cp1252")}, ["schema"]),
    "draft of tabs": ({"build/tabs.csv": "\xef\xbb\xbfa\tb\n1\tx\n2\ty\n"}, ["schema", "build/tabs.csv"]),
    "draft of codes": (
        {"build/codes.csv": "zip,part,big,share\n01001,7,1234567890123456789,0.5\n10115,08,1,0\n"},
        ["schema", "build/codes.csv"],
    ),
}


@pytest.fixture(scope="module")
def said(project: Path, env: dict[str, str]) -> dict[str, tuple[int | None, str]]:
    """Exit code and output of each call, one after the other."""
    return dict(zip(CALLS, in_one_process(project, env, RUN, list(CALLS.values())), strict=True))


def test_what_changed_its_meaning_is_named_once(said: dict[str, tuple[int | None, str]]) -> None:
    code, printed = said["note"]
    assert "note: NA in country (10 rows): such words are values since 0.7" in printed
    assert '`missing: ["NA"]` under data in params.yaml' in printed
    assert code == 0
    assert printed.count("note: ") == 1
    assert "country: not_nullable fails for 10 rows" in said["restored"][1]
    assert said["silent"][0] == 0
    assert "note: " not in said["silent"][1]


def test_pipeline_and_score_read_alike(said: dict[str, tuple[int | None, str]], project: Path) -> None:
    assert "rows: " not in said["german"][1], "the pipeline came to the gate"
    assert "Traceback" not in said["german"][1]
    code, printed = said["german score"]
    assert code == 0, printed
    first, second = (project / "build/scores.csv").read_text("utf-8").splitlines()[:2]
    assert first.startswith('"country","code","size","target","predicted"')
    assert second.startswith('"NA","00000",,"no",'), "a code keeps its zeros, Namibia its name"
    assert said["plain score"][0] == 1
    assert (
        'build/plain.csv: cannot be read: line 1: the fields are separated by ","' in said["plain score"][1]
    )


@pytest.mark.parametrize("name", ["draft", "draft of a file"])
def test_a_draft_says_what_params_need(name: str, said: dict[str, tuple[int | None, str]]) -> None:
    printed = said[name][1]
    for line in ('separator: ";"', 'decimal: ","', "encoding: cp1252"):
        assert f"add under data in params.yaml: {line}\n" in printed
    assert "note: - in size" not in printed
    assert "NA in country (10 rows)" in printed


def test_a_draft_of_what_params_say_is_silent(said: dict[str, tuple[int | None, str]]) -> None:
    code, printed = said["second draft"]
    assert code == 0
    assert "add under data" not in printed
    drafted = yaml.safe_load(printed[printed.index("columns:") :])["columns"]
    assert drafted["country"] == {"type": "category", "values": ["DE", "FR", "NA", "Perú"]}
    assert drafted["code"] == {"type": "text", "feature": False}


def test_drafts_of_tabs_and_codes(said: dict[str, tuple[int | None, str]]) -> None:
    assert 'separator: "\\t"' in said["draft of tabs"][1]
    assert "a: {type: integer" in said["draft of tabs"][1]
    printed = said["draft of codes"][1]
    drafted = yaml.safe_load(printed[printed.index("columns:") :])["columns"]
    assert {name: column["type"] for name, column in drafted.items()} == {
        "zip": "category",
        "part": "category",
        "big": "category",
        "share": "number",
    }
