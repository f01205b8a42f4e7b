"""An update that is committed by the command: on a branch of its own, or on the one that is checked out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from goldenpath.applying import record
from tests.questionnaire import ROOT
from tests.support import commit_all, git
from tests.update.small import look
from tests.update.story import BASICS, Story, numbered
from tests.update.test_real_life import NAMED, begin

ZERO = "0" * 40
SCHEMA = json.loads((ROOT / "docs/schemas/update.json").read_text("utf-8"))
MIXED = {
    "a.txt": numbered(),
    "gone.txt": "gone\n",
    "thing": "a file\n",
    "folder/inner.txt": "in a folder\n",
    "run.sh": "echo\n",
    "of the user.txt": numbered(),
    ".gitignore.jinja": "*.log\n",
}
NEWER = {
    "a.txt": numbered(l11="theirs"),
    "gone.txt": None,
    "thing": None,
    "new/Grüße.txt": "new\n",
    "of the user.txt": numbered(l11="theirs"),
    "build.log": "ignored\n",
    ".gitignore.jinja": "*.log\n*.tmp\n",
    "new/made.tmp": "ignored from now on\n",
}


def ready(story: Story, clash: bool = False, folder: str = "") -> None:
    """A project, edited, that can be updated; at will with a conflict."""
    story.release("v1.0.0", {**BASICS, **MIXED}, NAMED)
    story.start(folder)
    place = f"{folder}/" if folder else ""
    mine = {"l11": "mine"} if clash else {"l2": "mine"}
    story.edit({f"{place}of the user.txt": numbered(**mine), "elsewhere.txt": "1\n"})
    (story.template / "run.sh").chmod(0o755)
    story.release("v2.0.0", NEWER)
    folder_for_file = {"folder/inner.txt": None, "thing/inner.txt": "now a folder\n"}
    story.release("v2.1.0", folder_for_file)


def branches(story: Story) -> list[str]:
    return git(story.project, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


def by_hand(story: Story, path: str = "") -> str:
    """The tree that people get who commit an update themselves."""
    copy = story.copy("by hand")
    assert copy.update(path=path).code in {0, 3}
    commit_all(copy.project, "By hand")
    return git(copy.project, "rev-parse", "HEAD^{tree}").strip()


def tree(story: Story, name: str) -> str:
    return git(story.project, "rev-parse", f"{name}^{{tree}}").strip()


@pytest.mark.parametrize("clash", [False, True], ids=["clean", "conflict"])
@pytest.mark.parametrize("folder", ["", "apps/one two"], ids=["project", "subproject"])
def test_a_branch_has_what_people_would_commit(folder: str, clash: bool, story: Story) -> None:
    ready(story, clash, folder)
    expected, before = by_hand(story, folder), look(story.project)
    head = git(story.project, "rev-parse", "HEAD").strip()
    done = story.update("--branch", "bot/update", path=folder)
    assert done.code == done.json["exit_code"] == (3 if clash else 0)
    jsonschema.validate(done.json, SCHEMA)
    assert (done.json["branch"], done.json["applied"]) == ("bot/update", True)
    assert done.json["commit"] == git(story.project, "rev-parse", "bot/update").strip()
    assert git(story.project, "rev-parse", "bot/update^").strip() == head
    assert tree(story, "bot/update") == expected
    assert look(story.project) == before, "neither the files nor the index nor what is checked out"
    said = git(story.project, "log", "-1", "--format=%B", "bot/update").strip().splitlines()
    assert said[0] == "Update from template version v1.0.0 to v2.1.0"
    assert said[1:] == (["", "Conflicts, to be settled:", "", "of the user.txt"] if clash else [])
    assert story.run("status", path=folder).code == 4
    git(story.project, "switch", "--quiet", "bot/update")
    assert story.run("status", path=folder).code == (3 if clash else 0)
    assert story.status() == ""


@pytest.mark.parametrize("folder", ["", "apps/one"], ids=["project", "subproject"])
def test_a_commit_on_the_current_branch(folder: str, story: Story) -> None:
    ready(story, folder=folder)
    expected = by_hand(story, folder)
    done = story.update("--commit", path=folder)
    assert (done.code, done.json["branch"]) == (0, None)
    jsonschema.validate(done.json, SCHEMA)
    assert git(story.project, "rev-parse", "HEAD").strip() == done.json["commit"]
    assert (tree(story, "HEAD"), story.status(), branches(story)) == (expected, "", ["main"])
    place = story.project / folder
    assert (place / "build.log").read_text() == "ignored\n"
    undo = story.run("update", "--abort", path=folder)
    assert (undo.code, "no update to undo" in undo.error) == (1, True)
    assert not list((story.project / ".git/goldenpath").glob("update-*"))


def test_conflicts_are_not_committed_where_people_work(story: Story) -> None:
    ready(story, clash=True)
    before = look(story.project)
    head = git(story.project, "rev-parse", "HEAD")
    assert "Nothing is committed, because of the conflicts" in story.run("update", "--commit").text
    assert git(story.project, "rev-parse", "HEAD") == head
    assert "UU of the user.txt" in story.status().replace('"', "")
    assert story.run("update", "--abort").code == 0
    assert look(story.project) == before
    done = story.update("--commit")
    assert (done.code, done.json["commit"], done.json["applied"]) == (3, None, True)


def test_what_others_have_staged_stays_theirs(story: Story) -> None:
    """A project is only a folder, and its commit only of that folder."""
    ready(story, folder="apps/one")
    (story.project / "elsewhere.txt").write_text("2\n")
    git(story.project, "add", "elsewhere.txt")
    assert story.update("--branch", "bot", path="apps/one").code == 0
    assert story.update("--commit", path="apps/one").code == 0
    assert story.status() == "M  elsewhere.txt\n"
    for name in ("bot", "HEAD"):
        assert git(story.project, "show", f"{name}:elsewhere.txt") == "1\n"


@pytest.mark.parametrize("option", [("--branch", "bot"), ("--commit",)], ids=["branch", "commit"])
def test_no_hooks_no_signature_and_no_name(
    option: tuple[str, ...], story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(story)
    for name in ("pre-commit", "commit-msg", "post-commit", "post-index-change", "reference-transaction"):
        hook = story.project / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch '{story.project}/{name}.ran'\nexit 1\n")
        hook.chmod(0o755)
    git(story.project, "config", "commit.gpgSign", "true")
    git(story.project, "config", "gpg.program", "false")
    for name in os.environ:
        if name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_")) or name == "EMAIL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    assert story.update(*option).code == 0
    assert not list(story.project.glob("*.ran"))
    name = "bot" if option[0] == "--branch" else "HEAD"
    assert git(story.project, "log", "-1", "--format=%an %G?", name).strip() == "goldenpath N"


def test_a_personal_ignore_file_has_no_say(story: Story) -> None:
    ready(story)
    (story.project / ".git/personal").write_text("*.txt\n")
    git(story.project, "config", "core.excludesFile", str(story.project / ".git/personal"))
    assert story.update("--branch", "bot").code == 0
    assert git(story.project, "show", "bot:new/Grüße.txt") == "new\n"


def test_the_name_that_git_knows_is_the_authors(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(story)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Bot Zoë")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "bot@example.com")
    assert story.update("--branch", "bot").code == 0
    said = git(story.project, "log", "-1", "--format=%an %ce", "bot")
    assert said == "Bot Zoë bot@example.com\n"


NAMES = {
    "taken": (1, "There is a branch 'taken' already."),
    "main": (1, "There is a branch 'main' already."),
    "taken/more": (1, "in the way of 'taken/more'"),
    "deep": (1, "There is a branch 'deep/er' already, which is in the way of 'deep'"),
    "": (2, "not a branch name"),
    "a..b": (2, "not a branch name"),
    "a b": (2, "not a branch name"),
    "a.lock": (2, "not a branch name"),
    "-x": (2, "not a branch name"),
    "a\nb": (2, "not a branch name"),
    "HEAD": (2, "not a name for a branch"),
    "@{-1}": (2, "not a branch name"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["real", "dry"])
def test_a_branch_that_cannot_be_made(name: str, dry: tuple[str, ...], story: Story) -> None:
    """It is said first: here nothing else could be done either."""
    begin(story, {"a.txt": numbered()})
    for branch in ("taken", "deep/er"):
        git(story.project, "branch", branch)
    before = look(story.project), branches(story)
    story.template.rename(story.template.with_name("elsewhere"))
    done = story.update(f"--branch={name}", *dry)
    assert (done.code, NAMES[name][1] in done.json["error"]["message"]) == (NAMES[name][0], True)
    assert (look(story.project), branches(story)) == before


def detached(story: Story) -> None:
    git(story.project, "switch", "--quiet", "--detach")


def packed(story: Story) -> None:
    git(story.project, "pack-refs", "--all")


def in_a_work_tree(story: Story) -> None:
    main = story.project.rename(story.project.with_name("main"))
    git(main, "worktree", "add", "--quiet", "-b", "side", str(story.project))


@pytest.mark.parametrize("did", [detached, packed, in_a_work_tree])
@pytest.mark.parametrize("option", [("--branch", "bot"), ("--commit",)], ids=["branch", "commit"])
def test_wherever_the_head_is(did: Callable[[Story], None], option: tuple[str, ...], story: Story) -> None:
    ready(story)
    expected = by_hand(story)
    did(story)
    where = subprocess.run(
        ["git", "symbolic-ref", "HEAD"], cwd=story.project, capture_output=True, check=False
    ).stdout
    assert story.update(*option).code == 0
    assert tree(story, "bot" if option[0] == "--branch" else "HEAD") == expected
    assert story.status() == ""
    again = subprocess.run(
        ["git", "symbolic-ref", "HEAD"], cwd=story.project, capture_output=True, check=False
    ).stdout
    assert again == where


def test_without_a_first_commit(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    git(story.project, "switch", "--quiet", "--orphan", "fresh")
    git(story.project, "checkout", "--quiet", "main", "--", ".")
    done = story.update("--branch", "bot")
    assert (done.code, "no commit yet" in done.json["error"]["message"]) == (1, True)


@pytest.mark.parametrize("option", [("--branch", "bot"), ("--commit",)], ids=["branch", "commit"])
def test_nothing_to_do_makes_no_commit(option: tuple[str, ...], story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    head = git(story.project, "rev-parse", "HEAD")
    done = story.update(*option, "--exit-code")
    assert (done.code, done.json["branch"], done.json["commit"]) == (0, None, None)
    assert (git(story.project, "rev-parse", "HEAD"), branches(story)) == (head, ["main"])


def test_a_dry_run_makes_no_branch(story: Story) -> None:
    ready(story)
    before = look(story.project)
    done = story.update("--dry-run", "--branch", "bot")
    assert (done.code, done.json["branch"], done.json["commit"]) == (0, None, None)
    assert {"build.log": "keep", "new/made.tmp": "keep", "a.txt": "update"}.items() <= done.kinds().items()
    assert (look(story.project), branches(story)) == (before, ["main"])


def test_answers_that_change(story: Story) -> None:
    begin(story, {"a.txt.jinja": "{{ name }}\n"})
    assert story.update("--data", "name=other", "--commit").code == 0
    assert git(story.project, "log", "-1", "--format=%s") == "Change the answers to template version v1.0.0\n"


@pytest.mark.parametrize("clash", [False, True], ids=["clean", "conflict"])
@pytest.mark.parametrize("way", [(), ("--dry-run",), ("--branch", "bot"), ("--commit",)])
def test_the_exit_code_tells_changes_if_asked(way: tuple[str, ...], clash: bool, story: Story) -> None:
    ready(story, clash)
    done = story.update("--exit-code", *way)
    assert done.code == done.json["exit_code"] == (3 if clash else 5)
    jsonschema.validate(done.json, SCHEMA)


def test_the_exit_code_of_what_only_stays(story: Story) -> None:
    """A file that is listed is no change."""
    begin(story, {"a.txt": numbered()})
    assert story.update("--exit-code").code == 0
    assert story.run("update", "--exit-code").code == 0


@pytest.mark.parametrize("option", ["--branch=x", "--commit", "--exit-code"])
def test_going_back_takes_no_other_option(option: str, story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    assert story.update("--abort", option).code == 2
    assert branches(story) == ["main"]


def test_one_commit_is_enough(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    assert story.update("--commit", "--branch=x").code == 2


DYING = """
import os, sys
from goldenpath import git
from goldenpath.main import main

