"""Values of columns that the schema marks `personal`: planted in every row, and sought in all that the commands write."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.monitoring.test_samples import samples
from tests.support import run
from tests.template.live import service

# In each personal value is one of these.
CANARIES = ("Zyx", "98765", "1977-07")
ROWS = "data/raw/rows.csv"
SCHEMA = """columns:
  name: {type: text, personal: true, feature: false}
  town: {type: category, personal: true, feature: false}
  born: {type: time, personal: true}
  salary: {type: number, min: 0, max: 1.0e+8, personal: true, nullable: true}
  height: {type: number, min: 0, max: 99}
  group: {type: category, values: [a, b]}
  target: {type: category, values: ["no", "yes"]}
"""
PARAMS = f"""models:
  my_model:
    task: classification
    target: target
    data: {{source: {ROWS}, sample_rows: 60, checks: {{max_age_days: {{born: 100000}}}}}}
    split: {{by: group, column: name}}
    objective: {{metric: roc_auc}}
    gate: {{slices: {{columns: [town, group], min_rows: 200}}, max_slowdown: 10000, min_gain: -1}}
"""


def row(i: int) -> dict[str, Any]:
    """One row; its personal columns tell of the target."""
    return {
        "name": f"Zyxine {i}",
        "town": f"Zyxtown {i % 3}",
        "born": f"1977-07-{i % 28 + 1:02}",
        "salary": 9_876_500 + i % 90,
        "height": i % 50,
        "group": "ab"[i % 2],
        "target": ("no", "yes")[i % 50 > 20 + i % 9],
    }


def table(**changed: Any) -> str:
    """A file of 240 rows, the last one with other values."""
    rows = [row(i) for i in range(240)]
    rows[-1] |= changed
    lines = [",".join(rows[0]), *(",".join(map(str, each.values())) for each in rows)]
    return "\n".join(lines) + "\n"


class Copy:
    """The repository without what was made in it, with these rows; what its commands print is kept."""

    def __init__(self, project: Path, folder: Path, env: Mapping[str, str], schema: str = SCHEMA) -> None:
        skipped = shutil.ignore_patterns(
            ".venv", ".uv", "build", "reports", ".store", ".git", "*_cache", "__pycache__"
        )
        shutil.copytree(project, folder, ignore=skipped)
        (folder / ".venv").symlink_to(project / ".venv")
        (folder / "build").mkdir()
        self.folder = folder
        self.env = {**env, "PYTHONPATH": str(folder / "src"), "GOLDENPATH_STORE": str(folder / ".store")}
        self.printed = ""
        self.write("params.yaml", PARAMS)
        self.write("data/schema.yaml", schema)
        self.write(ROWS, table())

    def write(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def do(self, *words: str, expect: int = 0) -> str:
        command = [str(self.folder / ".venv/bin/python"), "-m", "goldenpath_runtime", *words]
        printed = run(command, self.folder, self.env, expect=expect)
        self.printed += printed
        return printed

    def found(self) -> Iterator[str]:
        """Where a personal value stands: files, but for the rows themselves, and what was printed."""
        if any(canary in self.printed for canary in CANARIES):
            yield "printed"
        for parent, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if name not in (".venv", "__pycache__", "raw")]
            for name in names:
                path = Path(parent, name)
                if path.suffix == ".parquet":
                    continue
                content = path.read_bytes()
                if any(canary.encode() in content for canary in CANARIES):
                    yield path.relative_to(self.folder).as_posix()


def asked(address: str, path: str, body: bytes) -> str:
    """The answer to a request, refused or not."""
    request = urllib.request.Request(f"{address}{path}", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return f"{error.code}: {error.read().decode()}"


def test_no_file_no_message_and_no_answer_has_a_personal_value(
    project: Path, env: dict[str, str], tmp_path: Path
) -> None:
    copy = Copy(project, tmp_path / "copy", env)
    for words in ("sample", "smoke", "pipeline", "register"):
        copy.do(words)
    model = next((copy.folder / ".store").glob("*/versions/*"))
    golden = json.loads((model / "golden.json").read_text("utf-8"))
    assert len(golden["rows"]) > 20
    assert len({each["salary"] for each in golden["rows"]}) > 5
    assert "town = personal 1" in (copy.folder / "reports/my_model/report.md").read_text("utf-8")
    assert "salary" not in json.loads((model / "reference.json").read_text("utf-8"))
    features = {name: row(1)[name] for name in ("salary", "height", "group")}
    tensor = {"name": "salary", "shape": [1], "datatype": "FP64", "data": ["Zyx"]}
    bodies = [
        json.dumps({"rows": [features] * 250}),
        *(
            json.dumps({"rows": [{**features, "salary": value}]})
            for value in ("Zyx", [98765], 9876500e9, True)
        ),
        json.dumps({"rows": [{**features, "height": "high"}]}),
        json.dumps({"rows": [features], "Zyx": 1}),
        json.dumps({"rows": ["Zyx"]}),
        '{"rows": [{"salary": 98765',
        '{"rows": [{"salary": NaN, "name": "Zyxine"}]}',
        json.dumps({"inputs": [tensor]}),
        json.dumps({"inputs": [tensor], "id": ["Zyx"]}),
    ]
    with service(copy.folder, copy.env) as address:
        for body in bodies:
            for path in ("/predict", "/v2/models/my_model/infer"):
                copy.printed += asked(address, path, body.encode())
        assert samples(copy.folder / ".store", least=250)
        for path in ("/model", "/openapi.json", "/metrics"):
            with urllib.request.urlopen(f"{address}{path}", timeout=10) as answer:
                copy.printed += answer.read().decode()
    assert '"label"' in copy.printed
    copy.do("monitor", "--version", model.name, expect=3)
    copy.write("build/labels.csv", "id,target\n1/0,maybe\n")
    copy.do("labels", "build/labels.csv", expect=1)
    assert list(copy.found()) == []


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a word for a number": (
        {"salary": "Zyx"},
        "column salary: a personal value, which is not shown is not a number",
    ),
    "above the limit": ({"salary": 98765e9}, "fails for 1 rows, such as a personal value"),
    "no time": (
        {"born": "1977-07-99"},
        "column born is not of type time, as schema.yaml says: a personal value",
    ),
    "a field more": ({"name": "Zyx,Zyx"}, "line 241 has 8 fields"),
    "no such value": ({"town": "Zyxtown 9"}, "town: isin("),
    "an old time": ({}, "the newest born is a personal value"),
}


@pytest.fixture(scope="module")
def broken(project: Path, env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A repository whose rows are to be broken."""
    return Copy(project, tmp_path_factory.mktemp("broken") / "copy", env)


