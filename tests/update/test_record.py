"""`make release` and `make tags`: what they refuse, and what they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.questionnaire import ROOT
from tests.support import commit_all, git
from tools import release


@pytest.fixture(autouse=True)
def _committer(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "releaser")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "releaser@example.com")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that is ready for the release of 1.2.3."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1.2.3"\n')
    (root / "CHANGELOG.md").write_text("# Changes\n\n## 1.2.3\n\n- New.\n")
    (root / "releases.toml").write_text("# Releases.\n")
    commit_all(root, "Ready")
    return root


def test_a_release_is_recorded_and_tagged(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD").strip()
    assert release.main(["1.2.3"], repository) == 0
    assert release.recorded(repository) == [{"version": "1.2.3", "commit": commit}]
    assert git(repository, "rev-parse", "v1.2.3").strip() == commit
    assert git(repository, "status", "--porcelain") == ""


def test_missing_tags_are_made(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release.main(["1.2.3"], repository)
    commit = git(repository, "rev-parse", "v1.2.3")
    git(repository, "tag", "--delete", "v1.2.3")
    assert release.main(["--tags"], repository) == 0
    assert git(repository, "rev-parse", "v1.2.3") == commit
    assert release.main(["--tags"], repository) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["made: v1.2.3", "no tag is missing"]


def test_a_tag_of_a_missing_commit_is_an_error(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = f'[[release]]\nversion = "0.9.0"\ncommit = "{"0" * 40}"\n'
    (repository / "releases.toml").write_text(entry)
    assert release.main(["--tags"], repository) == 1
    assert "0" * 40 in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "path", "old", "new", "message"),
    [
        ("", "CHANGELOG.md", "", "", "make release VERSION="),
        ("1.2", "CHANGELOG.md", "", "", "make release VERSION="),
        ("1.2.4", "CHANGELOG.md", "1.2.3", "1.2.4", "pyproject.toml says 1.2.3"),
        ("1.2.3", "CHANGELOG.md", "## 1.2.3", "## 1.2.30", "CHANGELOG.md has no section"),
        (
            "1.2.3",
            "releases.toml",
            "#",
            '[[release]]\nversion = "1.10.0"\ncommit = "x"\n#',
            "not newer than 1.10.0",
        ),
    ],
)
def test_a_release_that_is_not_ready_is_refused(
    version: str,
    path: str,
    old: str,
    new: str,
    message: str,
    repository: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (repository / path).read_text("utf-8")
    (repository / path).write_text(text.replace(old, new, 1) if old else text)
    commit_all(repository, "Not ready")
    _refused(version, message, repository, capsys)


def test_uncommitted_files_are_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "forgotten.txt").write_text("x\n")
    _refused("1.2.3", "forgotten.txt", repository, capsys)


def _refused(version: str, message: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = git(repository, "rev-parse", "HEAD"), (repository / "releases.toml").read_text("utf-8")
    assert release.main([version], repository) == 1
    assert message in capsys.readouterr().err
    assert (git(repository, "rev-parse", "HEAD"), (repository / "releases.toml").read_text("utf-8")) == before
    assert git(repository, "tag") == ""


def test_the_record_of_this_repository_is_in_order() -> None:
    versions = [release.number(entry["version"]) for entry in release.recorded(ROOT)]
    assert versions == sorted(set(versions))