when, command, run = sys.argv[1], sys.argv[2], git.run

def dying(folder, *arguments, **more):
    if command in arguments and when == "before":
        os._exit(9)
    done = run(folder, *arguments, **more)
    if command in arguments:
        os._exit(9)
    return done

git.run = dying
main(sys.argv[3:])
"""


# A branch needs no index.
STEPS = [(option, step) for option in ("--branch=bot", "--commit") for step in ("commit-tree", "update-ref")]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("option", "command"), [*STEPS, ("--commit", "update-index")])
def test_a_process_that_dies(option: str, when: str, command: str, story: Story) -> None:
    """The branch is there or not, the commit is there or what was before comes back."""
    ready(story)
    expected, before = by_hand(story), look(story.project)
    arguments = [sys.executable, "-c", DYING, when, command, "update", option, str(story.project)]
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == 9
    made = (when, command) == ("after", "update-ref")
    if option != "--commit":
        assert look(story.project) == before
        assert branches(story) == (["bot", "main"] if made else ["main"])
        assert not made or tree(story, "bot") == expected
    elif made:
        assert (tree(story, "HEAD"), story.status()) == (expected, "")
        assert story.run("status").code == 0
    else:
        undone = story.run("update", "--abort")
        assert undone.code == (1 if command == "commit-tree" else 0), undone.error
        assert look(story.project) == before
        assert story.update("--commit").code == 0
        assert tree(story, "HEAD") == expected


@pytest.mark.parametrize("lock", ["refs/heads/main.lock", "HEAD.lock"])
def test_a_commit_that_git_refuses(lock: str, story: Story) -> None:
    ready(story)
    before, place = look(story.project), story.project / ".git" / lock
    place.write_text("")
    done = story.update("--commit")
    assert (done.code, "git failed" in done.json["error"]["message"]) == (1, True)
    place.unlink()
    assert look(story.project) == before
    assert story.run("status").code == 4


def test_a_branch_that_came_in_the_meantime(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(story)
    git(story.project, "branch", "bot")
    monkeypatch.setattr(record, "check_new", lambda *_: None)
    head = git(story.project, "rev-parse", "HEAD")
    assert story.update("--branch", "bot").code == 1
    assert git(story.project, "rev-parse", "bot") == head


def test_what_people_read(story: Story) -> None:
    ready(story, clash=True)
    said = story.run("update", "--branch", "bot").text
    assert "Committed on the new branch bot; here nothing has changed." in said
    assert "git switch bot" in said
    assert "git branch -D bot" in said
    assert "--abort" not in said
    git(story.project, "switch", "--quiet", "bot")
    commit_all(story.project, "Settled")
    place = story.project / "of the user.txt"
    place.write_text(numbered())
    commit_all(story.project, "Settled")
    story.release("v3.0.0", {"a.txt": numbered(l11="newer")})
    said = story.run("update", "--commit").text
    assert "Committed. To go back to what was before, type: git reset --keep " in said
    command = said.rpartition("type: ")[2].split()
    assert Path(story.project, "a.txt").read_text() == numbered(l11="newer")
    subprocess.run(command, cwd=story.project, check=True)
    assert Path(story.project, "a.txt").read_text() == numbered(l11="theirs")
