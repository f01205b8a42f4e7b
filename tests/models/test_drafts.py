"""A drafted schema accepts the rows that it is drafted from, and says of them what a person would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.models.conftest import RUN, in_one_process

DRAFT = """
import io, json, sys
import pandas as pd, yaml
from goldenpath_runtime.prepare import validate_rows
from goldenpath_runtime.schema import Schema, draft

drafts = []
for text in json.load(sys.stdin):
    rows = pd.read_csv(io.StringIO(text))
    drafts.append(draft(rows))
    kept = validate_rows(Schema.model_validate(yaml.safe_load(drafts[-1])), rows)
    assert len(kept) == len(rows)
print(json.dumps(drafts))
"""

MANY = range(30)
EXPECTED = {
    "constant": ("a\n123456789\n123456789\n", "a: {type: integer, min: 123456789, max: 123456789}"),
    "close together": ("a\n1000000001\n1000000011\n", "a: {type: integer, min: 1000000000, max: 1000000012}"),
    "never negative": ("a\n0.5\n9.5\n", "a: {type: number, min: 0.0, max: 10.4}"),
    "sometimes negative": ("a\n-5\n5\n", "a: {type: integer, min: -6, max: 6}"),
    "too large to be exact": ("a\n1e20\n2e20\n", "a: {type: number, min: 9.0e+19, max: 2.1e+20}"),
    "true, false, unknown": ("a,b\nTrue,1\n,2\nFalse,3\n", "a: {type: boolean, nullable: true}"),
    "a few dates": ("a\n2026-01-01\n2026-02-01\n", "a: {type: time}"),
    "local times": ("a\n2026-03-29T01:30+01:00\n2026-03-29T03:30+02:00\n", "a: {type: time}"),
    "nothing at all": ("a,b\n,1\n,2\n", "a: {type: integer, nullable: true}"),
    "different texts": ("a\n" + "".join(f"text {i}\n" for i in MANY), "a: {type: text}"),
    "ids": ("a_id\n" + "".join(f"{i}\n" for i in MANY), "a_id: {type: integer, feature: false}"),
    "ids of letters": ("aId\n" + "".join(f"x{i}\n" for i in MANY), "aId: {type: text, feature: false}"),
    "few ids": ("id\n" + "".join(f"{i}\n" for i in MANY[1:]), "id: {type: integer, min: 0, max: 32}"),
    "ids that come again": ("id\n" + "1\n" * 30, "id: {type: integer, min: 1, max: 1}"),
    "different numbers": ("a\n" + "".join(f"{i}\n" for i in MANY), "a: {type: integer, min: 0, max: 32}"),
    "nearly unique ids": (
        "x_id\n1\n" + "".join(f"{i}\n" for i in MANY),
        "x_id: {type: integer, feature: false}",
    ),
    "identifiers": (
        "sku\n" + "".join(f"X{i:03}\n" for i in MANY),
        "  # identifiers: nearly each value is there once\n  sku: {type: text, feature: false}\n",
    ),
    "e-mail": (
        "a\n" + "".join(f"ida{i}@b.org\n" for i in MANY),
        (
            "  # e-mail addresses: no feature, and shown nowhere, unless you decide otherwise\n"
            "  a: {type: text, feature: false, personal: true}\n"
        ),
    ),
    "few e-mails": ("a\nida@b.org\nbo@b.org\n", "a: {type: text, feature: false, personal: true}"),
    "phones": ("a\n+49 30 123456\n(030) 12 34 56\n", "a: {type: text, feature: false, personal: true}"),
    "codes are no phones": ("a,b\n0012345678x,1\n", "a:\n    type: category"),
    "persons": (
        "Last Name\n" + "".join(f"Ada{i}\n" for i in MANY),
        "Last Name: {type: text, feature: false, personal: true}",
    ),
    "products are no persons": (
        "product_name\n" + "".join(f"a drill {i}\n" for i in MANY),
        "  # free text: its words are features\n  product_name: {type: text}\n",
    ),
    "percentages": (
        "a\n1.25 %\n7 %\n",
        (
            """write rows['a'] = pd.to_numeric(rows['a'].str.replace(r"[^0-9.-]", "", regex=True))\n"""
            "  a: {type: text, decide: percentages}\n"
        ),
    ),
    "euros": (
        'a\n"1.250,50 €"\n"3,00 €"\n',
        (
            """pd.to_numeric(rows['a'].str.replace(r"[^0-9,-]", "", regex=True).str.replace(",", "."))\n"""
            "  a: {type: text, decide: amounts of money}\n"
        ),
    ),
    "dollars": (
        'a\n"$1,250.50"\n"USD 3.00"\n',
        '(r"[^0-9.-]", "", regex=True))\n  a: {type: text, decide: amounts of',
    ),
    "thousands": (
        'a\n"1,250"\n"12,500,000"\n',
        '(r"[^0-9-]", "", regex=True))\n  a: {type: text, decide: numbers with thousands separators}',
    ),
    "the day first": ("a\n31.12.2026\n1.2.2026\n", "a: {type: text, decide: dates that are not ISO 8601}"),
    "the month first": ("a\n12/31/26\n1/2/26\n", "a: {type: text, decide: dates that are not ISO 8601}"),
    "times of day": ("a\n07:30\n23:59\n", "a: {type: text, decide: times of day}"),
    "seconds": (
        "a\n" + "".join(f"{1_700_000_000 + i}\n" for i in MANY),
        "a: {type: integer, decide: seconds since 1970}",
    ),
    "milliseconds": (
        "a\n" + "".join(f"{1_700_000_000_000 + i}\n" for i in MANY),
        "decide: milliseconds since 1970}",
    ),
    "parts of seconds": (
        "a\n" + "".join(f"{1_700_000_000 + i}.5\n" for i in MANY),
        "a: {type: number, decide: seconds since 1970}",
    ),
    "few persons": ("surname\nAda\nBo\n", "surname: {type: text, feature: false, personal: true}"),
    "many cities": (
        "a\n" + "".join(f"c{i % 25}\n" for i in range(60)),
        (
            "left out: take `decide` away for a text, or write type: category\n"
            "  a: {type: text, decide: many different values}\n"
        ),
    ),
    "true in words": (
        "a\nJa\nnein\n",
        "  # true and false in words: a category has them as they are\n  a:\n",
    ),
    "words of YAML": ("a\nyes\nno\n", "values: ['no', 'yes']"),
}


@pytest.fixture(scope="module")
def drafts(project: Path, env: dict[str, str]) -> dict[str, str]:
    """What is drafted for each of the files."""
    texts = in_one_process(project, env, DRAFT, [text for text, _ in EXPECTED.values()])
    return dict(zip(EXPECTED, texts, strict=True))


@pytest.mark.parametrize("name", EXPECTED)
def test_draft(name: str, drafts: dict[str, str]) -> None:
    assert EXPECTED[name][1] in drafts[name]


NESTED = """
import json, sys
import pandas as pd, yaml
from goldenpath_runtime.prepare import validate_rows
from goldenpath_runtime.schema import Schema, draft

