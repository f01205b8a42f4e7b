"""A template that has moved to another address: `goldenpath update --template URL`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from goldenpath import engine
from tests.support import commit_all, git
from tests.update.story import BASICS, Story, numbered
from tests.update.test_real_life import NAMED, begin

OLD = ".copier-answers.yml"


def move(story: Story, tmp_path: Path) -> Story:
    """Take the template's repository to another place; the project does not know."""
    place = tmp_path / "moved"
    shutil.move(story.template, place)
    engine.forget()
    return Story(place, story.project, story.capsys)


def stored(story: Story) -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(story.read(OLD))
    return found


def test_at_the_same_version_only_the_address_changes(story: Story, tmp_path: Path) -> None:
    begin(story, {"a.txt": numbered()})
    story.edit({"a.txt": numbered(l2="mine")})
    moved = move(story, tmp_path)
    for command in ("status", "update", "diff"):
        gone = story.run(command)
        assert (gone.code, "goldenpath update --template URL" in gone.error) == (1, True)
    shown = story.run("update", "--dry-run", "--template", str(moved.template))
    assert (shown.code, f"_src_path: '{story.template}' to '{moved.template}'" in shown.text) == (0, True)
    done = story.update("--template", str(moved.template))
    assert (done.code, done.kinds()) == (0, {OLD: "update"})
    assert done.json["template"] == str(moved.template)
    assert done.json["answers"]["_src_path"] == {"from": str(story.template), "to": str(moved.template)}
    assert stored(story) == {"_commit": "v1.0.0", "_src_path": str(moved.template), "name": "demo"}
    commit_all(story.project, "Moved")
    assert story.update("--template", str(moved.template)).json["changes"] == []
    moved.release("v2.0.0", {"a.txt": numbered(l11="theirs")})
    assert (story.run("status").code, story.update().code) == (4, 0)
    assert story.read("a.txt") == numbered(l2="mine", l11="theirs")


def test_a_relative_address_becomes_absolute(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(story, {"a.txt": numbered()})
    moved = move(story, tmp_path)
    moved.release("v2.0.0", {"a.txt": numbered(l11="theirs")})
    monkeypatch.chdir(tmp_path)
    assert story.update("--template", "./moved/").kinds() == {OLD: "update", "a.txt": "update"}
    assert stored(story)["_src_path"] == str(moved.template)
    assert story.update("--abort").code == 0
    assert story.status() == ""
    assert story.update("--template", f"git+file://{moved.template}", "--to", "v2.0.0").code == 0
    assert stored(story)["_src_path"] == f"git+file://{moved.template}"


def test_files_that_name_the_template_follow(story: Story, tmp_path: Path) -> None:
    """What the old version wrote has the old address in it: it was not the user who wrote that."""
    begin(story, {"from.md.jinja": "{{ _copier_answers._src_path }}\n{{ _src_path }}\n"})
    moved = move(story, tmp_path)
    done = story.update("--template", str(moved.template))
    assert done.kinds() == {OLD: "update", "from.md": "update"}
    assert story.read("from.md") == f"{moved.template}\n" * 2


def test_another_history_is_refused(story: Story, tmp_path: Path) -> None:
    begin(story, {"a.txt": numbered()})
    other = Story(tmp_path / "other", story.project, story.capsys)
    other.template.mkdir()
    other.release("v3.0.0", {**BASICS, "a.txt": numbered(l2="theirs")}, NAMED)
    done = story.run("update", "--template", str(other.template))
    assert (done.code, story.status()) == (1, "")
    assert "has not the history of" in done.error
    assert "there is no version 'v1.0.0', where the project is.\n" in done.error
    assert "it has: v3.0.0" in done.error
    git(other.template, "tag", "v1.0.0")
    engine.forget()
    done = story.run("update", "--template", str(other.template))
    assert (done.code, "its version 'v1.0.0' is another one" in done.error) == (1, True)


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("https://me:secret@a.example/x.git", 2, "has a user or password in it"),
        ("", 2, "--template names no template"),
        ("/nowhere", 1, "'/nowhere' is gone"),
        ("git+file:///nowhere/x", 1, "cannot be reached"),
    ],
)
def test_bad_addresses(address: str, code: int, said: str, story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    done = story.run("update", "--template", address)
    assert (done.code, said in done.error, "secret" in done.error, story.status()) == (code, True, False, "")
    assert story.run("update", "--abort", "--template", "gh:a/b").code == 2


def test_trust_is_for_the_new_address(story: Story, tmp_path: Path) -> None:
    tasks = '_tasks: ["echo run >> ran.txt"]\n' + NAMED
    begin(story, {"a.txt": numbered()}, tasks)
    settings = tmp_path / "settings.yml"
    settings.write_text(f"trust: ['{story.template}']\n")
    assert story.update().code == 0
    moved = move(story, tmp_path)
    done = story.run("update", "--template", str(moved.template))
    assert (done.code, "runs code of its own" in done.error) == (1, True)
    settings.write_text(f"trust: ['{moved.template}']\n")
    assert story.update("--template", str(moved.template)).code == 0
