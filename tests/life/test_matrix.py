"""Two models on three data sets in one repository: each has its own registry and ledger, and goes its own way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.life.repository import Repository
from tests.support import commit_all, environment, generate, make

pytestmark = pytest.mark.life

ISLANDS = {"one": "Biscoe", "two": "Dream", "all": ""}
SPLIT = """
import sys
import pandas as pd
from importlib.resources import files
rows = pd.read_csv(files("palmerpenguins").joinpath("data/penguins.csv"))
for name, island in {islands}.items():
    rows[rows["island"].str.contains(island)].to_csv("data/" + name + ".csv", index=False)
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Six entries under `models`: who is what sex, and how heavy, on three sets of rows."""
    folder = tmp_path_factory.mktemp("matrix")
    env = environment(folder / "home") | {"GOLDENPATH_RUN": str(folder / "run"), "USER": "tests"}
    project = generate(folder / "project")
    make(project, env, "setup")
    repository = Repository(project, env)
    (project / "split.py").write_text(SPLIT.replace("{islands}", str(ISLANDS)), "utf-8")
    repository.python("split.py")
    (project / "split.py").unlink()
    (project / "params.yaml").write_text(
        yaml.safe_dump({"models": dict(entries())}, sort_keys=False), "utf-8"
    )
    commit_all(project, "Six models")
    make(project, env, "pipeline", "register")
    return repository


def entries() -> list[tuple[str, dict[str, object]]]:
    """What params.yaml says of each model on each data set."""
    sex = {"task": "classification", "target": "sex", "objective": {"metric": "accuracy"}}
    mass = {
        "task": "classification",
        "target": "species",
        "objective": {"metric": "log_loss", "direction": "minimize"},
    }
    gate = {"gate": {"min_gain": -1.0}}
    return [
        (f"{name}_{data}", {**what, **gate, "dataset": data, "data": {"source": f"data/{data}.csv"}})
        for name, what in (("sex", sex), ("species", mass))
        for data in ISLANDS
    ]


def test_the_matrix_lists_them_and_make_chooses(many: Repository) -> None:
    found = json.loads(many.command("matrix"))["include"]
    assert found == [{"model": f"{m}_{d}", "dataset": d} for m in ("sex", "species") for d in ISLANDS]
    chosen = json.loads(make(many.folder, many.env, "--silent", "matrix", "MODEL=sex", "DATASET=two"))
    assert chosen == {"include": [{"model": "sex_two", "dataset": "two"}]}
    some = json.loads(make(many.folder, many.env, "--silent", "matrix", "DATASET=one"))
    assert [each["model"] for each in some["include"]] == ["sex_one", "species_one"]
    told = make(many.folder, many.env, "gate", "MODEL=sex", "DATASET=three", expect=2)
    assert "there is no model 'sex@three'" in told


def test_each_has_its_own_registry_and_ledger(many: Repository) -> None:
    store = many.folder / ".store"
    for name, _ in entries():
        assert [path.name for path in (store / name / "ledger").iterdir()] == ["00000001.json"]
        assert len(list((store / name / "versions").iterdir())) == 1


def test_one_is_promoted_and_no_other_is_touched(many: Repository) -> None:
    others = {name: snapshot(many.folder / ".store" / name) for name, _ in entries() if name != "sex_two"}
    try:
        for command in ("deploy", "accept", "approve", "rollout", "promote"):
            said = ["NOTE=fine", "BY=ann"] if command == "approve" else []
            make(many.folder, many.env, command, "MODEL=sex", "DATASET=two", *said)
        told = json.loads(many.command("status", "--model", "sex_two"))
        assert told["running"] == {told["champion"]: 100}
        settings = yaml.safe_load((many.folder / "environments/production.yaml").read_text("utf-8"))
        assert settings["models"].keys() == {"sex_two"}
    finally:
        for env in ("staging", "production"):
            many.command("down", "--model", "sex_two", "--env", env, expect=None)
    assert {name: snapshot(many.folder / ".store" / name) for name in others} == others


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files of a model in the store."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
