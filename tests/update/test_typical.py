"""Every release with the edits that people make, updated by `goldenpath update`: no conflict, no edit lost, all green."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from goldenpath.main import main
from tests.releases import Release
from tests.support import commit_all, environment, make
from tests.update.scratch import changes, conflicts, new_project, update
from tests.update.test_releases import RELEASES
from tests.update.typical import DELETED, EDITS, edit, lost

# On every push all edits at once, and one release is run; each edit alone and every release in the tox environment `live`.
ALONE = [pytest.param(name, marks=pytest.mark.live) for name in (*EDITS, *DELETED)]
SOME = [pytest.param(each, marks=[] if each == RELEASES[0] else [pytest.mark.live]) for each in RELEASES]
ENDS = [
    pytest.param(each, marks=[] if each in (RELEASES[0], RELEASES[-1]) else [pytest.mark.live])
    for each in RELEASES
]


def updated(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str]]:
    """Update by our command; the exit code, and what became of each file."""
    capsys.readouterr()
    code = main(["update", str(project), "--json", *arguments])
    found = json.loads(capsys.readouterr().out)
    print(json.dumps(found, indent=1))
    return code, {change["path"]: change["kind"] for change in found["changes"]}


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
@pytest.mark.parametrize("name", [*ALONE, "all of them"])
def test_typical_edits_update_without_conflict(
    name: str, release: Release, history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = new_project(tmp_path / "project", history, release.tag)
    every = EDITS | DELETED
    edit(project, EDITS if name == "all of them" else {name: every[name]})
    missing = lost(project)
    copiers = tmp_path / "copiers"
    shutil.copytree(project, copiers, symlinks=True)
    code, kinds = updated(project, capsys)
    assert (code, conflicts(project)) == (0, [])
    assert lost(project) == missing
    if name in DELETED:
        assert not (project / "README.md").exists()
        assert "README.md" not in kinds
    update(copiers)
    with capsys.disabled():
        print(
            f"\n  {release.version}, {name}: conflicts ours 0, copier update {len(conflicts(copiers))}",
            end="",
        )


@pytest.mark.parametrize("release", ENDS, ids=lambda release: release.version)
def test_a_switched_ci_system_keeps_what_was_edited(
    release: Release, history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = new_project(tmp_path / "project", history, release.tag)
    edit(project, EDITS)
    copiers = tmp_path / "copiers"
    shutil.copytree(project, copiers, symlinks=True)
    code, kinds = updated(project, capsys, "--data", "ci=gitlab")
    assert (code, conflicts(project), lost(project)) == (0, [], [])
    assert kinds[".github/workflows/check.yml"] == "keep"
    assert (project / ".gitlab-ci.yml").is_file()
    update(copiers, ci="gitlab")
    assert ".github/workflows/check.yml: Tell the team" in lost(copiers)


@pytest.mark.parametrize("release", SOME, ids=lambda release: release.version)
def test_an_updated_project_with_edits_works(
    release: Release, history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = new_project(tmp_path / "project", history, release.tag)
    edit(project, EDITS)
    assert updated(project, capsys)[0] == 0
    commit_all(project, "Updated")
    make(project, environment(tmp_path / "home"), "setup", "check", "smoke", "pipeline")
    assert all(line.startswith("??") for line in changes(project)), "running changed what is committed"
