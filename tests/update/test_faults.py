"""A disk that is full, a folder that cannot be written, Ctrl-C, somebody else at work: all or nothing."""

from __future__ import annotations

import os
import random
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock

from tests.unit.conftest import machine  # noqa: F401 (a fixture)
from tests.update.small import Seen, Small, goldenpath, look

UPDATE = [sys.executable, "-m", "goldenpath", "update"]
# Root may write everywhere; without this capability it may not.
PLAIN = (
    []
    if os.geteuid()
    else shlex.split("setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all")
)
KILO = 1024


def run(command: Sequence[str | Path], **options: object) -> tuple[int, str]:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    return done.returncode, done.stdout + done.stderr


def check_unchanged(small: Small, before: Seen) -> None:
    assert look(small.project) == before
    assert goldenpath("status", small.project).code == 4
    assert "no update to undo" in goldenpath("update", "--abort", small.project).err


def test_a_file_that_cannot_be_written(small: Small) -> None:
    """The last file of the update is larger than the process may write."""
    before = look(small.project)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (256 * KILO, 256 * KILO))

    code, said = run([*UPDATE, small.project], preexec_fn=limit)
    assert (code, "cannot be written: File too large" in said, "Nothing was changed." in said) == (
        1,
        True,
        True,
    ), said
    check_unchanged(small, before)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder])[0]:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        run(["umount", folder])


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_bsize


def test_a_disk_that_is_full(small: Small, disk: Path) -> None:
    """It is full at the objects, at the state file, at the first or the last of the new files."""
    on_disk = Small(small.template, Path(shutil.copytree(small.project, disk / "project")))
    before, said = look(on_disk.project), set()
    for left in (4, 200, 900, 1800, 2500, 3100, 3300):
        filler = disk / "filler"
        filler.write_bytes(bytes(max(free(disk) - left * KILO, 0)))
        code, text = run([*UPDATE, on_disk.project])
        filler.unlink()
        said.add((code, text.rpartition("Nothing")[1]))
        if code == 1:
            check_unchanged(on_disk, before)
            assert "No space left" in text, text
            shutil.rmtree(on_disk.project)
            shutil.copytree(small.project, on_disk.project)
        else:
            break
    assert said >= {(1, "Nothing")}
    assert goldenpath("update", on_disk.project).code in {1, 3}


@pytest.mark.parametrize("folder", ["locked", "wide", ".", ".git"])
def test_a_folder_that_cannot_be_written(folder: str, small: Small) -> None:
    before, place = look(small.project), small.project / folder
    place.chmod(0o555)
    try:
        code, said = run([*PLAIN, *UPDATE, small.project])
    finally:
        place.chmod(0o755)
    assert (code, "cannot be written" in said, "Traceback" in said) == (1, True, False), said
    check_unchanged(small, before)


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.life] if seed > 2 else []) for seed in range(30)]
)
def test_ctrl_c_in_the_middle(seed: int, small: Small) -> None:
    before, folder = look(small.project), small.project / ".git" / "goldenpath"
    process = subprocess.Popen(
        [*UPDATE, small.project], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while process.poll() is None and not any(folder.glob("update-*.json")):
        time.sleep(0.0005)
    time.sleep(random.Random(seed).uniform(0, 0.1))  # noqa: S311
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, "Interrupted: nothing was written." in said) == (130, True), said
    check_unchanged(small, before)


def test_two_updates_of_one_repository(small: Small) -> None:
    running = [
        subprocess.Popen(
            [*UPDATE, small.project], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = {process.wait(60): process.communicate()[0] for process in running}
    assert set(said) == {1, 3}, said
    assert "Another update" in said[1] or "not committed" in said[1]
    assert (small.project / "new/er.txt").is_file()
    assert goldenpath("update", "--abort", small.project).code == 0


def test_an_update_beside_one_that_runs(small: Small) -> None:
    before = look(small.project)
    (small.project / ".git" / "goldenpath").mkdir()
    with FileLock(small.project / ".git" / "goldenpath" / "lock"):
        for arguments in (["update"], ["update", "--abort"]):
            done = goldenpath(*arguments, small.project)
            assert (done.code, "Another update of" in done.err) == (1, True), done.err
    check_unchanged(small, before)


def test_eight_repositories_at_once_with_a_cold_cache(small: Small) -> None:
    small.answer(_src_path=f"git+file://{small.template}")
    projects = [small.project.with_name(f"project-{number}") for number in range(8)]
    for project in projects:
        shutil.copytree(small.project, project)
    running = [
        subprocess.Popen([*UPDATE, project], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for project in projects
    ]
    said = [(process.communicate(timeout=120)[0], process.returncode) for process in running]
    assert [code for _, code in said] == [3] * 8, said
    trees = [look(project) for project in projects]
    assert all(tree == trees[0] for tree in trees)
