"""Which rows are trained on: what belongs together is on one side, and a row keeps its part when others are added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.models.conftest import in_one_process

SPLIT = """
import json, sys
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from goldenpath_runtime import ProjectError
from goldenpath_runtime.config import ModelParams
from goldenpath_runtime.prepare import split_rows

RNG = np.random.default_rng(0)
PART = {"train": 0, "validation": 1, "test": 2}


def parts(rows, seed=0, **split):
    common = {"target": "y", "data": {"source": "rows.csv"}, "objective": {"metric": "accuracy"}}
    params = ModelParams.model_validate({"task": "classification", "seed": seed, **common, "split": split})
    features = [name for name in rows if name.startswith("x")]
    found = split_rows(rows, params, features or None)
    return pd.concat([part.assign(part=PART[name]) for name, part in found.items()], ignore_index=True)


def kept(old, new, key, **split):
    first, second = parts(old, **split).set_index(key)["part"], parts(new, **split).set_index(key)["part"]
    first, second = first[~first.index.duplicated()], second[~second.index.duplicated()]
    return bool((second.loc[first.index] == first).all()), sorted(set(second))


def sides(rows, key, **split):
    return int(parts(rows, **split).groupby(key)["part"].nunique().max())


def shares(rows, **split):
    return [round(share, 2) for share in parts(rows, **split)["part"].value_counts(normalize=True).sort_index()]


def noise(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"x1": rng.normal(size=n), "x2": rng.integers(0, 9, n), "y": rng.integers(0, 2, n), "id": range(n)})


def patients(number, visits=10):
    which = np.repeat(np.arange(number), visits)
    rng = np.random.default_rng(1)
    base = rng.normal(size=(number, 5))[which] + rng.normal(size=(len(which), 5)) / 50
    rows = pd.DataFrame(base, columns=[f"x{i}" for i in range(5)])
    when = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 90, len(which)), unit="D")
    return rows.assign(patient=[f"p{i}" for i in which], y=rng.integers(0, 2, number)[which], when=when)


def accuracy(rows, **split):
    found = parts(rows, **split)
    x = [name for name in found if name.startswith("x")]
    train, test = found[found["part"] == 0], found[found["part"] > 0]
    return float(RandomForestClassifier(50, random_state=0).fit(train[x], train["y"]).score(test[x], test["y"]))


def refused(rows, **split):
    try:
        parts(rows, **split)
    except ProjectError as error:
        return str(error)


def classes(n, number, seed=0):
    return noise(n, seed).assign(y=[f"c{i % number}" for i in range(n)])


