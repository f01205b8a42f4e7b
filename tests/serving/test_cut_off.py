"""With no network: training gives the same bytes in any process, and all ways of answering work."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.serving.repository import Repository, write_csv
from tests.support import run
from tests.template import live

ASK = """
import json, subprocess, sys, time, urllib.request
service = subprocess.Popen(["make", "serve", "PORT=8000"])
request = urllib.request.Request("http://127.0.0.1:8000/predict", sys.argv[1].encode(), {"Content-Type": "application/json"})
try:
    for _ in range(150):
        try:
            print("answer:" + urllib.request.urlopen(request, timeout=5).read().decode())
            break
        except ConnectionError:
            time.sleep(0.2)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
            time.sleep(0.2)
finally:
    service.terminate()
    service.wait()
"""


def test_training_gives_the_same_bytes_whatever_the_hash_seed(repository: Repository) -> None:
    """Sets and dictionaries are walked in another order in each of these processes."""
    first = live.model_bytes(repository.folder)
    assert first
    for seed in ("0", "1", "4242"):
        for path in map(Path, first):
            path.unlink()
        repository.python("-m", "goldenpath_runtime", "train", PYTHONHASHSEED=seed)
        assert live.model_bytes(repository.folder) == first


def test_all_ways_of_answering_work_with_no_network(repository: Repository, tmp_path: Path) -> None:
    if not (prefix := live.cut_off()):
        pytest.fail(
            "this machine cannot cut a process off the network: install util-linux and iproute2, or run as root"
        )
    env = live.offline(repository.env)
    source, rows = write_csv(tmp_path / "rows.csv", repository.rows), repository.rows
    run([*prefix, "make", "score", f"FILE={source}", f"OUT={tmp_path}/scores.csv"], repository.folder, env)
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    run([*prefix, "make", "embed", f"OUT={tmp_path}/device"], repository.folder, env)
    (tmp_path / "rows.json").write_text(json.dumps(rows), "utf-8")
    python = str(repository.folder / ".venv/bin/python")
    told = json.loads(
        run([*prefix, python, "scorer.py", str(tmp_path / "rows.json")], tmp_path / "device", env)
    )
    printed = run([*prefix, python, "-c", ASK, json.dumps({"rows": rows})], repository.folder, env)
    (answer,) = [line for line in printed.splitlines() if line.startswith("answer:")]
    assert json.loads(answer.removeprefix("answer:"))["predictions"] == told
