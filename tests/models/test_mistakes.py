"""What goes wrong when somebody brings data of their own: one message that says where, and no traceback.

All of it happens in one process of a generated repository, since each start costs seconds.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.models.conftest import RUN, in_one_process

ROWS = "data/raw/rows.csv"
GOOD = "".join(f"2026-01-{i % 28 + 1:02}T00:00,{i % 7}.5,{i},{'ab'[i % 2]},{i % 2}\n" for i in range(40))
HEAD = "when,size,count,kind,target\n"
PARAMS = f"""models:
  own:
    task: classification
    target: target
    data: {{source: {ROWS}}}
    objective: {{metric: roc_auc}}
    gate: {{slices: {{columns: [kind]}}}}
"""
SCHEMA = """columns:
  when: {type: time}
  size: {type: number}
  count: {type: integer, min: 0, max: 100}
  kind: {type: category, values: [a, b]}
  target: {type: integer}
"""
JSON_LINES = '{"when": "2026-01-01", "size": null}\n'
FILES = {
    "params.yaml": PARAMS,
    "data/schema.yaml": SCHEMA,
    ROWS: HEAD + GOOD,
    "data/raw/rows.jsonl": JSON_LINES,
}


class Mistake(NamedTuple):
    """In one file `old` becomes `new`; the whole file where `old` is empty. What the command then says."""

    path: str
    old: str
    new: str
    says: str
    command: str = "data"


FIRST = "2026-01-01T00:00,0.5,0,a,0"
MISTAKES = {
    "no such target": Mistake(
        "params.yaml", "target: target", "target: tarket", "params.yaml names tarket, which data/schema.yaml"
    ),
    "a threshold for nothing": Mistake(
        "params.yaml",
        "[kind]",
        "[kind]}, thresholds: {roc_auc: {}",
        "thresholds.roc_auc: Value error, it asks for nothing",
    ),
    "a threshold that nothing meets": Mistake(
        "params.yaml",
        "[kind]",
        "[kind]}, thresholds: {roc_auc: {min: 0.9, max: 0.1}",
        "no value is at least 0.9 and at most 0.1",
    ),
    "no such slice": Mistake(
        "params.yaml",
        "[kind]",
        "[kinds]",
        "params.yaml names kinds, which data/schema.yaml does not list: gate.slices.columns; did you mean kind?\n",
    ),
    "no such group": Mistake(
        "params.yaml",
        "objective",
        "split: {by: group, column: king}\n    objective",
        "does not list: split; did you mean kind?\n",
    ),
    "a misspelt threshold": Mistake(
        "params.yaml",
        "[kind]",
        "[kind]}, thresholds: {acuracy: {min: 0.5}",
        "params.yaml: models.own.gate.thresholds: the model's metrics give no acuracy; did you mean accuracy?\n",
    ),
    "a threshold for another task": Mistake(
        "params.yaml",
        "[kind]",
        "[kind]}, thresholds: {rmse: {max: 0.5}",
        "give no rmse; they give accuracy, average_precision, f1",
    ),
    "two classes at once": Mistake(
        "params.yaml", "target: target", "target: [target, kind]", "has one target"
    ),
    "no target": Mistake("params.yaml", "target: target", "target: []", "has one target"),
    "words as numbers": Mistake(
        "params.yaml",
        "classification\n    target: target",
        "regression\n    target: kind",
        "numbers for targets",
    ),
    "no time column": Mistake(
        "params.yaml", "objective", "split: {by: time}\n    objective", "needs `column:`"
    ),
    "no file": Mistake("params.yaml", ROWS, "data/none.csv", "data/none.csv: not found"),
    "a spreadsheet": Mistake(
        "params.yaml", ROWS, "README.md", "README.md: neither of .csv, .jsonl, .parquet, .xlsx, nor"
    ),
    "JSON lines without a column": Mistake(
        "params.yaml",
        "    data: {source: data/raw/rows.csv}",
        "    data: {source: data/raw/rows.jsonl}",
        "the data have no column count, kind, target, which the schema lists",
    ),
    "a folder without rows": Mistake("params.yaml", ROWS, "src", "there is no .parquet file in this folder"),
    "another encoding": Mistake(
        ROWS, "", "kind\nstra\xdfe\n", f"{ROWS}: cannot be read: line 2 is not utf-8"
    ),
    "an empty file": Mistake(ROWS, "", "", f"{ROWS}: cannot be read: No columns"),
    "ragged rows": Mistake(
        ROWS, "", HEAD + GOOD + "1,2,3,4,5,6,7\n", "line 42 has 7 fields, and the first line names 5"
    ),
    "semicolons": Mistake(ROWS, "", (HEAD + GOOD).replace(",", ";"), 'write `separator: ";"` under data'),
    "tabs": Mistake(ROWS, "", (HEAD + GOOD).replace(",", "\t"), 'write `separator: "\\t"` under data'),
    "unnamed fields": Mistake(
        ROWS,
        "",
        HEAD + GOOD.replace("\n", ",9\n"),
        "line 2 has 6 fields, and the first line names 5",
        f"schema {ROWS}",
    ),
    "one unnamed field": Mistake(
        ROWS, FIRST, f"{FIRST},9", "line 2 has 6 fields, and the first line names 5"
    ),
    "a folder for a file": Mistake(
        ROWS, "", HEAD + GOOD, "data: cannot be written: Is a directory", f"schema {ROWS} --out data"
    ),
    "a file that is not there": Mistake(ROWS, "", "", "error: typo.csv: not found\n", "schema typo.csv"),
    "infinity": Mistake(ROWS, FIRST, "2026-01-01T00:00,inf,0,a,0", "size: less_than_or_equal_to(3.4"),
    "a half": Mistake(ROWS, FIRST, "2026-01-01T00:00,0.5,0.5,a,0", "count: a whole number fails for 1 rows"),
    "out of bounds": Mistake(
        ROWS, FIRST, "2026-01-01T00:00,0.5,101,a,0", "100.0) fails for 1 rows, such as 101"
    ),
    "a word": Mistake(
        ROWS, FIRST, "2026-01-01T00:00,none?,0,a,0", "line 2, column size: 'none?' is not a number"
    ),
    "a new category": Mistake(ROWS, FIRST, "2026-01-01T00:00,0.5,0,c,0", "fails for 1 rows, such as 'c'"),
    "a missing value": Mistake(ROWS, FIRST, "2026-01-01T00:00,,0,a,0", "size: not_nullable fails for 1 rows"),
    "a German date": Mistake(ROWS, FIRST, "31.12.2026,0.5,0,a,0", "column when is not of type time"),
    "one class": Mistake(ROWS, "", HEAD + GOOD.replace(",1\n", ",0\n"), "there is nothing to tell apart"),
    "no such figure": Mistake("params.yaml", "roc_auc", "auc", "give no auc; did you mean roc_auc?\n"),
    "an error to maximize": Mistake(
        "params.yaml",
        "{metric: roc_auc}",
        "{metric: log_loss, direction: maximize}",
        "params.yaml: models.own.objective: Value error, less log_loss is better: "
        "write {metric: log_loss, direction: minimize}",
    ),
    "a score to minimize": Mistake(
        "params.yaml",
        "{metric: roc_auc}",
        "{metric: roc_auc, direction: minimize}",
        "more roc_auc is better: write {metric: roc_auc, direction: maximize}",
    ),
    "a figure of another task": Mistake(
        "params.yaml",
        "classification",
        "regression",
        "params.yaml: models.own.objective.metric: the model's metrics give no roc_auc; they give mae, r2, rmse\n",
    ),
    "a classifier for numbers": Mistake(
        "params.yaml",
        PARAMS.partition("gate")[0],
        PARAMS.partition("gate")[0].replace("classification", "regression").replace("roc_auc", "rmse"),
        "candidate linear: it gives scores of shape",
        "pipeline",
    ),
}

MODEL = """from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from goldenpath_runtime import Model as BaseModel
from goldenpath_runtime import SklearnCandidate


