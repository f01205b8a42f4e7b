"""An answers file that moves with its template: to where Copier moves it, and never out of sight."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import copier
import pytest

from tests.support import commit_all, git
from tests.update.story import ANSWERS, BASICS, Story, numbered
from tests.update.test_answers_found import NEW, OLD, moves
from tests.update.test_faults import run
from tests.update.test_half_way import DYING
from tests.update.test_real_life import NAMED, begin

SAYS = "{{ _copier_answers|to_nice_yaml -}}\n"


def whole(project: Path) -> dict[str, bytes]:
    """Every file but git's own."""
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


MOVES = {
    "by its setting": (moves(NEW), {}, NEW),
    "by Jinja": (moves(".config/{{ name }}.yml"), {}, ".config/demo.yml"),
    "into a plain folder": (moves("docs/answers.yml"), {}, "docs/answers.yml"),
    "to another name": (moves(".copier-answers.base.yml"), {}, ".copier-answers.base.yml"),
    "as a file of its own": (NAMED, {ANSWERS: None, ".config/made.yml.jinja": SAYS}, ".config/made.yml"),
    "deep as a file of its own": (NAMED, {ANSWERS: None, "docs/made.yml.jinja": SAYS}, "docs/made.yml"),
}


@pytest.mark.parametrize("policy", ["safe", "copier"])
@pytest.mark.parametrize("how", MOVES)
def test_it_moves_with_the_template(how: str, policy: str, story: Story) -> None:
    questions, files, place = MOVES[how]
    begin(story, {"a.txt": numbered()})
    story.edit({"a.txt": numbered(l12="mine")})
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs"), **files}, questions)
    theirs = story.copy("theirs")
    theirs.by_copier()
    done = story.update("--policy", policy)
    assert (done.code, done.kinds()) == (0, {OLD: "remove", place: "move", "a.txt": "merge"})
    assert [each["source"] for each in done.json["changes"] if each["kind"] == "move"] == [OLD]
    assert whole(story.project) == whole(theirs.project)
    # It is found again, before and after the commit, by us and by Copier.
    assert (story.run("status", "--json").json["version"], story.run("update", "--abort").code) == (
        "v2.0.0",
        0,
    )
    assert story.status() == ""
    assert story.update("--policy", policy).code == 0
    commit_all(story.project, "Updated")
    status = story.run("status", "--json").json
    assert (status["version"], status["state"], status["drift"]) == ("v2.0.0", "current", {"a.txt": "edited"})
    story.release("v3.0.0", {"a.txt": numbered(l2="newer")})
    copier.run_update(
        story.copy("later").project, answers_file=place, defaults=True, overwrite=True, quiet=True
    )
    assert story.run("status").code == 4
    assert story.update().kinds() == {place: "update", "a.txt": "merge"}
    assert whole(story.project) == whole(story.project.with_name("later"))


def test_it_stays_where_its_user_named_it(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")}, moves(NEW))
    assert story.update("--answers-file", OLD).kinds() == {OLD: "update", "a.txt": "update"}


def test_it_stays_where_its_user_put_it_at_the_start(story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, NAMED)
    copier.run_copy(
        str(story.template), story.project, answers_file="mine.yml", defaults=True, quiet=True, unsafe=True
    )
    commit_all(story.project, "Generated")
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")}, moves(NEW))
    assert story.update().kinds() == {"mine.yml": "update", "a.txt": "update"}


def test_it_does_not_move_onto_a_file_of_the_users(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.edit({NEW: "mine: 1\n"})
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")}, moves(NEW))
    done = story.run("update")
    assert (done.code, story.status()) == (1, "")
    assert f"moves its answers file to '{NEW}'" in done.error
    assert f"--answers-file {OLD}" in done.error
    assert story.update("--answers-file", OLD).code == 0


@pytest.mark.parametrize("place", ["../out.yml", ".git/config"])
def test_it_moves_to_no_place_outside(place: str, story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")}, moves(place))
    config = (story.project / ".git/config").read_bytes()
    assert story.run("update").code == 1
    assert (story.status(), (story.project / ".git/config").read_bytes()) == ("", config)


@pytest.mark.parametrize("moment", ["none is there", "both are there"])
@pytest.mark.parametrize("other", [False, True])
def test_a_move_that_is_cut_off(moment: str, other: bool, story: Story) -> None:
    """At that moment there is no answers file, or there are two; the way back knows which it was."""
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, moves(".copier-answers.one.yml"))
    story.start()
    if other:
        story.edit({".copier-answers.other.yml": story.read(".copier-answers.one.yml")})
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")}, moves(NEW))
    before = whole(story.project)
    if other:
        # It moves only where no command names it: nobody else can have begun the update.
        (story.project / ".copier-answers.other.yml").rename(story.project.with_name("other"))
        commit_all(story.project, "Without the other")
    code, said = run(
        [sys.executable, "-c", DYING, ".goldenpath-new-", "1", "update", str(story.project)],
        cwd=story.project,
    )
    assert code == 9, said
    if moment == "both are there":
        old = git(story.project, "show", "HEAD:.copier-answers.one.yml")
        (story.project / ".copier-answers.one.yml").write_text(old + "\n")
        (story.project / NEW).parent.mkdir(exist_ok=True)
        (story.project / NEW).write_text(old + "\n")
    if other:
        shutil.copy(story.project.with_name("other"), story.project / ".copier-answers.other.yml")
    status = story.run("status")
    assert (status.code, "was cut off" in status.text) == (3, True), status
    assert "was cut off" in story.run("update", "--dry-run").error
    assert story.run("update", "--abort").code == 0
    assert whole(story.project) == before


def test_an_update_that_goes_on_after_a_move_was_cut_off(story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, moves(".copier-answers.one.yml"))
    story.start()
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")}, moves(NEW))
    command = [sys.executable, "-c", DYING, ".goldenpath-new-", "1", "update", str(story.project)]
    code, said = run(command, cwd=story.project)
    assert code == 9, said
    done = story.update()
    assert done.kinds() == {".copier-answers.one.yml": "remove", NEW: "move", "a.txt": "update"}
    assert (done.code, story.read("a.txt")) == (0, numbered(l2="theirs"))


def test_a_settled_move_whose_objects_are_gone(story: Story) -> None:
    """The state file stays until the next update, and git may have thrown away what it names."""
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")}, moves(NEW))
    assert story.update().code == 0
    commit_all(story.project, "Updated")
    (source,) = story.project.glob(".git/goldenpath/update-*.json")
    old = git(story.project, "rev-parse", f"HEAD~1:{OLD}").strip()
    source.write_text(source.read_text().replace(old, "0" * 39 + "1"))
    assert [story.run(command).code for command in ("status", "update", "diff")] == [0, 0, 0]
