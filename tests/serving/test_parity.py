"""All ways of answering give the same answers to the same rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.repository import Repository, Row, write_csv
from tests.serving.wire import Service
from tests.support import make, run
from tests.template import live

Scores = list[dict[str, float]]

TO_PARQUET = "import pandas as pd, sys; pd.read_json(sys.argv[1], orient='records', dtype=False).to_parquet(sys.argv[2])"
FROM_PARQUET = (
    "import pyarrow.parquet as pq, json, sys; print(json.dumps(pq.read_table(sys.argv[1]).to_pylist()))"
)


@pytest.fixture
def asked(repository: Repository, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service of that repository."""
    with live.service(repository.folder, repository.env) as address:
        yield Service(address)


def online(repository: Repository, _: Path, asked: Service) -> Scores:
    answers = asked.post("/predict", {"rows": repository.rows}).json()["predictions"]
    return [answer.get("probabilities") or answer["values"] for answer in answers]


def protocol(repository: Repository, _: Path, asked: Service) -> Scores:
    path = f"/v2/models/{repository.info['name']}"
    rows = repository.rows
    tensors = [
        {**tensor, "shape": [len(rows), 1], "data": [row[tensor["name"]] for row in rows]}
        for tensor in asked.ask("GET", path).json()["inputs"]
    ]
    (scores, *_) = asked.post(f"{path}/infer", {"inputs": tensors}).json()["outputs"]
    count, width = scores["shape"]
    names = repository.info["classes"] or repository.info["targets"]
    return [dict(zip(names, scores["data"][i * width : (i + 1) * width], strict=True)) for i in range(count)]


def batch_csv(repository: Repository, folder: Path, _: Service) -> Scores:
    source = write_csv(folder / "rows.csv", [{"id": i, **row} for i, row in enumerate(repository.rows)])
    make(repository.folder, repository.env, "score", f"FILE={source}", f"OUT={folder}/scores.csv")
    with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["id"] for row in found] == [str(i) for i in range(len(repository.rows))]
    return list(map(_of_columns, found))


def batch_parquet(repository: Repository, folder: Path, _: Service) -> Scores:
    (folder / "rows.json").write_text(json.dumps(repository.rows), "utf-8")
    repository.python("-c", TO_PARQUET, f"{folder}/rows.json", f"{folder}/rows.parquet")
    make(
        repository.folder,
        repository.env,
        "score",
        f"FILE={folder}/rows.parquet",
        f"OUT={folder}/scores.parquet",
    )
    return list(
        map(_of_columns, json.loads(repository.python("-c", FROM_PARQUET, f"{folder}/scores.parquet")))
    )


def embedded(repository: Repository, folder: Path, _: Service) -> Scores:
    device = folder / "device"
    make(repository.folder, repository.env, "embed", f"OUT={device}")
    rows = [{name: value for name, value in row.items() if value is not None} for row in repository.rows]
    (device / "rows.json").write_text(json.dumps(rows), "utf-8")
    run(
        ["uv", "venv", "--quiet", "--python", str(repository.folder / ".venv/bin/python"), ".venv"],
        device,
        repository.env,
    )
    install = ["uv", "pip", "install", "--quiet", "--python", ".venv", "--requirement", "requirements.txt"]
    run(install, device, repository.env)
    assert not {"pandas", "sklearn", "pydantic", "yaml"} & {
        p.name for p in device.glob(".venv/lib/*/site-packages/*")
    }
    answers = json.loads(
        run([".venv/bin/python", "scorer.py", "rows.json"], device, {"PATH": "/usr/bin:/bin"})
    )
    return [answer.get("probabilities") or answer["values"] for answer in answers]


def _of_columns(row: dict[str, Any]) -> dict[str, float]:
    prefixes = ("probability_", "predicted_")
    return {name.split("_", 1)[1]: float(row[name]) for name in row if name.startswith(prefixes)}


def test_all_ways_give_the_same_answers(repository: Repository, tmp_path: Path, asked: Service) -> None:
    ways: list[Callable[[Repository, Path, Service], Scores]]
    ways = [protocol, batch_csv, batch_parquet, embedded]
    expected = online(repository, tmp_path, asked)
    assert len(expected) == len(repository.rows)
    assert len({round(score, 3) for row in expected for score in row.values()}) > 10, "the rows do not differ"
    for way in ways:
        found = way(repository, tmp_path, asked)
        for row, one, other in zip(repository.rows, expected, found, strict=True):
            assert one == pytest.approx(other, rel=1e-5, abs=1e-5), (way.__name__, row)


def test_each_row_alone_is_answered_as_all_together(classification: Repository, service: Service) -> None:
    def ask(rows: list[Row]) -> list[dict[str, Any]]:
        predictions: list[dict[str, Any]] = service.post("/predict", {"rows": rows}).json()["predictions"]
        return predictions

    together = ask(classification.rows)
    for row, expected in zip(classification.rows, together, strict=True):
        (alone,) = ask([row])
        assert alone["label"] == expected["label"]
        assert alone["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)