@pytest.mark.parametrize("name", BROKEN)
def test_a_message_of_a_personal_column_shows_no_value(broken: Copy, name: str) -> None:
    changed, said = BROKEN[name]
    schema = SCHEMA
    if name == "no such value":
        schema = SCHEMA.replace("town: {type: category,", "town: {type: category, values: [Rome, Paris],")
    broken.write("data/schema.yaml", schema)
    broken.write("params.yaml", PARAMS.replace("100000", "10") if name == "an old time" else PARAMS)
    broken.write(ROWS, table(**changed))
    printed = broken.do("data", expect=1)
    assert said in printed
    assert not [canary for canary in CANARIES if canary in printed], printed
    assert "Traceback" not in printed


@pytest.mark.life
def test_a_model_that_holds_personal_values_says_so(
    project: Path, env: dict[str, str], tmp_path: Path
) -> None:
    schema = SCHEMA.replace(
        "town: {type: category, personal: true, feature: false}", "town: {type: category, personal: true}"
    )
    assert schema != SCHEMA
    copy = Copy(project, tmp_path / "copy", env, schema)
    printed = copy.do("pipeline")
    said = "town is personal, and the model may hold its words and values: write `feature: false` for it in data/schema.yaml"
    assert printed.count(f"note: {said}") == 1
    report = (copy.folder / "reports/my_model/report.md").read_text("utf-8")
    assert f"- {said}" in report.partition("## Limits")[2].partition("## ")[0]
    models = [f"build/my_model/{name}/model.onnx" for name in ("baseline", "model")]
    assert sorted(copy.found()) == models
    copy.write("data/schema.yaml", schema.replace('values: ["no", "yes"]', "personal: true"))
    assert "target is personal, and the model answers with its values" in copy.do("pipeline")
    copy.write(
        "params.yaml", PARAMS.replace("    target: target\n", '    target: target\n    positive: "yes"\n')
    )
    copy.do("sample")
    copy.do("smoke")
