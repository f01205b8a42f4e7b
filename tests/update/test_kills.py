"""Whatever ends an update, nothing is lost: the way back gives the old state, the way on the new one."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support import git
from tests.unit.conftest import machine  # noqa: F401 (a fixture)
from tests.update.scene import (
    AVAILABLE,
    FAILED,
    IGNORED,
    MINE,
    RELEASE,
    TEMPLATE,
    UNRESOLVED,
    Scene,
    await_state,
    command,
    kill,
    phase,
)
from tests.update.small import goldenpath, lines, look, start


@pytest.fixture(scope="module", params=["clean", "clash"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp(request.param)
    small = start(folder, TEMPLATE)
    small.release(RELEASE)
    clash = {"clash.txt": lines("clash", first="mine")} if request.param == "clash" else {}
    git(small.project, "rm", "--quiet", "--cached", IGNORED)
    small.edit({**MINE, **clash})
    (small.project / IGNORED).write_text(lines("report", last="mine"))
    return Scene(small, bool(clash))


def check_status(scene: Scene) -> None:
    """Never "current", and never as before, while it is anything between."""
    now = look(scene.project)
    said = goldenpath("status", "--json", scene.project)
    assert said.code == said.json["exit_code"], said.out
    if phase(scene.project) == "applying":
        assert (said.code, bool(said.json["unfinished"])) == (UNRESOLVED, True), said.out
    elif now == scene.old:
        assert (said.code, said.json["state"]) == (AVAILABLE, "update available"), said.out
    else:
        assert now == scene.new
        assert said.code == scene.settled, said.out


def check_edits(scene: Scene) -> None:
    """Each edit is committed, or in the work tree, or an object that the state file names."""
    assert git(scene.project, "rev-parse", "HEAD").strip() in scene.old.status
    mine = scene.old.files[IGNORED][1]
    if (scene.project / IGNORED).read_bytes() not in {mine, scene.new.files[IGNORED][1]}:
        raise AssertionError(f"{IGNORED} is neither what it was nor what it will be")
    for path in scene.project.glob(".git/goldenpath/update-*.json"):
        before, _ = json.loads(path.read_text())["paths"][IGNORED]
        assert git(scene.project, "cat-file", "blob", before[1]).encode() == mine


def settle(scene: Scene, *, back: bool) -> str:
    """Go back or on, and see that all is as it must be; return where the process was killed."""
    left, before = phase(scene.project), look(scene.project)
    where = {None: "before", "applying": "in the middle", "applied": "after"}[left]
    done = goldenpath("update", *(["--abort"] if back else []), scene.project)
    now = look(scene.project)
    if back:
        assert done.code == (FAILED if left is None else 0), (left, done.err)
        assert now == scene.old
        assert left is not None or ("no update to undo" in done.err and before == scene.old)
    else:
        assert done.code == (FAILED if left == "applied" else scene.done), (left, done.err)
        assert now == scene.new
        assert left != "applied" or "not committed" in done.err
    assert leftovers(scene.project) == []
    assert goldenpath("status", scene.project).code == (AVAILABLE if back else scene.settled)
    return where


def leftovers(project: Path) -> list[str]:
    """What only a command in the middle of its work has in a project or in its git folder."""
    return [
        str(path)
        for path in (*project.rglob(".goldenpath-new-*"), *project.rglob("*.lock"))
        if path.is_file()
    ]


PLACES: Counter[str] = Counter()
KILLS = 200
SAMPLE = 4


def seeds(number: int, sample: int) -> list[object]:
    return [pytest.param(seed, marks=[] if seed < sample else [pytest.mark.life]) for seed in range(number)]


@pytest.mark.parametrize("seed", seeds(KILLS, SAMPLE))
def test_an_update_that_is_killed(seed: int, scene: Scene) -> None:
    """Half of the kills lie anywhere in its run, half of them in the time in which it writes."""
    chance = random.Random(f"{seed} {scene.clash}")  # noqa: S311
    scene.restore()
    process = command(scene.project)
    if seed % 2:
        await_state(scene.project, process)
        kill(process, chance.uniform(0, scene.writes))
    else:
        kill(process, chance.uniform(0, scene.whole))
    check_status(scene)
    check_edits(scene)
    PLACES[settle(scene, back=chance.random() < 0.5)] += 1


@pytest.mark.parametrize("seed", seeds(50, 1))
def test_a_way_back_that_is_killed(seed: int, scene: Scene) -> None:
    chance = random.Random(f"back {seed} {scene.clash}")  # noqa: S311
    scene.restore()
    assert goldenpath("update", scene.project).code == scene.done
    process = command(scene.project, "--abort")
    while process.poll() is None and phase(scene.project) == "applied":
        time.sleep(0.0005)
    kill(process, chance.uniform(-scene.writes, scene.writes))
    check_status(scene)
    check_edits(scene)
    PLACES[f"way back: {settle(scene, back=True)}"] += 1


@pytest.mark.life
def test_the_kills_hit_every_part() -> None:
    """Otherwise the tests above would show nothing."""
    print(dict(PLACES))
    for part in ("before", "in the middle", "after", "way back: in the middle"):
        assert PLACES[part] >= 5, PLACES
