"""A figure of one class is of the class that is meant, and not of the last by alphabet.

All of it happens in one process of a generated repository, since each start costs seconds.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.models.conftest import RUN, in_one_process

PARAMS = """models:
  own:
    task: classification
    target: target
    data: {source: data/raw/noise.csv}
    objective: {metric: METRIC}
    gate: {thresholds: {METRIC: {min: 0.5}}, slices: {columns: [kind], min_rows: 20}}
"""
SCHEMA = """columns:
  size: {type: number}
  kind: {type: category, values: [all, none], feature: false}
  target: {type: TYPE}
"""
REPORTED = """\
report = Path("reports/own/report.md")
    text = report.read_text() if report.exists() else ""
    report.unlink(missing_ok=True)
    printed.append((code, out.getvalue() + text))
"""


class Case(NamedTuple):
    """What the rare and the other class are called, the key that is written, and the objective."""

    rare: str
    other: str
    key: str
    kind: str = "category"
    metric: str = "average_precision"


CASES = {
    "named": Case("churned", "stays", "positive: churned"),
    "named, the last": Case("yes", "no", 'positive: "yes"'),
    "a number": Case("0", "1", "positive: 0", "integer"),
    "a boolean": Case("false", "true", "positive: false", "boolean"),
    "recall": Case("churned", "stays", "positive: churned", metric="recall"),
    "f1": Case("churned", "stays", "positive: churned", metric="f1"),
    "not named": Case("churned", "stays", ""),
    "not named, precision": Case("churned", "stays", "", metric="precision"),
    "not named, no matter": Case("churned", "stays", "", metric="roc_auc"),
    "one of three": Case("churned", "maybe", "positive: churned"),
    "a typing error": Case("churned", "stays", "positive: churn"),
    "what YAML reads": Case("yes", "no", "positive: yes"),
}


def noise(case: Case) -> str:
    """Rows that say nothing of the target, one in twenty of the rare class, and of one kind none of it."""
    draw = random.Random(7)  # noqa: S311 (a die)
    rows = [f"{draw.gauss(0, 1):.4f},{case.rare if i % 20 == 0 else case.other}" for i in range(800)]
    if case.other == "maybe":
        rows = [row.replace("maybe", "stays" if i % 3 else "maybe") for i, row in enumerate(rows)]
    kinds = ["none" if row.endswith(case.other) and i % 3 else "all" for i, row in enumerate(rows)]
    lines = [row.replace(",", f",{kind},") for row, kind in zip(rows, kinds, strict=True)]
    return "\n".join(["size,kind,target", *lines, ""])


def files(case: Case) -> dict[str, str]:
    params = PARAMS.replace("METRIC", case.metric).replace(
        "    objective", f"    {case.key}\n    objective" if case.key else "    objective"
    )
    return {
        "params.yaml": params,
        "data/schema.yaml": SCHEMA.replace("TYPE", case.kind),
        "data/raw/noise.csv": noise(case),
    }


SILENT = ("not named", "not named, precision")
Said = dict[str, tuple[int | None, str]]


@pytest.fixture(scope="module")
def said(project: Path, env: dict[str, str]) -> Said:
    """What `train` and the pipeline print in each case, and the report."""
    calls = [(files(case), ["pipeline"]) for case in CASES.values()]
    steps = [(name, step) for name in SILENT for step in ("data", "train")]
    calls += [(files(CASES[name]), [step]) for name, step in steps]
    code = RUN.replace("printed.append((code, out.getvalue()))", REPORTED)
    printed = in_one_process(project, env, code, calls)
    names = [*CASES, *(f"{name}: {step}" for name, step in steps)]
    return {name: (code, text) for name, (code, text) in zip(names, printed, strict=True)}


def value(text: str, metric: str) -> float:
    found = re.search(rf"threshold {metric}: {metric} is ([\d.e-]+), required", text)
    assert found, text
    return float(found[1])


@pytest.mark.parametrize("name", ["named", "named, the last", "a number", "a boolean", "recall", "f1"])
def test_noise_is_no_good_at_the_class_that_is_meant(name: str, said: Said) -> None:
    case = CASES[name]
    code, text = said[name]
    assert "Traceback" not in text
    assert code == 1
    assert value(text, case.metric) < 0.3
    assert f"of the class {case.rare}".lower() in text.lower()
    assert "positive:" not in text


@pytest.mark.parametrize("name", SILENT)
def test_an_old_repository_goes_on_and_is_told(name: str, said: Said) -> None:
    case = CASES[name]
    code, text = said[name]
    line = '`positive: "stays"` or "churned"'
    assert value(text, case.metric) > 0.8, "as before, it is of the last class"
    assert code is not None
    findings, _, limits = text.partition("## Limits")
    assert re.search(
        rf"^ok   positive class: params.yaml: {case.metric} .*{re.escape(line)}$", findings, re.MULTILINE
    )
    assert line in limits.partition("\n## ")[0]
    assert line in said[f"{name}: train"][1]
    assert "of the class stays" in text


def test_where_it_does_not_matter_nothing_is_told(said: Said) -> None:
    assert "positive:" not in said["not named, no matter"][1]


@pytest.mark.parametrize(
    ("name", "classes"), [("a typing error", '"churned", "stays"'), ("what YAML reads", '"no", "yes"')]
)
def test_a_wrong_name_is_refused(name: str, classes: str, said: Said) -> None:
    code, text = said[name]
    assert code == 1
    assert "error: params.yaml: positive: " in text
    assert f"write one of {classes}" in text
    assert "Traceback" not in text


def test_one_of_three_is_refused(said: Said) -> None:
    code, text = said["one of three"]
    assert code == 1
    assert "positive: it is one of two classes, and target has 3: take this line out" in text


@pytest.mark.parametrize("name", ["named", "recall", "not named, no matter"])
def test_a_slice_of_one_class_is_not_judged(name: str, said: Said) -> None:
    case = CASES[name]
    findings, _, limits = said[name][1].partition("## Limits")
    assert re.search(
        rf"^ok   slice kind = none: not judged: {case.metric} is not defined on its \d+ rows",
        findings,
        re.MULTILINE,
    )
    assert f"Not judged, as {case.metric} is not defined there: kind = none." in limits
    assert re.search(r"\| kind = none \| \d+ \| not judged \|", limits)
