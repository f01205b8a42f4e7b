"""The rule for drift, by its two promises: few false alarms, and an alarm when it counts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.models.conftest import in_one_process

RESAMPLES = 200
CODE = """
import json, sys
import numpy as np, pandas as pd
from goldenpath_runtime.store import reference
from goldenpath_runtime.watch import drift
from goldenpath_runtime.pipeline import open_project

given = json.load(sys.stdin)
if given["data"] == "default":
    project = open_project(None)
    frame = pd.concat([project.dataset(part).frame() for part in ("train", "validation", "test")])
    kinds = {name: column.type for name, column in project.model.columns.items()}
    draw = lambda rng, rows: frame.iloc[rng.integers(len(frame), size=rows)]
else:
    draw = lambda rng, rows: pd.DataFrame({f"c{i}": rng.normal(size=rows) for i in range(30)})
    frame = draw(np.random.default_rng(1_000), 3_000)
    kinds = dict.fromkeys(frame, "number")
known = {name: reference.summarize(frame[name], kind) for name, kind in kinds.items()}
numbers = [name for name, kind in kinds.items() if kind == "number"]
alarms = found = wrong = 0
for seed in range(given["resamples"]):
    columns = {name: list(column) for name, column in draw(np.random.default_rng(seed), given["rows"])[list(kinds)].items()}
    alarms += any(each.drifted for each in drift.compare(known, columns))
    moved = numbers[seed % len(numbers)]
    columns[moved] = [value + 0.5 * frame[moved].std() for value in columns[moved]]
    names = {each.column for each in drift.compare(known, columns) if each.drifted}
    found, wrong = found + (moved in names), wrong + bool(names - {moved})
print(json.dumps([alarms, found, wrong]))
"""
COLUMNS = """
import json, sys
from goldenpath_runtime.store import reference
from goldenpath_runtime.watch import drift
print(json.dumps([
    drift.compare({"c": reference.summarize(old, kind)}, {"c": new})[0].drifted for kind, old, new in json.load(sys.stdin)
]))
"""
NUMBERS = [float(i % 97) for i in range(500)]
HALF_MISSING: list[float | None] = [None if i % 2 else value for i, value in enumerate(NUMBERS)]
WORDS = [f"word {i % 7}" for i in range(500)]


@pytest.mark.parametrize("rows", [200, 500])
@pytest.mark.parametrize("data", ["default", "thirty columns"])
def test_false_alarms_are_rare_and_half_a_deviation_is_found(
    project: Path, env: dict[str, str], data: str, rows: int
) -> None:
    given = {"data": data, "rows": rows, "resamples": RESAMPLES}
    alarms, found, wrong = in_one_process(project, env, CODE, given)
    print(f"{data}, {rows} rows: {alarms / RESAMPLES:.1%} false alarms, {found / RESAMPLES:.1%} power")
    assert alarms <= math.floor(0.02 * RESAMPLES)
    assert wrong <= math.floor(0.02 * RESAMPLES)
    assert found >= math.ceil(0.95 * RESAMPLES)


def test_each_kind_of_column_can_drift_and_need_not(project: Path, env: dict[str, str]) -> None:
    cases = [
        ("number", NUMBERS, NUMBERS[:300], False),
        ("number", NUMBERS, HALF_MISSING, True),
        ("number", HALF_MISSING, HALF_MISSING[:300], False),
        ("number", [1.0] * 500, [1.0] * 300, False),
        ("number", [1.0] * 500, [2.0] * 300, True),
        ("number", [None] * 500, [None] * 300, False),
        ("number", [None] * 500, NUMBERS, True),
        ("boolean", [True, False] * 250, [True, False] * 150, False),
        ("boolean", [True, False] * 250, [True, True, True, False] * 75, True),
        ("category", WORDS, WORDS[:350], False),
        ("category", WORDS, [*WORDS[:350], *["unknown"] * 100], True),
        ("category", WORDS, [word if i % 2 else None for i, word in enumerate(WORDS)], True),
        ("category", [str(i) for i in range(500)], [str(i) for i in range(500)], False),
        ("text", WORDS, WORDS[:350], False),
        ("text", WORDS, [word * 5 for word in WORDS], True),
    ]
    judged = in_one_process(project, env, COLUMNS, [case[:3] for case in cases])
    assert judged == [case[3] for case in cases]
