"""Each answers file has a state of its own, so that two templates in one folder do not take each other back."""

from __future__ import annotations

import json
from pathlib import Path

import copier
import pytest

from goldenpath.git import blob_id
from tests.support import commit_all
from tests.update.story import BASICS, Story, numbered
from tests.update.test_real_life import NAMED, begin


def extra(story: Story, tmp_path: Path, folder: str = "") -> Story:
    """A second template in the same folder."""
    extras = Story(tmp_path / "extras", story.project, story.capsys)
    extras.template.mkdir()
    extras.release(
        "v1.0.0", {**BASICS, "extra.txt": numbered()}, "_answers_file: .copier-answers.extra.yml\n" + NAMED
    )
    copier.run_copy(str(extras.template), story.project / folder, defaults=True, quiet=True)
    commit_all(story.project, "Two templates")
    extras.release("v2.0.0", {"extra.txt": numbered(l2="theirs")})
    return extras


def test_two_templates_do_not_take_each_other_back(story: Story, tmp_path: Path) -> None:
    begin(story, {"a.txt": numbered()})
    extra(story, tmp_path)
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")})
    other = ("--answers-file", ".copier-answers.extra.yml")
    assert story.update().code == 0
    refused = story.run("update", *other)
    assert (refused.code, "not committed" in refused.error) == (1, True)
    # Not even without a commit does one stand for the other.
    assert "There is no update to undo" in story.run("update", "--abort", *other).error
    assert story.read("a.txt") == numbered(l2="theirs")
    commit_all(story.project, "The first")
    assert story.update(*other).code == 0
    assert "committed already" in story.run("update", "--abort").error
    assert story.read("extra.txt") == numbered(l2="theirs")
    assert story.run("update", "--abort", *other).code == 0
    assert (story.status(), story.read("a.txt")) == ("", numbered(l2="theirs"))


def as_of_old(story: Story, folder: str = "") -> Path:
    """Name the one state file as 0.4 did, and leave out what that did not write."""
    (source,) = story.project.glob(".git/goldenpath/update-*.json")
    content = json.loads(source.read_text())
    del content["prefix"], content["answers"]
    prefix = f"{folder}/" if folder else ""
    old = source.with_name(f"update-{blob_id(prefix.encode())[:12]}.json")
    source.unlink()
    old.write_text(json.dumps(content))
    return old


@pytest.mark.parametrize("folder", ["", "packages/one"])
def test_the_state_of_an_older_command_is_found(folder: str, story: Story, tmp_path: Path) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, NAMED)
    story.start(folder)
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")})
    assert story.update(path=folder).code == 0
    old = as_of_old(story, folder)
    assert "is not committed yet" in story.run("update", path=folder).error
    assert story.run("update", "--abort", path=folder).code == 0
    assert (story.status(), old.exists()) == ("", False)
    # One that is done with goes with the next update.
    assert story.update(path=folder).code == 0
    old = as_of_old(story, folder)
    commit_all(story.project, "Updated")
    story.release("v3.0.0", {"a.txt": numbered(l2="newer")})
    assert story.update(path=folder).code == 0
    assert (old.exists(), len(list(old.parent.iterdir()))) == (False, 2)


def test_the_state_of_an_older_command_is_of_one_template(story: Story, tmp_path: Path) -> None:
    begin(story, {"a.txt": numbered()})
    extra(story, tmp_path)
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")})
    assert story.update().code == 0
    as_of_old(story)
    other = story.run("update", "--abort", "--answers-file", ".copier-answers.extra.yml")
    assert "There is no update to undo" in other.error
    assert story.run("update", "--abort").code == 0
    assert story.status() == ""
