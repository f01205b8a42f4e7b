"""Templates that run commands: what those leave in git's own folder or beside the project's files is not the template's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from plumbum import local

from tests.support import commit_all, git, gits_own
from tests.update.story import Story, numbered
from tests.update.test_lanes import NAMED, begin

START = "git init -q -b main"
IDENTITY = "-c user.name=Somebody -c user.email=somebody@example.com"
COMMIT = f"{START} && git add -A && git {IDENTITY} commit -q -m Start"
HOOK = "mkdir -p .git/hooks && echo 'exit 0' > .git/hooks/pre-commit"
STAGED = f"{START} && git config core.autocrlf input && git add -A"


def tasks(*commands: str) -> str:
    return "_tasks: [" + ", ".join(f'"{command}"' for command in commands) + "]\n" + NAMED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((START,), ()),
        ((), (START,)),
        ((COMMIT,), (COMMIT,)),
        ((COMMIT,), ()),
        ((START,), (START, HOOK)),
        ((START, HOOK), (START,)),
        ((STAGED,), (START,)),
        ((f"git init -q vendor/lib && git -C vendor/lib {IDENTITY} commit -q --allow-empty -m x",), ()),
    ],
    ids=[
        "init no more",
        "init now",
        "commits",
        "commits no more",
        "hook",
        "hook no more",
        "config",
        "nested",
    ],
)
def test_the_repository_is_the_users_own(old: tuple[str, ...], new: tuple[str, ...], story: Story) -> None:
    begin(story, {"a.txt": numbered(), "b.txt": numbered()}, tasks(*old))
    story.edit({"a.txt": numbered(l2="mine")})
    git(story.project, "config", "user.note", "mine")
    (story.project / ".git/hooks/pre-push").write_text("#!/bin/sh\n")
    story.release("v2.0.0", {"a.txt": numbered(l11="theirs"), "b.txt": None}, tasks(*new))
    before, head = gits_own(story.project), git(story.project, "rev-parse", "HEAD")

    assert ".git" not in story.run("status", "--trust").text.replace(".gitignore", "")
    assert ".git/" not in story.run("diff", "--trust").text.replace("diff --git", "")
    done = story.update("--trust")
    assert (done.code, done.json["lane"]) == (0, "plain")
    assert done.kinds() == {".copier-answers.yml": "update", "a.txt": "merge", "b.txt": "remove"}
    assert story.read("a.txt") == numbered(l2="mine", l11="theirs")
    assert (gits_own(story.project), git(story.project, "rev-parse", "HEAD")) == (before, head)
    git(story.project, "fsck", "--strict")

    assert story.run("update", "--abort").code == 0
    assert (gits_own(story.project), story.status()) == (before, "")
    assert story.read("a.txt") == numbered(l2="mine")


def test_what_tasks_leave_beside_is_not_the_templates(story: Story) -> None:
    """What `git add` would take enters the merge, an environment or a cache does not; what was rendered stays."""
    made = (
        "mkdir -p .venv/bin node_modules/x src && echo 1 > .venv/bin/python && echo 1 > node_modules/x/i.js"
    )
    ignored = {
        ".gitignore.jinja": "/.venv/\nnode_modules/\n*.env\n",
        "default.env": "A=1\n",
        "a.txt": numbered(),
    }
    begin(story, ignored, tasks(made, "echo one > src/made.txt"))
    story.release(
        "v2.0.0", {"default.env": "A=2\n"}, tasks(made, "echo two > src/made.txt", "echo more > more.txt")
    )
    done = story.update("--trust")
    assert done.kinds() == {
        ".copier-answers.yml": "update",
        "default.env": "update",
        "src/made.txt": "update",
        "more.txt": "add",
    }
    assert "node_modules" not in story.run("diff", "--trust").text


def test_tasks_can_be_left_out(story: Story) -> None:
    begin(story, {"a.txt": numbered()}, tasks("echo ran >> ran.txt"))
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})
    assert story.update().code == 1
    done = story.update("--skip-tasks")
    assert (done.code, done.json["lane"], done.json["lane_reason"]) == (0, "fast", None)
    assert story.read("a.txt") == numbered(l1="theirs")
    assert story.read("ran.txt") == "ran\n"


@pytest.mark.parametrize(
    ("excluded", "task", "renders"),
    [
        ("[copier.yml, .git]", "echo {} >> {}", 2),
        (
            "[copier.yml, .git, \"{% if _copier_operation == 'update' %}seed.txt{% endif %}\"]",
            "echo {} >> {}",
            2,
        ),
        (
            "[copier.yml, .git, \"{% if _copier_operation == 'copy' %}seed.txt{% endif %}\"]",
            "echo {} >> {}",
            4,
        ),
        ("[copier.yml, .git]", "echo {{{{ _copier_operation }}}} {} >> {}", 4),
        ("[copier.yml, .git]", "echo $COPIER_OPERATION {} >> {}", 4),
    ],
    ids=["plain", "seeds", "left out at first", "operation in a task", "operation in the environment"],
)
def test_tasks_run_as_often_as_they_must(
    excluded: str, task: str, renders: int, story: Story, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    asked = f"_exclude: {excluded}\n" + tasks(task.format("run", count))
    begin(story, {"a.txt": numbered(), "seed.txt": "seed\n"}, asked)
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})
    count.unlink()
    assert story.update("--trust").code == 0
    assert len(count.read_text().splitlines()) == renders


def test_a_comparison_runs_tasks_once_for_each_version(story: Story, tmp_path: Path) -> None:
    """Although it tells how many files an update leaves aside."""
    count = tmp_path / "count"
    excluded = "[copier.yml, .git, \"{% if _copier_operation == 'update' %}seed.txt{% endif %}\"]"
    asked = f"_exclude: {excluded}\n" + tasks(f"echo run >> {count}")
    begin(story, {"a.txt": numbered(), "seed.txt": "seed\n"}, asked)
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})
    count.unlink()
    assert "Not compared, as they are written once and then yours: 1;" in story.run("diff", "--trust").text
    assert len(count.read_text().splitlines()) == 2


def test_an_update_gives_tasks_a_repository(story: Story) -> None:
    """As those have that run in the user's own one; at the start there is none, as with `copier copy`."""
    begin(story, {"a.txt": numbered()})
    task = "{% if _copier_operation == 'update' %}git add -A{% else %}test ! -e .git{% endif %}"
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")}, f'_tasks: ["{task}"]\n' + NAMED)
    assert story.update("--trust").code == 0


