"""One reader for all commands: the same rows in every kind of file, and what a team's own `load` gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.models.conftest import RUN, in_one_process

# Makes the rows that the commands read.
ROWS = """
import gzip, sqlite3
from pathlib import Path
import pandas as pd

rows = pd.DataFrame({
    "code": [f"{i:05}" for i in range(60)],
    "size": [None if i % 9 == 0 else i / 4 for i in range(60)],
    "sold": [i % 2 == 0 for i in range(60)],
    "kind": [("a", "NA", "b")[i % 3] for i in range(60)],
    "extra": [f"note {i}" for i in range(60)],
    "target": [("no", "yes")[i % 7 > 3] for i in range(60)],
})
folder = Path("data/sources")
folder.mkdir(parents=True, exist_ok=True)
if not Path("data/sources/rows.csv").exists():
    rows.to_csv(folder / "rows.csv", index=False)
    rows.to_csv(folder / "rows.csv.gz", index=False)
    rows.to_csv(folder / "rows.csv.bz2", index=False)
    rows.to_parquet(folder / "rows.parquet")
    rows.to_json(folder / "rows.jsonl", orient="records", lines=True)
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress((folder / "rows.jsonl").read_bytes()))
    for kind, part in rows.groupby("kind", sort=False):
        (folder / "parts" / f"kind={kind}").mkdir(parents=True)
        part.drop(columns="kind").to_parquet(folder / "parts" / f"kind={kind}" / "part-0.parquet")
    (folder / "parts" / "_SUCCESS").touch()
    with sqlite3.connect("data/sources/rows.db") as base:
        rows.to_sql("old_rows", base, index=False)
        rows.head(7).to_sql("new_rows", base, index=False)
"""
SCHEMA = """columns:
  code: {type: text, feature: false}
  size: {type: number, nullable: true}
  sold: {type: boolean}
  kind: {type: category}
  target: {type: category, values: ["no", "yes"]}
"""
SOURCES = ("rows.csv", "rows.csv.gz", "rows.csv.bz2", "rows.parquet", "rows.jsonl", "rows.jsonl.gz", "parts")
LOAD = """

import sqlite3

import pandas as pd


class Model(Model):
    def load(self, source):
        if source.endswith(".csv"):
            yield from super().load(source)
            return
        with sqlite3.connect("data/sources/rows.db") as base:
            yield pd.read_sql(f"select * from {source}", base)
"""


def params(source: str) -> str:
    """The text of params.yaml."""
    own = {
        "task": "classification",
        "target": "target",
        "data": {"source": source},
        "objective": {"metric": "accuracy"},
    }
    return yaml.safe_dump({"models": {"own": own}})


def scored(project: Path, name: str) -> list[str]:
    """The lines of a file of scores."""
    return (project / name).read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def files(project: Path, env: dict[str, str]) -> dict[str, list[tuple[int | None, str]]]:
    """By source what `schema`, `pipeline` and `score` printed."""
    calls: list[tuple[dict[str, str], list[str]]] = []
    for name in SOURCES:
        source = f"data/sources/{name}"
        given = {"params.yaml": params(source), "data/schema.yaml": SCHEMA}
        calls.append((given, ["schema", source, "--out", f"build/{name}.yaml"]))
        calls.append(({}, ["pipeline"]))
        calls.append(({}, ["score", source, f"build/{name}.scores.csv"]))
    printed = iter(in_one_process(project, env, ROWS + RUN, calls))
    return {name: [next(printed) for _ in range(3)] for name in SOURCES}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_means_the_same_to_all_commands(
    name: str, files: dict[str, list[tuple[int | None, str]]], project: Path
) -> None:
    drafted, trained, told = files[name]
    assert drafted[0] == 0, drafted
    assert "ok   parity" in trained[1], trained
    assert told[0] == 0, told
    assert told[1].endswith(f"60 rows scored: build/{name}.scores.csv\n")
    types = {
        column: rule["type"]
        for column, rule in yaml.safe_load((project / f"build/{name}.yaml").read_text("utf-8"))[
            "columns"
        ].items()
    }
    assert types["size"] == "number"
    assert types["sold"] == "boolean"
    assert types["kind"] == "category"
    assert types["code"] == "text"
    first, *lines = scored(project, f"build/{name}.scores.csv")
    columns = first.replace('"', "").split(",")
    assert {"code", "extra", "predicted", "probability_yes"} <= set(columns)
    place = columns.index("code"), columns.index("probability_yes")
    usual_first, *usual = scored(project, "build/rows.csv.scores.csv")
    named = usual_first.replace('"', "").split(",")
    usual_place = named.index("code"), named.index("probability_yes")
    found, expected = answers(lines, place), answers(usual, usual_place)
    assert found.keys() == expected.keys()
    if name != "parts":  # in another order other trees are grown
        assert found == pytest.approx(expected, abs=1e-6)


def answers(lines: list[str], place: tuple[int, int]) -> dict[str, float]:
    """The probability of each code."""
    split = [line.replace('"', "").split(",") for line in lines]
    return {fields[place[0]]: float(fields[place[1]]) for fields in split}


def test_a_load_of_the_team_is_used_by_all_commands(project: Path, env: dict[str, str]) -> None:
    (model,) = project.glob("src/*/model.py")
    seed = model.read_text("utf-8")
    model.write_text(seed + LOAD, "utf-8")
    given = {"params.yaml": params("old_rows"), "data/schema.yaml": SCHEMA}
    calls: list[tuple[dict[str, str], list[str]]] = [
        (given, ["schema"]),
        ({}, ["pipeline"]),
        ({}, ["score", "new_rows", "build/new.csv"]),
        ({}, ["score", "data/sources/rows.csv", "build/all.csv"]),
        ({}, ["score", "--as-is", "data/sources/rows.csv", "build/as_is.csv"]),
        ({}, ["score", "--as-is", "new_rows", "build/none.csv"]),
        ({"params.yaml": params("data/sources/rows.csv")}, ["schema"]),
    ]
    try:
        found: Any = in_one_process(project, env, ROWS + RUN, calls)
    finally:
        model.write_text(seed, "utf-8")
    drafted, trained, new, whole, as_is, none, csv = found
    columns = yaml.safe_load(drafted[1][drafted[1].index("columns:") :])["columns"]
    assert set(columns) == {"code", "size", "sold", "kind", "extra", "target"}
    assert columns["size"]["type"] == "number"
    assert "ok   parity" in trained[1], trained
    assert new[1].endswith("7 rows scored, read by `load` of model.py: build/new.csv\n"), new
    assert whole[1].endswith("60 rows scored, read by `load` of model.py: build/all.csv\n"), whole
    assert as_is[1].endswith("60 rows scored: build/as_is.csv\n"), as_is
    assert "note 6" in scored(project, "build/new.csv")[-1], "what the schema does not list stays"
    assert none[0] == 1
    assert "new_rows: not found" in none[1]
    assert not (project / "build/none.csv").exists()
    assert "size: {type: number" in csv[1]
    assert "Traceback" not in "".join(text for _, text in found)
