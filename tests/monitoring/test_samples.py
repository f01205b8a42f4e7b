"""What a real service keeps of its requests, what it must not keep, and what happens without a store."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import make, run
from tests.template.live import service

FLUSHED = 1.0  # seconds between two files
ROW = {
    "species": "Adelie",
    "island": "Torgersen",
    "bill_length_mm": 39.1,
    "bill_depth_mm": 18.7,
    "flipper_length_mm": 181.0,
    "body_mass_g": 3750.0,
}
TENSORS = [
    {
        "name": name,
        "shape": [1, 1],
        "datatype": "BYTES" if isinstance(value, str) else "FP64",
        "data": [value],
    }
    for name, value in ROW.items()
]


def post(address: str, path: str, body: Any, headers: Mapping[str, str] = {}) -> tuple[Any, str | None]:
    """The answer to a request, and the id that the service gave it."""
    sent = {"content-type": "application/json", **headers}
    request = urllib.request.Request(f"{address}{path}", json.dumps(body).encode(), sent)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read()), answer.headers["x-request-id"]


def samples(store: Path, least: int = 0) -> list[dict[str, Any]]:
    """All that was kept, once there are so many rows or some seconds have passed."""
    for _ in range(100):
        files = sorted(store.glob("*/samples/*/*.jsonl"))
        rows = [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]
        if len(rows) >= least:
            break
        time.sleep(0.1)
    return rows


def test_both_protocols_are_kept_without_personal_columns(
    project: Path, env: dict[str, str], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    with service(project, env | {"GOLDENPATH_STORE": str(store)}) as address:
        first, name = post(address, "/predict", {"rows": [ROW, ROW]}, {"x-request-id": "order 7"})
        assert name == "order 7"
        second, given = post(address, f"/v2/models/{first['model']}/infer", {"inputs": TENSORS})
        assert given
        _, replaced = post(address, "/predict", {"rows": [ROW]}, {"x-request-id": "x" * 101})
        assert replaced
        assert len(replaced) <= 100
        kept = samples(store, least=4)
    assert [sample["id"] for sample in kept] == ["order 7/0", "order 7/1", f"{given}/0", f"{replaced}/0"]
    row = {name: value for name, value in ROW.items() if name != "island"}
    assert all(sample["row"] == row and sample["version"] == first["version"] for sample in kept)
    scores = first["predictions"][0]["probabilities"]
    assert all(sample["scores"] == pytest.approx(scores) for sample in kept)
    assert list(kept[2]["scores"].values()) == pytest.approx(second["outputs"][0]["data"])


def test_without_a_store_nothing_is_kept_and_no_id_given(project: Path, env: dict[str, str]) -> None:
    with service(project, env) as address:
        assert post(address, "/predict", {"rows": [ROW]})[1] is None
        time.sleep(2 * FLUSHED)
    assert not samples(project / ".store")


def test_a_store_that_is_down_fails_no_request(project: Path, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with service(project, env | {"GOLDENPATH_STORE": str(tmp_path / "file")}) as address:
        for _ in range(20):
            assert post(address, "/predict", {"rows": [ROW]})[0]["predictions"]
        lost = 0.0
        for _ in range(100):
            with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
                lines = answer.read().decode().splitlines()
            lost = next(float(line.split()[1]) for line in lines if line.startswith("samples_dropped_total "))
            if lost >= 20:
                break
            time.sleep(0.1)
        assert lost == 20


def test_a_share_of_nothing_keeps_nothing_but_names_requests(
    project: Path, env: dict[str, str], tmp_path: Path
) -> None:
    with service(project, env | {"GOLDENPATH_STORE": str(tmp_path), "SAMPLE_RATE": "0"}) as address:
        assert post(address, "/predict", {"rows": [ROW]})[1]
        time.sleep(2 * FLUSHED)
    assert not samples(tmp_path)


def test_wrong_labels_are_an_alarm(project: Path, env: dict[str, str], tmp_path: Path) -> None:
    env = env | {"GOLDENPATH_STORE": str(tmp_path)}
    make(project, env, "register")
    with service(project, env) as address:
        for i in range(60):
            post(address, "/predict", {"rows": [ROW]}, {"x-request-id": f"r{i}"})
        samples(tmp_path, least=60)
    lines = ["id,sex", *(f"r{i}/0,{'male' if i % 2 else 'female'}" for i in range(60))]
    (tmp_path / "labels.csv").write_text("\n".join(lines), "utf-8")
    assert "60 of them" in make(project, env, "labels", f"FILE={tmp_path / 'labels.csv'}")
    [model] = [path.name for path in tmp_path.iterdir() if path.is_dir()]
    [version] = [path.name for path in (tmp_path / model / "versions").iterdir()]
    command = [str(project / ".venv/bin/python"), "-m", "goldenpath_runtime", "monitor", "--version", version]
    run(command, project, env, expect=3)
    assert (project / "reports" / model / "monitor.verdict").read_text("utf-8") == "drift\n"
