"""Corners in which an edit could be lost, or one project's content get into another's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from goldenpath import project
from goldenpath.applying import apply
from goldenpath.errors import GoldenpathError
from goldenpath.planning import updates
from goldenpath.planning.updates import Request
from goldenpath.project import files
from tests.support import commit_all, git
from tests.update.story import BASICS, Story, numbered
from tests.update.test_real_life import NAMED, begin


def test_an_answer_may_have_the_name_of_a_function(story: Story) -> None:
    named = {"app.yml.jinja": "in {{ namespace }}\n", "of_{{ range }}.txt": "x\n"}
    begin(story, named, "namespace: {type: str, default: alpha}\nrange: {type: str, default: one}\n")
    done = story.update("--data", "namespace=beta", "--data", "range=two")
    assert (done.json["lane"], done.kinds()["of_two.txt"]) == ("fast", "add")
    assert story.read("app.yml") == "in beta\n"


def test_a_name_that_comes_from_another_file(story: Story) -> None:
    inside = {"{% include pathjoin('inc', 'n.jinja') %}.txt": "x\n", "inc/n.jinja": "{{ name }}"}
    begin(story, inside, "_exclude: [inc, copier.yml, .git]\n" + NAMED)
    assert {"demo.txt": "remove", "other.txt": "add"}.items() <= story.update(
        "--data", "name=other"
    ).kinds().items()


def test_a_question_that_looks_at_the_answers_by_way_of_another_file(story: Story) -> None:
    asked = NAMED + "more: {type: str, default: \"{% include 'partial.jinja' %}\"}\n"
    begin(story, {"partial.jinja": "{{ _copier_answers.name }}!", "a.txt.jinja": "{{ name }}\n"}, NAMED)
    story.release("v2.0.0", {"a.txt.jinja": "{{ more }}\n"}, asked)
    assert story.update().code == 0
    assert story.read("a.txt") == "demo!\n"


def test_two_files_that_become_one(story: Story) -> None:
    left_out = "_exclude: [template, copier.yml, .git]\n" + NAMED
    begin(story, {"a.txt": numbered(), "b.txt": "b\n" * 9}, left_out)
    story.edit({"a.txt": numbered(l1="mine"), "b.txt": "b\n" * 9 + "mine\n"})
    moves = {"template/moves.yml": '"2": {a.txt: c.txt, b.txt: c.txt}\n', "a.txt": None, "b.txt": None}
    story.release("v2.0.0", {**moves, "c.txt": numbered(l9="theirs")})
    done = story.update()
    assert done.kinds()["c.txt"] in {"move", "conflict"}
    assert done.kinds()["b.txt"] == "keep"
    assert "mine" in story.read("b.txt")
    assert "mine" in story.read("c.txt")


def test_a_waiver_holds_for_what_moves_and_what_is_new(story: Story) -> None:
    waived = "waivers: [{path: '/%s', reason: ours, owner: us, expires: 2999-12-31}]\n"
    begin(story, {"a.txt": numbered(), "u.txt": numbered()})
    story.edit({"a.txt": numbered(l1="mine"), ".goldenpath.yml": waived % "*.txt"})
    story.release("v2.0.0", {"a.txt": None, "b.txt": numbered(l9="theirs"), "u.txt": numbered(l9="theirs")})
    done = story.update()
    assert {path for path, kind in done.kinds().items() if kind != "keep"} == {".copier-answers.yml"}
    assert story.read("a.txt") == numbered(l1="mine")
    assert not (story.project / "b.txt").exists()


@pytest.mark.parametrize("hidden", [False, True], ids=["in the meantime", "hidden from git"])
def test_what_was_edited_since_it_was_planned_stays(hidden: bool, story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l9="theirs")})
    found = project.open_project(story.project)
    if hidden:
        git(story.project, "update-index", "--skip-worktree", "a.txt")
    plan = updates.plan(found, files.committed(found), Request())
    (story.project / "a.txt").write_text(numbered(l1="mine"))
    with pytest.raises(GoldenpathError, match=r"'a\.txt' is not what git has"):
        apply.carry_out(found, plan)
    assert story.read("a.txt") == numbered(l1="mine")
    assert "_commit: v1.0.0" in story.read(".copier-answers.yml")


def test_a_new_seed_goes_over_nothing(story: Story) -> None:
    seeds = "seeds: {type: yaml, when: false, default: [/secret.env]}\n"
    left_out = (
        "_exclude: [copier.yml, .git, \"{% if _copier_operation == 'update' %}secret.env{% endif %}\"]\n"
    )
    begin(story, {".gitignore.jinja": "*.env\n"}, left_out + NAMED)
    (story.project / "secret.env").write_text("mine\n")
    story.release("v2.0.0", {"secret.env.jinja": "theirs\n"}, left_out + seeds + NAMED)
    assert "secret.env" not in story.update().kinds()
    assert story.read("secret.env") == "mine\n"


def test_marks_of_the_user_stay_as_they_are(story: Story) -> None:
    heading = "Title\n>>>>>>>\n"
    begin(story, {"a.rst": heading + numbered()})
    story.edit({"a.rst": heading + numbered(l9="mine")})
    story.release("v2.0.0", {"a.rst": heading + numbered(l9="theirs")})
    assert story.update().code == 3
    assert story.read("a.rst").startswith(heading + "line 1\n")


def test_ends_of_lines_are_no_drift(story: Story) -> None:
    begin(story, {"a.txt": numbered(), ".gitattributes": "*.txt text eol=crlf\n"})
    git(story.project, "rm", "--quiet", "--cached", "-r", ".")
    git(story.project, "reset", "--quiet", "--hard")
    assert story.run("status", "--json").json["drift"] == {}
    assert "has every file" in story.run("diff").text


def test_a_project_ahead_of_the_newest_release_has_nothing_to_do(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    (story.template / "a.txt").write_text(numbered(l1="unreleased"))
    commit_all(story.template, "Not released")
    assert story.update("--to", "HEAD").code == 0
    commit_all(story.project, "Ahead")
    assert story.run("status").code == 0
    assert story.update().json["changes"] == []


def test_a_commit_in_the_middle_of_an_update_is_no_dead_end(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})
    assert story.update().code == 0
    (state,) = (story.project / ".git/goldenpath").glob("update-*.json")
    state.write_text(state.read_text().replace('"applied"', '"applying"'))
    assert story.run("status").code == 3
    commit_all(story.project, "Done by hand")
    assert story.run("status").code == 0
    story.release("v3.0.0", {"a.txt": numbered(l1="newer")})
    assert story.update().code == 0


def test_a_filter_that_cannot_be_undone_stops_the_update(story: Story) -> None:
    begin(story, {"a.dat": "one\n", ".gitattributes": "*.dat filter=own\n"})
    git(story.project, "config", "filter.own.clean", "cat")
    story.release("v2.0.0", {"a.dat": "two\n"})
    done = story.update()
    assert done.code == 1
    assert "the filter 'own'" in done.json["error"]["message"]
    assert story.status() == ""


def test_output_that_fails_does_not_call_a_done_update_undone(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")}, NAMED + "_message_after_update: now → then\n")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "goldenpath", "update", str(story.project)]
        assert subprocess.run(command, stdout=full, check=False).returncode == 0
    assert story.read("a.txt") == numbered(l1="theirs")
    git(story.project, "reset", "--quiet", "--hard")
    done = subprocess.run(
        command, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_binary_files_stay_whole_where_git_mends_ends_of_lines(story: Story) -> None:
    begin(story, {".gitattributes": "* text=auto\n", "same.bin": b"one\n\0two\n", "newer.bin": b"\0\r\n1"})
    assert story.run("status", "--json").json["drift"] == {}
    story.release("v2.0.0", {"newer.bin": b"\0\r\n2"})
    assert story.update().kinds()["newer.bin"] == "update"
    assert (story.project / "same.bin").read_bytes() == b"one\n\0two\n"
    assert (story.project / "newer.bin").read_bytes() == b"\0\r\n2"
    assert story.run("update", "--abort").code == 0
    assert story.status() == ""


def test_answers_that_are_given_once(story: Story) -> None:
    begin(story, {"a.txt": numbered()}, NAMED + "set_once: {type: yaml, when: false, default: [name]}\n")
    done = story.update("--data", "name=other")
    assert (done.code, "'name' is set once" in done.json["error"]["message"]) == (2, True)


def test_the_answer_that_does_not_fit_is_named(story: Story) -> None:
    begin(story, {"a.txt": numbered()}, NAMED + "ci: {type: str, choices: [one, two], default: one}\n")
    done = story.update("--data", "ci=three")
    assert (done.code, "'ci'" in done.json["error"]["message"]) == (2, True)


def test_hints_hold_for_where_they_are_given(story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, NAMED)
    place = story.start("a folder/one")
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})
    assert f"goldenpath update '{place}'" in story.run("status", path="a folder/one").text
    (place / "src").mkdir()
    assert f"Did you mean {place}?" in story.run("status", path="a folder/one/src").error


@pytest.mark.parametrize(
    "text",
    [
        "{{ range(99999) | random }}-{{ range(99999) | random }}\n",
        "{{ '%s' | strftime }}{{ range(99999) | random }}-{{ range(99999) | random }}\n",
    ],
)
def test_what_says_something_else_each_time_is_no_change(text: str, story: Story) -> None:
    begin(story, {"a.txt.jinja": text, "b.txt.jinja": "one {{ name }}\n"})
    before = story.read("a.txt")
    story.release("v2.0.0", {"b.txt.jinja": "two {{ name }}\n"})
    plans = [story.update("--dry-run").json["changes"] for _ in range(2)]
    done = story.update()
    assert plans == [done.json["changes"]] * 2
    assert (done.code, done.kinds()) == (0, {".copier-answers.yml": "update", "b.txt": "update"})
    assert story.read("a.txt") == before
