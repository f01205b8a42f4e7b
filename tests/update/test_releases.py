"""Every released version updates to the newest, untouched and edited, and works afterwards.

The released versions come from releases.toml. Before the first release the present state stands for one.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.questionnaire import ROOT, Spec, choices, questions
from tests.releases import NEWEST, UNRELEASED, Release, releases
from tests.support import commit_all, environment, git, make
from tests.template.cases import CASES
from tests.template.output_rules import ownership
from tests.update.scratch import changes, conflicts, new_project, update

RELEASES = releases() or [UNRELEASED]
# On every push one case is run after its update, the others in the tox environment `live`.
SOME = [pytest.param(name, marks=[] if name == "minimal" else [pytest.mark.live]) for name in CASES]
# The oldest and the newest release are run on every push, those between there too.
ENDS = [
    pytest.param(
        each, id=each.version, marks=[] if each in (RELEASES[0], RELEASES[-1]) else [pytest.mark.live]
    )
    for each in RELEASES
]
# After its update the oldest is run on every push.
OLDEST = [
    pytest.param(each, id=each.version, marks=[] if each == RELEASES[0] else [pytest.mark.live])
    for each in RELEASES
]
# Every case of the newest release and the base of each, on every push; the others there too.
ALL = [
    pytest.param(
        release,
        case,
        id=f"{release.version}-{case}",
        marks=[] if case == "base" or release == RELEASES[-1] else [pytest.mark.live],
    )
    for release in RELEASES
    for case in CASES
]


@pytest.mark.parametrize(("release", "case"), ALL)
def test_an_untouched_project_updates(release: Release, case: str, history: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", history, release.tag, **_known(CASES[case], release))
    update(project, **_later(CASES[case], release))
    assert conflicts(project) == []
    assert NEWEST in (project / ".copier-answers.yml").read_text("utf-8")


@pytest.mark.parametrize("release", ENDS)
def test_an_edited_project_updates(release: Release, history: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", history, release.tag)
    edited = _edit(project)
    update(project)
    assert conflicts(project) == []
    for path, line in edited.items():
        assert line in (project / path).read_text("utf-8"), f"the edit of {path} is lost"


@pytest.mark.parametrize("case", SOME)
@pytest.mark.parametrize("release", OLDEST)
def test_an_updated_project_works(release: Release, case: str, history: Path, tmp_path: Path) -> None:
    """The seeds are those of the old release, the rest is new: together they pass all checks."""
    answers = {
        **_known(CASES[case], release),
        "package_index": "",
    }  # the organization's index is not to be had here
    project = new_project(tmp_path / "project", history, release.tag, **answers)
    _edit(project)
    update(project, **_later(CASES[case], release))
    commit_all(project, "Updated")
    make(project, environment(tmp_path / "home"), "setup", "check", "smoke", "pipeline")
    assert all(line.startswith("??") for line in changes(project)), "running changed what is committed"


@cache
def _asked(commit: str) -> dict[str, Spec]:
    """The questions of a release."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "-C", str(ROOT), "archive", commit, "copier.yml", "template/questions"],
            capture_output=True,
            check=True,
        )
        subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
        return questions(Path(folder))


def _known(answers: dict[str, object], release: Release) -> dict[str, object]:
    """The answers that the questionnaire of a release takes: later releases ask more, and offer more."""
    asked = _asked(release.commit)
    offered = {name: choices(spec) for name, spec in asked.items() if not spec.get("multiselect")}
    return {
        name: value
        for name, value in answers.items()
        if name in asked and (not offered.get(name) or value in offered[name])
    }


def _later(answers: dict[str, object], release: Release) -> dict[str, object]:
    """The others: a user gives them with the update."""
    return {name: value for name, value in answers.items() if name not in _known(answers, release)}


def _edit(project: Path) -> dict[str, str]:
    """Edit what a user may edit, every seed and shared file, and commit; file → the line added."""
    listed = git(project, "ls-files").splitlines()
    edited = {path: _line(path) for path in listed if ownership(path, "my_model") in {"seed", "shared"}}
    edited = {path: line for path, line in edited.items() if line}
    assert {"Makefile", "params.yaml", "pyproject.toml"} <= edited.keys()
    for path, line in edited.items():
        text = (project / path).read_text("utf-8")
        # Formatters want blank lines around a comment at the end of Python; at its start it stands as it is.
        (project / path).write_text(line + text if path.endswith(".py") else text + line, "utf-8")
    commit_all(project, "My edits")
    return edited


def _line(path: str) -> str:
    """A line that may stand in a file without changing what it says; none where that cannot be."""
    if path.endswith(".md"):
        return "\nA line of my own.\n"
    return "" if path.endswith((".csv", ".json")) else "# A line of my own.\n"
