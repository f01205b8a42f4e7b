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
CHANGES = """
import json, sys
import numpy as np, pandas as pd
from goldenpath_runtime.store import reference
from goldenpath_runtime.watch import drift

KINDS = {
    **{f"number {i}": "number" for i in range(4)},
    "fee": "number",
    "mostly zero": "number",
    "sold": "boolean",
    "kind": "category",
    "city": "category",
    "note": "text",
}
COMMON = [f"usual{i}" for i in range(30)]
OTHER = [f"other{i}" for i in range(30)]


def notes(rng, rows, words):
    weights = 1 / np.arange(1, len(words) + 1)
    return [" ".join(rng.choice(words, 5, p=weights / weights.sum())) for _ in range(rows)]


def holes(rng, values, share):
    gone = rng.random(len(values)) < share
    return [None if out else value for value, out in zip(values, gone)]


def kinds(rng, rows, rare, new=0.0):
    return rng.choice(["a", "b", "rare", "new"], rows, p=[0.6, 0.4 - rare - new, rare, new]).tolist()


def window(rng, rows):
    columns = {f"number {i}": rng.normal(size=rows).tolist() for i in range(4)}
    columns["number 3"] = holes(rng, columns["number 3"], 0.02)
    columns["fee"] = (rng.gamma(2, 20, rows) * (rng.random(rows) < 0.3)).round(2).tolist()
    columns["mostly zero"] = (rng.random(rows) < 0.05).astype(float).tolist()
    columns["sold"] = (rng.random(rows) < 0.3).tolist()
    columns["kind"] = kinds(rng, rows, 0.005)
    columns["city"] = [f"city {i}" for i in rng.integers(40, size=rows)]
    columns["note"] = notes(rng, rows, COMMON)
    return columns


CHANGES = {
    "a rare class from 0.5 % to 4 %": ("kind", lambda rng, old: kinds(rng, len(old), 0.04)),
    "missing from 2 % to 9 %": ("number 3", lambda rng, old: holes(rng, rng.normal(size=len(old)), 0.09)),
    "texts missing in 4 %": ("note", lambda rng, old: holes(rng, old, 0.04)),
    "other words of equal length": ("note", lambda rng, old: notes(rng, len(old), OTHER)),
    "a new word in 6 %": ("note", lambda rng, old: [f"{text} recall" if rng.random() < 0.06 else text for text in old]),
    "a new category in 3 %": ("kind", lambda rng, old: kinds(rng, len(old), 0.005, 0.03)),
    "a new category among 40 in 4 %": ("city", lambda rng, old: ["new" if rng.random() < 0.04 else city for city in old]),
    "a number becomes constant": ("number 0", lambda rng, old: [0.1] * len(old)),
    "a rare number becomes constant": ("mostly zero", lambda rng, old: [0.0] * len(old)),
    "cents for euros": ("fee", lambda rng, old: [100 * fee for fee in old]),
    "cents for euros in 5 %": ("fee", lambda rng, old: [100 * fee if rng.random() < 0.05 / 0.3 else fee for fee in old]),
}

given = json.load(sys.stdin)
whole = window(np.random.default_rng(7), 3000)
known = {name: reference.summarize(whole[name], kind) for name, kind in KINDS.items()}


def drifted(columns):
    return {each.column for each in drift.compare(known, columns) if each.drifted}


false = wrong = 0
found = dict.fromkeys(CHANGES, 0)
for seed in range(given["resamples"]):
    rng = np.random.default_rng(seed)
    picked = rng.integers(3000, size=given["rows"])
    same = {name: [values[i] for i in picked] for name, values in whole.items()}
    before = drifted(same)
    false += bool(before)
    if seed < given["tries"]:
        for change, (name, changed) in CHANGES.items():
            now = drifted({**same, name: changed(rng, same[name])})
            found[change] += name in now
            wrong += bool(now - {name} - before)
print(json.dumps([false, wrong, found]))
"""
# By rows of the window: resamples without a change, tries of each change, and in what share of them it is found.
WINDOWS = {200: (200, 20, 0.6), 1_000: (200, 5, 0.8), 10_000: (200, 1, 1.0)}
NUMBERS = [float(i % 97) for i in range(500)]
HALF_MISSING: list[float | None] = [None if i % 2 else value for i, value in enumerate(NUMBERS)]
WORDS = [f"word {i % 7}" for i in range(500)]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ("default", 200),
        pytest.param("default", 500, marks=[pytest.mark.life]),
        ("thirty columns", 200),
        pytest.param("thirty columns", 500, marks=[pytest.mark.life]),
    ],
)
def test_false_alarms_are_rare_and_half_a_deviation_is_found(
    project: Path, env: dict[str, str], data: str, rows: int
) -> None:
    given = {"data": data, "rows": rows, "resamples": RESAMPLES}
    alarms, found, wrong = in_one_process(project, env, CODE, given)
    print(f"{data}, {rows} rows: {alarms / RESAMPLES:.1%} false alarms, {found / RESAMPLES:.1%} power")
    assert alarms <= math.floor(0.02 * RESAMPLES)
    assert wrong <= math.floor(0.02 * RESAMPLES)
    assert found >= math.ceil(0.95 * RESAMPLES)


