"""Where git does not ask the disk which files are executable (`core.fileMode=false`), its index alone says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import commit_all, git
from tests.update.story import Story, numbered
from tests.update.test_lanes import begin

FILES = ["now.sh", "no.more.sh", "both.sh", "mine.sh", "mine.no.more.sh", "edited.sh", "clash.sh", "same.sh"]


def modes(project: Path) -> dict[str, str]:
    """Path → the index's modes, in order of their stages."""
    found: dict[str, str] = {}
    for line in git(project, "ls-files", "--stage").splitlines():
        mode, _, rest = line.partition(" ")
        path = rest.partition("\t")[2]
        found[path] = f"{found.get(path, '')}{mode[-3:]} ".lstrip()
    return found


def chmod(folder: Path, name: str, mode: int) -> None:
    (folder / name).chmod(mode)


@pytest.fixture
def deaf(story: Story) -> Story:
    """A project in which git does not ask the disk, and both sides have changed modes."""
    for name in ("no.more.sh", "mine.no.more.sh"):
        (story.template / name).write_text("x\n")
        chmod(story.template, name, 0o755)
    begin(story, dict.fromkeys(FILES, numbered()))
    git(story.project, "config", "core.fileMode", "false")
    git(story.project, "update-index", "--chmod=+x", "mine.sh", "both.sh")
    git(story.project, "update-index", "--chmod=-x", "mine.no.more.sh")
    git(story.project, "commit", "--quiet", "-m", "Mine runs")
    story.edit({"edited.sh": numbered(l2="mine"), "clash.sh": numbered(l5="mine")})
    for name, mode in modes(story.project).items():
        chmod(story.project, name, int(mode, 8))
    for name in ("now.sh", "both.sh", "edited.sh", "clash.sh"):
        chmod(story.template, name, 0o755)
    chmod(story.template, "no.more.sh", 0o644)
    story.release("v2.0.0", {"edited.sh": numbered(l11="theirs"), "clash.sh": numbered(l5="theirs")})
    return story


def test_a_mode_that_the_template_changes_is_staged(deaf: Story) -> None:
    for name in FILES:  # a disk that knows no modes shows others
        chmod(deaf.project, name, 0o644 if "no" in name else 0o755)
    before = modes(deaf.project)
    assert (before["no.more.sh"], before["now.sh"], before["mine.sh"]) == ("755 ", "644 ", "755 ")
    assert deaf.run("status", "--json").json["drift"].keys() == {
        "both.sh",
        "clash.sh",
        "edited.sh",
        "mine.no.more.sh",
        "mine.sh",
    }
    dry = deaf.update("--dry-run")
    assert (deaf.status(), modes(deaf.project)) == ("", before)
    done = deaf.update()
    assert (done.code, done.json["changes"]) == (3, dry.json["changes"])
    after = modes(deaf.project)
    assert after == before | {
        "now.sh": "755 ",
        "no.more.sh": "644 ",
        "edited.sh": "755 ",
        "clash.sh": after["clash.sh"],
    }
    assert len(after["clash.sh"].split()) == 3
    assert (
        git(deaf.project, "diff", "--cached", "--summary", "--", "now.sh")
        == " mode change 100644 => 100755 now.sh\n"
    )
    assert deaf.run("update", "--abort").code == 0
    assert (deaf.status(), modes(deaf.project)) == ("", before)


def test_as_copier_does_it(deaf: Story) -> None:
    copiers = deaf.copy("copiers")
    copiers.by_copier()
    assert deaf.update("--policy", "copier").code == 3
    assert modes(deaf.project) == modes(copiers.project)
    assert deaf.status() == copiers.status()
    for name in FILES:
        assert deaf.read(name) == copiers.read(name)


def test_where_git_asks_the_disk_nothing_is_staged(story: Story) -> None:
    begin(story, {"now.sh": numbered()})
    chmod(story.template, "now.sh", 0o755)
    story.release("v2.0.0", {})
    assert story.update().code == 0
    assert story.status() == " M .copier-answers.yml\n M now.sh\n"
    commit_all(story.project, "Updated")
    assert modes(story.project)["now.sh"] == "755 "


@pytest.mark.parametrize("policy", ["safe", "copier"])
def test_of_a_file_that_git_does_not_know_the_disk_says_it(story: Story, policy: str) -> None:
    (story.template / "tool.sh").write_text("x\n")
    chmod(story.template, "tool.sh", 0o755)
    begin(story, {"tool.sh": numbered()})
    git(story.project, "config", "core.fileMode", "false")
    git(story.project, "rm", "--quiet", "--cached", "tool.sh")
    (story.project / ".git/info/exclude").write_text("tool.sh\n")
    git(story.project, "commit", "--quiet", "-m", "It is ours alone")
    story.release("v2.0.0", {"tool.sh": numbered(l3="theirs")})
    assert story.update("--policy", policy).code == 0
    assert (story.project / "tool.sh").stat().st_mode & 0o111 == 0o111
    assert "theirs" in (story.project / "tool.sh").read_text()