@pytest.mark.parametrize("way", ["variable", "inside", "process"])
def test_no_task_gets_at_a_repository_around(
    way: str, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook or an alias of git's sets GIT_DIR, and a temporary folder may lie in a work tree."""
    escapes = f"git add -A; git {IDENTITY} commit -q --allow-empty -m Escaped; true"
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")}, tasks(escapes))
    victim = tmp_path / "victim"
    (victim / "scratch").mkdir(parents=True)
    (victim / ".gitignore").write_text("/scratch/\n")
    commit_all(victim, "All")
    head, status = git(victim, "rev-parse", "HEAD"), git(victim, "status", "--porcelain")
    around = {"GIT_DIR": str(victim / ".git"), "GIT_WORK_TREE": str(victim)}
    if way == "process":
        command = [sys.executable, "-m", "goldenpath", "update", "--trust", str(story.project)]
        subprocess.run(command, env=os.environ | around, check=True)
    else:
        if way == "inside":
            monkeypatch.setattr("tempfile.tempdir", str(victim / "scratch"))
        with local.env(**(around if way == "variable" else {})):
            assert story.update("--trust").code == 0
    assert (git(victim, "rev-parse", "HEAD"), git(victim, "status", "--porcelain")) == (head, status)
    assert story.read("a.txt") == numbered(l1="theirs")


def test_a_task_that_fails_is_named(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")}, tasks("test 1 -eq 2"))
    done = story.update("--trust")
    assert done.code == 1
    assert "test 1 -eq 2" in done.json["error"]["message"]
    assert story.status() == ""


@pytest.mark.parametrize("name", ["{{ name }}/config", "sub/{{ name }}", "{{ name }}"], ids=str)
@pytest.mark.parametrize("answer", [".git", ".GIT", "git~1", ".git.", "..", ".g\u200cit"])
def test_a_name_that_renders_to_gits_folder(name: str, answer: str, story: Story) -> None:
    begin(story, {f"of/{name}": "x\n"})
    before = gits_own(story.project)
    for lane in ("fast", "plain"):
        os.environ["GOLDENPATH_LANE"] = lane
        try:
            done = story.update("--data", f"name={answer}")
        finally:
            del os.environ["GOLDENPATH_LANE"]
        # In the plain lane Copier leaves its own folder out, or the gate refuses: nothing of it is ever written.
        assert done.code in ({1} if lane == "fast" else {0, 1, 2})
        assert gits_own(story.project) == before
        if done.code:
            assert story.status() == ""
        else:
            assert all(".git/" not in f"{path}/" for path in done.kinds())
            assert story.run("update", "--abort").code == 0


def test_a_way_back_on_another_branch_says_so(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})
    assert story.run("update", "--abort").code == 1
    assert story.update().code == 0
    branch = git(story.project, "branch", "--show-current").strip()
    git(story.project, "checkout", "--quiet", "--orphan", "bare")
    for command in (["update", "--abort"], ["update", "--abort", "--json"], ["status"], ["update"]):
        done = story.run(*command)
        assert done.code in {0, 1}
        assert "Traceback" not in done.text + done.error
    assert "git switch" in story.run("update", "--abort").error
    git(story.project, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    assert story.run("update", "--abort").code == 0
    assert story.status() == ""
    assert story.read("a.txt") == numbered()