@pytest.mark.parametrize(
    "rows", [200, *(pytest.param(rows, marks=[pytest.mark.life]) for rows in (1_000, 10_000))]
)
def test_what_changes_in_few_rows_is_found_and_what_does_not_raises_no_alarm(
    project: Path, env: dict[str, str], rows: int
) -> None:
    resamples, tries, least = WINDOWS[rows]
    given = {"rows": rows, "resamples": resamples, "tries": tries}
    false, wrong, found = in_one_process(project, env, CHANGES, given)
    print(f"{rows} rows: {false} false alarms of {resamples}, found of {tries}: {found}")
    assert false <= 0.02 * resamples
    assert wrong <= 0.02 * tries * len(found)
    assert {change: number for change, number in found.items() if number < least * tries} == {}


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
        ("text", WORDS, [word.replace("word", "term") for word in WORDS], True),
        ("text", [None] * 500, [None] * 300, False),
        ("text", [None] * 500, WORDS, True),
        ("text", ["東京 大阪"] * 500, ["東京 京都"] * 300, True),
        ("number", [*[0.0] * 990, *[1.0] * 10], [0.0] * 1000, False),
        ("number", [*[0.0] * 940, *[1.0] * 60], [0.0] * 1000, True),
        ("number", [0.0, 1.0] * 500, [*[0.0, 1.0] * 475, *[90.0] * 50], True),
        ("number", [*[0.0] * 530, *[1.0] * 470] * 10, [0.0, 1.0] * 5_000, False),
        ("category", ["a", "b"] * 500, [*["a", "b"] * 480, *[None] * 40], True),
    ]
    judged = in_one_process(project, env, COLUMNS, [case[:3] for case in cases])
    assert judged == [case[3] for case in cases]


OLD = """
import json, sys
from goldenpath_runtime.store import reference
from goldenpath_runtime.watch import drift

judged = []
for kind, before, now in json.load(sys.stdin):
    new = reference.summarize(before, kind)
    old = {key: new[key] for key in new if key in ("type", "values", "counts", "others")}
    for known in (old, new):
        (found,) = drift.compare({"c": known}, {"c": now})
        judged.append([drift.is_old(known), found.drifted, found.change])
print(json.dumps(judged))
"""


def test_a_reference_of_an_earlier_release_is_judged_as_a_whole(project: Path, env: dict[str, str]) -> None:
    cases = [
        ("number", HALF_MISSING, HALF_MISSING[:300]),
        ("number", NUMBERS, [*NUMBERS[:470], *[None] * 30]),
        ("category", WORDS, [*WORDS[:470], *["new"] * 30]),
        ("text", WORDS, [word.replace("word", "term") for word in WORDS]),
    ]
    found = in_one_process(project, env, OLD, cases)
    assert found[::2] == [
        [True, False, ""],
        [True, False, ""],
        [True, True, ""],
        [True, False, ""],
    ]
    assert found[1::2] == [
        [False, False, ""],
        [False, True, "missing: 0.0% before, 6.0% now"],
        [False, True, "a new or rare value: 0.0% before, 6.0% now"],
        [False, True, "the word word: 100.0% before, 0.0% now"],
    ]