class Model(BaseModel):
    def baseline(self):
        return self.linear()

    def candidates(self):
        return {"linear": self.linear(C=0.5)}

    def linear(self, **options):
        return SklearnCandidate(make_pipeline(self.features(), LogisticRegression(**options)))

    def load(self, source):
        yield from super().load(source)

    def metrics(self, truth, scores):
        return super().metrics(truth, scores)

    def business(self, rows, truth, scores):
        return {"rows": len(rows)}
"""
CODE = "src/my_model/model.py"
# What is wrong in the team's own code: the same as above, and said of a line of theirs.
FAULTS = {
    "no syntax": Mistake(CODE, "def baseline(self)", "def baseline(self", "model.py:9: SyntaxError: '(' was"),
    "no such module": Mistake(
        CODE, "from sklearn.pipe", "import pandsa\nfrom sklearn.pipe", "model.py:2: ModuleNotFoundError: No"
    ),
    "no such name": Mistake(
        CODE,
        "from sklearn.pipeline import",
        "from sklearn.pipeline import mak, ",
        "model.py:2: ImportError: ",
    ),
    "no such class": Mistake(
        CODE, "class Model", "class Modl", "default: module 'my_model.model' has no attribute 'Model'; name"
    ),
    "no such column": Mistake(
        CODE, "(C=0.5)", "(C=self.columns['sise'].min)", "model.py:13: KeyError: 'sise'\n", "pipeline"
    ),
    "a list of candidates": Mistake(
        CODE,
        '{"linear": self.linear(C=0.5)}',
        "[self.linear()]",
        "model.py:12: candidates: AttributeError: 'list' object has no attribute 'items'\n",
        "pipeline",
    ),
    "no baseline": Mistake(
        CODE,
        "return self.linear()",
        "self.linear()",
        "model.py: candidate baseline: NoneType has no `fit`: wrap estimators",
        "pipeline",
    ),
    "a candidate that cannot be fitted": Mistake(
        CODE,
        "C=0.5",
        "C=-1",
        "model.py: candidate linear: it cannot be fitted to these rows: The 'C' parameter",
        "pipeline",
    ),
    "rows that are none": Mistake(
        CODE,
        "yield from super().load(source)",
        "return [1]",
        "model.py:18: load: TypeError: cannot concatenate",
    ),
    "an error while reading": Mistake(
        CODE,
        "yield from super().load(source)",
        "yield 1 / 0",
        "model.py:19: ZeroDivisionError: division by zero",
    ),
    "no figures": Mistake(
        CODE, "return super().metrics(truth, scores)", "pass", "model.py:21: metrics: TypeError: ", "pipeline"
    ),
    "an error in a figure": Mistake(
        CODE,
        "super().metrics(truth, scores)",
        "scores['a']",
        "model.py:22: IndexError: only integers",
        "pipeline",
    ),
    "no figures of the business": Mistake(
        CODE, '{"rows": len(rows)}', "None", "model.py:24: business: TypeError: 'NoneType'", "pipeline"
    ),
}
DRAFTS = (f"schema {ROWS} --out build/first.yaml", "schema typo.csv --out build/second.yaml")
STRICT = PARAMS.replace("gate: {", "gate: {max_size_mb: 1.0e-9, ")
BLOCKED = ("pipeline", f"score {ROWS} build/scores.csv")


@pytest.fixture(scope="module")
def said(project: Path, env: dict[str, str]) -> dict[str, tuple[int | None, str]]:
    """Exit code and output for each mistake; first of all, for none."""
    calls = [
        (FILES, ["data"]),
        *((_files(mistake), mistake.command.split()) for mistake in MISTAKES.values()),
    ]
    calls += [(FILES if i == 0 else {}, words.split()) for i, words in enumerate(DRAFTS)]
    calls += [
        ({**FILES, "params.yaml": STRICT} if i == 0 else {}, words.split()) for i, words in enumerate(BLOCKED)
    ]
    return dict(
        zip(("none", *MISTAKES, *DRAFTS, *BLOCKED), in_one_process(project, env, RUN, calls), strict=True)
    )


@pytest.fixture(scope="module")
def blamed(project: Path, env: dict[str, str]) -> dict[str, tuple[int | None, str]]:
    """The same for each fault of the team's code; and for one of them where all of the trace is asked for."""
    before = (project / CODE).read_text("utf-8")
    calls = [({CODE: MODEL, **_files(fault)}, fault.command.split()) for fault in FAULTS.values()]
    said = dict(zip(FAULTS, in_one_process(project, env, RUN, calls), strict=True))
    (said["whole"],) = in_one_process(project, env | {"GOLDENPATH_TRACEBACK": "1"}, RUN, calls[-1:])
    (project / CODE).write_text(before, "utf-8")
    return said


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_teams_code_is_told_of_a_line_of_theirs(
    name: str, blamed: dict[str, tuple[int | None, str]]
) -> None:
    code, printed = blamed[name]
    *_, told = printed.split("error: ")
    assert FAULTS[name].says in told.splitlines(True)[0], printed
    assert code == 1
    assert "Traceback" not in printed
    assert not re.findall(r'File ".*(?:site-packages|goldenpath_runtime/).*', printed)


