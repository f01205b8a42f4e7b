"""A release that moves a default, here the digest of the base image, reaches the repositories that have chosen none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.version import Version

from goldenpath import engine
from goldenpath.main import main
from tests.questionnaire import ROOT
from tests.releases import Release, releases
from tests.support import commit_all, git, read_tree
from tests.template.cases import CASES
from tests.update.scratch import conflicts, new_project, template_repository, update

OLD, NEW = "v0.1.0", "v0.1.1"
LATER = "v1000.0.0"
QUESTIONS = "template/questions/organization.yml"
DIGEST = re.findall(r"@sha256:(\w{64})'", (ROOT / QUESTIONS).read_text("utf-8"))[0]
FIXED = "f" * 64
OWN = f"registry.example.com/mirror/python:3.12-slim@sha256:{'0' * 64}"
# Where jobs run in a container, its image is named in more files than the Dockerfile.
SYSTEMS = {"github": 1, "gitlab": 3, "jenkins": 5, "circleci": 3}
SAMPLE = [pytest.param(ci, marks=[] if ci == "gitlab" else [pytest.mark.live], id=ci) for ci in SYSTEMS]
# The releases that stored their defaults.
STORED = [each for each in releases() if Version(each.version) < Version("0.6")]
ENDS = (STORED[0], STORED[-1])
BEFORE = [
    pytest.param(each, marks=[] if each in ENDS else [pytest.mark.live], id=each.version) for each in STORED
]


def move_the_digest(template: Path, tag: str) -> None:
    """Release a version in which nothing but the digest of the base image is new."""
    path = template / QUESTIONS
    text = path.read_text("utf-8")
    assert text.count(DIGEST) == 1, "the digest stands in one line of the questionnaire"
    path.write_text(text.replace(DIGEST, FIXED), "utf-8")
    commit_all(template, f"Release {tag}", tag)
    engine.forget()


def naming(project: Path, text: str) -> list[str]:
    """The files of a project, without its answers, in which a text stands."""
    found = [path for path, content in read_tree(project).items() if text.encode() in content]
    return [path for path in found if path != ".copier-answers.yml"]


def by_ours(project: Path, *options: str) -> None:
    """What a user does with `goldenpath update`; it commits."""
    assert main(["update", str(project), "--commit", *options]) == 0


@pytest.fixture(scope="module")
def fixed(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of this repository, and after it a release that moves the digest alone."""
    folder = tmp_path_factory.mktemp("fixed") / "template"
    git(history, "clone", "--quiet", str(history), str(folder))
    move_the_digest(folder, LATER)
    return folder


@pytest.mark.parametrize("ci", SAMPLE)
def test_a_new_digest_arrives_by_plain_copier(ci: str, tmp_path: Path) -> None:
    template = template_repository(tmp_path / "template", OLD)
    project = new_project(tmp_path / "project", template, OLD, ci=ci)
    own = new_project(tmp_path / "own", template, OLD, ci=ci, base_image=OWN)
    named = naming(project, DIGEST)
    assert len(named) == SYSTEMS[ci]
    move_the_digest(template, NEW)
    update(project)
    assert (naming(project, FIXED), naming(project, DIGEST)) == (named, [])
    update(own)
    assert (naming(own, OWN), naming(own, FIXED)) == (named, [])
    assert conflicts(project) == conflicts(own) == []


@pytest.mark.parametrize("release", BEFORE)
def test_a_new_digest_arrives_in_repositories_of_earlier_releases_by_ours(
    release: Release, fixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = new_project(tmp_path / "project", fixed, release.tag, ci="gitlab")
    assert naming(project, "@sha256:")
    by_ours(project)
    told = capsys.readouterr().out
    assert (
        "answer base_image follows the template again; it was its default: 'python:3.12-slim@sha256:" in told
    )
    assert len(naming(project, FIXED)) == SYSTEMS["gitlab"]
    assert naming(project, "@sha256:") == naming(project, FIXED)
    assert conflicts(project) == []


def test_an_image_of_its_own_stays_by_both(
    fixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, updated in (("ours", by_ours), ("copier", update)):
        project = new_project(tmp_path / name, fixed, ENDS[0].tag, ci="gitlab", base_image=OWN)
        updated(project)
        assert naming(project, FIXED) == []
        assert len(naming(project, OWN)) == SYSTEMS["gitlab"]
        commit_all(project, "Updated")
        capsys.readouterr()
        assert main(["status", str(project)]) == 0
        assert (
            f"base_image: '{OWN}'; the template has 'python:3.12-slim@sha256:{FIXED}'"
            in capsys.readouterr().out
        )


@pytest.mark.parametrize(
    "release", [ENDS[-1], None], ids=["of an earlier release, by ours", "from now on, by plain Copier"]
)
def test_another_ci_system_brings_the_bot_that_fits(
    release: Release | None, fixed: Path, tmp_path: Path
) -> None:
    project = new_project(tmp_path / "project", fixed, release.tag if release else LATER)
    assert (project / ".github/dependabot.yml").is_file()
    if release:
        by_ours(project, "--data", "ci=gitlab")
    else:
        update(project, ci="gitlab")
    assert (project / "renovate.json").is_file()
    assert not (project / ".github/dependabot.yml").exists()


@pytest.mark.parametrize("case", ["minimal", pytest.param("organization_gitlab", marks=pytest.mark.live)])
def test_what_follows_changes_no_file_of_its_own(case: str, history: Path, tmp_path: Path) -> None:
    """Where a release moves nothing, a repository whose answers follow is the one in which they were stored."""
    ours = new_project(tmp_path / "ours", history, ENDS[-1].tag, **CASES[case])
    theirs = new_project(tmp_path / "theirs", history, ENDS[-1].tag, **CASES[case])
    by_ours(ours)
    update(theirs)
    left, right = ({**read_tree(each), ".copier-answers.yml": b""} for each in (ours, theirs))
    assert left == right
