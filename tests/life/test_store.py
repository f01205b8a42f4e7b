"""The ledger and the store with several writers, on a folder and on an S3 server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.life.repository import Repository

WRITE = """
import sys
from goldenpath_runtime.store.ledger import Store, append
store = Store(sys.argv[1])
for i in range(25):
    append(store, "model", "test", writer=sys.argv[2], i=i)
"""
READ = """
import json, sys
from goldenpath_runtime.store.ledger import Store, ledger
print(json.dumps(ledger(Store(sys.argv[1]), "model")))
"""


def test_writers_at_once_lose_no_entry(repository: Repository, tmp_path: Path) -> None:
    writers_at_once(repository, str(tmp_path))


def writers_at_once(repository: Repository, url: str) -> None:
    """Four processes write to one ledger; all of their entries are there, numbered without a gap."""
    python = str(repository.folder / ".venv/bin/python")
    writers = [
        subprocess.Popen([python, "-c", WRITE, url, name], cwd=repository.folder, env=repository.env)
        for name in "abcd"
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0, 0]
    done = subprocess.run(
        [python, "-c", READ, url], cwd=repository.folder, env=repository.env, capture_output=True, check=True
    )
    entries = json.loads(done.stdout)
    assert [entry["number"] for entry in entries] == list(range(1, 101))
    assert {(entry["writer"], entry["i"]) for entry in entries} == {(w, i) for w in "abcd" for i in range(25)}