rows = pd.DataFrame({
    "many": [[1, 2], None, []],
    "inside": [{"a": 1}, {"a": 2}, None],
    "raw": [b"x", b"y", b"z"],
    "when": pd.date_range("2026", periods=3),
    "none": [None] * 3,
})
drafted = draft(rows)
assert len(validate_rows(Schema.model_validate(yaml.safe_load(drafted)), rows)) == 3
print(json.dumps(yaml.safe_load(drafted)["columns"]))
"""


def test_what_is_no_value_by_itself_is_left_out(project: Path, env: dict[str, str]) -> None:
    assert in_one_process(project, env, NESTED, None) == {
        "many": {"type": "text", "decide": "lists", "nullable": True},
        "inside": {"type": "text", "decide": "structs", "nullable": True},
        "raw": {"type": "text", "decide": "bytes"},
        "when": {"type": "time"},
        "none": {"type": "category", "nullable": True},
    }


ROWS = "size,price,day,target\n" + "".join(
    f"{i / 4},$ {i % 30}.50,{i % 28 + 1}.1.2026,{i % 3 > 1}\n" for i in range(90)
)
LEFT_OUT = "left out, as data/schema.yaml has `decide` for them: price (amounts of money), day (dates that are not ISO 8601)"


def test_what_is_undecided_is_left_out_by_name(project: Path, env: dict[str, str]) -> None:
    settings = {
        "task": "classification",
        "target": "target",
        "data": {"source": "data/raw/rows.csv"},
        "objective": {"metric": "accuracy"},
    }
    files = {
        "data/raw/rows.csv": ROWS,
        "params.yaml": yaml.safe_dump({"models": {"own": settings}}),
    }
    columns = "columns:\n  price: {type: text, decide: amounts of money}\n  target: {type: boolean}\n"
    calls: list[tuple[dict[str, str], list[str]]] = [
        (files, ["schema", "--out", "data/schema.yaml"]),
        ({}, ["pipeline"]),
        ({"data/schema.yaml": columns}, ["pipeline"]),
    ]
    drafted, trained, nothing = in_one_process(project, env, RUN, calls)
    assert drafted[0] == 0, drafted
    assert "note: price: amounts of money, left out: in `load`" in drafted[1]
    assert trained[1].count(f"note: {LEFT_OUT}\n") == 1, trained
    report = (project / "reports/own/report.md").read_text("utf-8")
    assert f"- {LEFT_OUT}." in report.partition("## Limits")[2].partition("## ")[0]
    assert list(json.loads((project / "build/own/model/model.json").read_text("utf-8"))["columns"]) == [
        "size"
    ]
    assert nothing[0] == 1
    assert "no column is left for the model" in nothing[1]
    assert "Traceback" not in nothing[1]
