"""Whatever is killed, the next command makes the ledger, the environments' files and what is served agree."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.life.repository import MODEL, Repository, clients, processes
from tests.support import wait_for

CLIENTS = 4
FORCED = ("--force", "it may have been rolled back")
VICTIMS = ("router", "service", "deploy", "promote", "rollback")
# Each kills once; the tox environment `life` runs all hundred of them.
KILLS = [pytest.param(seed, marks=[] if seed < 10 else [pytest.mark.life]) for seed in range(100)]


halfway: list[bool] = []


@pytest.mark.parametrize("seed", KILLS)
def test_after_a_kill_all_agree(seed: int, repository: Repository) -> None:
    chance = random.Random(seed)  # noqa: S311
    victim = VICTIMS[seed % len(VICTIMS)]
    before = repository.history()
    address = repository.status()["address"]
    with clients(address, repository.rows(), CLIENTS) as problems:
        time.sleep(0.2)
        if victim in {"router", "service"}:
            kill_process(repository, victim)
            time.sleep(chance.uniform(0, 2))
        else:
            kill_command(repository, victim, chance)
        environment = "staging" if victim == "deploy" else "production"
        left = repository.status(environment)
        halfway.append(left["running"] != {left["desired"]: 100} or left["champion"] != left["desired"])
        repository.command("reconcile", "--env", environment)
        found = repository.status(environment)
        wait_for(f"{found['address']}/ready")
    assert found["running"] == {found["desired"]: 100}
    assert found["champion"] == found["desired"]
    assert len(problems) <= CLIENTS, problems
    after = repository.history()
    assert after[: len(before)] == before, "an entry of the ledger is lost or changed"
    assert [entry["number"] for entry in after] == list(range(1, len(after) + 1))


@pytest.mark.life
def test_some_kills_hit_in_the_middle() -> None:
    """Otherwise the test above would show nothing."""
    assert len(halfway) == len(KILLS)
    assert sum(halfway) >= 5, f"{sum(halfway)} of {len(halfway)}"


def kill_process(repository: Repository, victim: str) -> None:
    """Kill the router, or the process of the version that answers."""
    folder = Path(repository.env["GOLDENPATH_RUN"])
    (run,) = folder.glob(f"*/run/production/{MODEL}")
    word = f"goldenpath_runtime route {run}" if victim == "router" else "goldenpath_runtime replica"
    version = repository.status()["desired"]
    pids = processes(word, "" if victim == "router" else version)
    assert pids, f"no {victim} runs"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def kill_command(repository: Repository, victim: str, chance: random.Random) -> None:
    """Kill a command at a random moment of its work."""
    other = next(v for v in repository.versions if v != repository.status()["desired"])
    words = {"deploy": ["deploy", "--version", other], "promote": ["promote", "--version", other, *FORCED]}
    python = [str(repository.folder / ".venv/bin/python"), "-m", "goldenpath_runtime"]
    command = subprocess.Popen(
        [*python, *words.get(victim, ["rollback"])],
        cwd=repository.folder,
        env=repository.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(chance.uniform(0.3, 4.0))
    command.kill()
    command.wait()
