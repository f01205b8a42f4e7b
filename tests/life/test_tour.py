"""`make tour` with no network, on a folder and on an S3 server."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.questionnaire import ROOT
from tests.support import environment, generate, make, run
from tests.template import live

pytestmark = pytest.mark.life

MOTO = ["uv", "tool", "run", "--quiet", "--python", "3.11", "--from", "moto[server]==5.2.5", "moto_server"]
KEYS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}
STORY = (
    "register deploy accept approve rollout promote register deploy accept approve rollout promote register deploy "
    "accept approve rollout promote register deploy accept approve abort rollback monitor register retrain deploy accept approve "
    "rollout promote"
)
SERVER = """
{moto} -p 5057 >{log} 2>&1 & server=$!
trap "kill $server" EXIT
for i in $(seq 100); do curl --silent --request PUT http://127.0.0.1:5057/bucket >/dev/null && break; sleep 0.3; done
"$@"
"""


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_the_tour(kind: str, tmp_path: Path) -> None:
    env = environment(tmp_path / "home") | {"USER": "tests"}
    tour = [sys.executable, "-m", "tools.tour", str(tmp_path / "tour")]
    if kind == "s3":
        run([*MOTO, "--help"], tmp_path, env)  # into the package cache, as what the repository needs
        make(generate(tmp_path / "warm", store="s3://bucket/tour"), env, "setup")
        env |= {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:5057"}
        script = SERVER.format(moto=" ".join(MOTO), log=tmp_path / "moto.log")
        tour = ["sh", "-c", script, "sh", *tour, "s3://bucket/tour"]
    told = run([*live.cut_off(), *tour], ROOT, live.offline(env), timeout=3600)
    assert re.search(r"clients: \d{3,} requests answered, 0 failed", told), told[-3000:]
    events = re.findall(r"^ +\d+ \d{4}-\S+ (\w+) ", told, re.MULTILINE)
    assert " ".join(events) == STORY
    shutil.rmtree(tmp_path / "tour")