many = noise(3000)
more = pd.concat([many, noise(500, seed=5).assign(id=range(3000, 3500))]).sample(frac=1, random_state=1)
copied = pd.concat([many.assign(x3="a"), many.iloc[:1800].assign(x3="a", y=RNG.integers(0, 2, 1800))])
coarse = pd.DataFrame(RNG.integers(0, 2, (2000, 3)), columns=["x1", "x2", "x3"]).assign(y=RNG.integers(0, 2, 2000))
days = noise(600).assign(when=pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(600) // 70, unit="D"))
old = days.assign(when=days["when"].mask(days.index < 500, days["when"].min()))
each = patients(300)
six = patients(6).assign(y=np.arange(60) // 10 % 2)
time = {"by": "time", "column": "when"}
group = {"by": "group", "column": "patient"}
within = {**time, "group": "patient"}
last = parts(each, **within).groupby(["part", "patient"])["when"].max()
half = parts(coarse.iloc[:1000]).value_counts()
"""
# A name, an expression, and what it gives.
SCENES: dict[str, tuple[str, Any]] = {
    "rows stay when others are added": ("kept(many, more, 'id')", [True, [0, 1, 2]]),
    "rows stay when some are gone": ("kept(more.iloc[::2], more, 'id')", [True, [0, 1, 2]]),
    "few rows stay": ("kept(many.iloc[:80], many.iloc[:160], 'id')", [True, [0, 1, 2]]),
    "groups stay": ("kept(patients(200), each, 'patient', **group)", [True, [0, 1, 2]]),
    "another seed is another split": (
        "parts(many, seed=7).groupby('part')['id'].first().equals(parts(many).groupby('part')['id'].first())",
        False,
    ),
    "the shares are those asked for": ("np.abs(np.array(shares(many)) - [0.6, 0.2, 0.2]).max() < 0.03", True),
    "shares of one's own": (
        "np.abs(np.array(shares(many, validation=0.1, test=0.3)) - [0.6, 0.1, 0.3]).max() < 0.03",
        True,
    ),
    "equal rows go together": ("sides(copied, ['x1', 'x2'])", 1),
    "equal rows of two labels too": ("sides(pd.concat([many, many.assign(y=1 - many['y'])]), 'id')", 1),
    "rows that are equal by chance do not": ("sides(coarse, ['x1', 'x2', 'x3'])", 3),
    "and have their shares": ("np.abs(np.array(shares(coarse)) - [0.6, 0.2, 0.2]).max() < 0.04", True),
    "and stay": (
        "bool((half <= parts(coarse).value_counts().reindex(half.index)).all())",
        True,
    ),
    "groups go together": ("sides(each, 'patient', **group)", 1),
    "six groups do": ("[sides(six, 'patient', **group), len(shares(six, **group))]", [1, 3]),
    "numbered groups do": (
        "sides(each.assign(patient=each['patient'].str[1:].astype(int)), 'patient', **group)",
        1,
    ),
    "noise by patient looks perfect": ("accuracy(patients(60)) > 0.9", True),
    "and is noise by group": ("accuracy(patients(60), **group) < 0.75", True),
    "and in time": ("accuracy(each, **within) < 0.65", True),
    "one time is on one side": ("sides(days, 'when', **time)", 1),
    "the oldest time is trained on": ("[sides(old, 'when', **time), len(shares(old, **time))]", [1, 3]),
    "times of numbers": ("sides(days.assign(when=np.arange(600) // 40), 'when', **time)", 1),
    "groups within time are whole": ("sides(each, 'patient', **within)", 1),
    "and nothing newer is trained on": (
        "bool(last[0].max() < last[1].min() and last[1].max() < last[2].min())",
        True,
    ),
    "each class is in each part": (
        "[len(parts(classes(n, k)).groupby(['part', 'y'])) == 3 * k for n, k in ((15, 3), (30, 3), (40, 4), (24, 2))]",
        [True] * 4,
    ),
    "no group named": ("refused(each, by='group')", "params.yaml: split by group needs `column:`"),
    "no such group": (
        "refused(each, by='group', column='clinic')",
        "split by group needs `column:`, and schema.yaml",
    ),
    "rows of no group": (
        "refused(each.assign(patient=each['patient'].where(each.index > 4)), **group)",
        "5 rows have no patient, so they cannot be split by it",
    ),
    "two groups": ("refused(patients(2, 90), **group)", "2 different rows or groups are too few to split"),
    "one time": ("refused(days.assign(when=1), **time)", "different times of when are too few to split"),
    "two times": (
        "refused(days.assign(when=days.index > 300), **time)",
        "different times of when are too few to split",
    ),
    "two rows": ("refused(many.iloc[:2])", "2 rows with a target are too few to split"),
}


@pytest.fixture(scope="module")
def found(project: Path, env: dict[str, str]) -> dict[str, Any]:
    """What each of the scenes gives."""
    code = SPLIT + "".join(f"\nfound_{i} = {scene}" for i, (scene, _) in enumerate(SCENES.values()))
    results = ", ".join(f"found_{i}" for i in range(len(SCENES)))
    code += f"\nprint(json.dumps([{results}], default=lambda value: value.item()))"
    return dict(zip(SCENES, in_one_process(project, env, code, None), strict=True))


@pytest.mark.parametrize("name", SCENES)
def test_a_split(name: str, found: dict[str, Any]) -> None:
    wanted = SCENES[name][1]
    if isinstance(wanted, str):
        assert wanted in found[name]
    else:
        assert found[name] == wanted