def test_the_whole_trace_is_there_for_who_asks(blamed: dict[str, tuple[int | None, str]]) -> None:
    code, printed = blamed["whole"]
    assert code is None
    assert "Traceback" in printed
    assert "goldenpath_runtime/" in printed


def _files(mistake: Mistake) -> dict[str, str]:
    files = {**FILES, CODE: MODEL} if mistake.path == CODE else FILES
    text = files[mistake.path]
    assert not mistake.old or text.count(mistake.old) >= 1, f"{mistake}: no longer fits"
    return {**files, mistake.path: text.replace(mistake.old, mistake.new, 1) if mistake.old else mistake.new}


def test_without_a_mistake_all_is_well(said: dict[str, tuple[int | None, str]]) -> None:
    code, printed = said["none"]
    assert code == 0, printed


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_explained(name: str, said: dict[str, tuple[int | None, str]]) -> None:
    code, printed = said[name]
    assert "error: " in printed, printed
    assert MISTAKES[name].says in printed
    assert code == 1
    assert "Traceback" not in printed


def test_a_draft_is_written_when_there_is_one(said: dict[str, tuple[int | None, str]], project: Path) -> None:
    assert [said[words][0] for words in DRAFTS] == [0, 1]
    drafted = (project / "build/first.yaml").read_text("utf-8")
    assert "class Column in" in drafted
    assert yaml.safe_load(drafted)["columns"]["kind"] == {"type": "category", "values": ["a", "b"]}
    assert not (project / "build/second.yaml").exists()


def test_a_blocked_model_is_used_with_a_note(said: dict[str, tuple[int | None, str]]) -> None:
    (code, printed), (scored, told) = (said[words] for words in BLOCKED)
    assert code == 1
    assert printed.endswith("change it in params.yaml, with a review\n")
    assert scored == 0, told
    assert "note: the gate has blocked this model: see reports/own/report.md\n" in told


def test_lineage_before_the_first_commit(said: dict[str, tuple[int | None, str]], project: Path) -> None:
    assert said["pipeline"][0] == 1, "a model was made, and then blocked"
    lineage = json.loads((project / "build/own/model/model.json").read_text("utf-8"))["lineage"]
    assert (lineage["commit"], lineage["uncommitted_changes"]) == (None, True)
