"""What goes wrong for people who update from a template, each beside what `copier update` does with it."""

from __future__ import annotations

import pytest

from tests.support import commit_all, git
from tests.update.story import BASICS, Story, Texts, numbered, text

NAMED = "name: {type: str, default: demo}\n"
CI = NAMED + (
    "ci: {type: str, choices: [one, two], default: one}\n"
    "ci_one: {type: str, when: false, default: \"{{ '.' if ci == 'one' }}\"}\n"
    "ci_two: {type: str, when: false, default: \"{{ '.' if ci == 'two' }}\"}\n"
)
PYPROJECT = text("[project]", 'name = "demo"', "dependencies = [", '    "numpy>=2",', "]")


def begin(story: Story, files: Texts, questions: str = NAMED) -> None:
    story.release("v1.0.0", {**BASICS, **files}, questions)
    story.start()


def test_a_rename_carries_edits_along(story: Story) -> None:
    begin(story, {"old.txt": numbered()})
    story.edit({"old.txt": numbered(l2="mine")})
    story.release("v2.0.0", {"old.txt": None, "new.txt": numbered(l11="theirs")})
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert copiers.read("new.txt") == numbered(l11="theirs")
    assert "rename from old.txt" in story.update("--dry-run", "--diff").json["diff"]
    assert story.update().code == 0
    assert story.read("new.txt") == numbered(l2="mine", l11="theirs")
    assert not (story.project / "old.txt").exists()


def test_a_rename_that_nobody_could_see_is_told_by_the_template(story: Story) -> None:
    begin(story, {"old.txt": numbered()})
    story.edit({"old.txt": numbered(l2="mine")})
    rewritten = text(*(f"other {number}" for number in range(9)))
    moved = {"old.txt": None, "new.txt": rewritten, "template/moves.yml": '"2": {old.txt: new.txt}\n'}
    story.release("v2.0.0", moved, NAMED + "_exclude: [template, copier.yml, .git]\n")
    done = story.update()
    assert done.code == 3
    assert done.kinds()["new.txt"] == "conflict"
    assert "mine" in story.read("new.txt")
    assert "other 3" in story.read("new.txt")


def test_a_file_that_the_user_renamed_still_gets_updates(story: Story) -> None:
    begin(story, {"docs.txt": numbered()})
    story.edit({"docs.txt": None, "guide/docs.txt": numbered(l2="mine")})
    story.release("v2.0.0", {"docs.txt": numbered(l11="theirs")})
    assert story.update().code == 0
    assert story.read("guide/docs.txt") == numbered(l2="mine", l11="theirs")
    assert not (story.project / "docs.txt").exists()


def test_a_file_that_the_template_drops_stays_if_it_was_edited(story: Story) -> None:
    begin(story, {"edited.txt": numbered(), "untouched.txt": numbered()})
    story.edit({"edited.txt": numbered(l2="mine")})
    story.release("v2.0.0", {"edited.txt": None, "untouched.txt": None})
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert not (copiers.project / "edited.txt").exists()
    done = story.update()
    assert (done.code, done.kinds()["edited.txt"], done.kinds()["untouched.txt"]) == (0, "keep", "remove")
    assert story.read("edited.txt") == numbered(l2="mine")
    assert not (story.project / "untouched.txt").exists()


def test_switching_an_option_keeps_what_was_edited(story: Story) -> None:
    layers = {
        "{{ci_one}}/one/edited.yml": "a: 1\n",
        "{{ci_one}}/one/plain.yml": "b: 1\n",
        "{{ci_two}}/two.yml": "c: 1\n",
    }
    begin(story, layers, CI)
    story.edit({"one/edited.yml": "a: mine\n"})
    copiers = story.copy("copiers")
    copiers.by_copier(ci="two")
    assert not (copiers.project / "one").exists()
    done = story.update("--data", "ci=two")
    assert done.code == 0
    assert done.json["answers"] == {"ci": {"from": "one", "to": "two"}}
    assert done.kinds() == {
        ".copier-answers.yml": "update",
        "one/edited.yml": "keep",
        "one/plain.yml": "remove",
        "two.yml": "add",
    }
    assert story.read("one/edited.yml") == "a: mine\n"


def test_a_conflict_is_never_called_success(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.edit({"a.txt": numbered(l6="mine")})
    story.release("v2.0.0", {"a.txt": numbered(l6="theirs")})
    copiers = story.copy("copiers")
    copiers.by_copier()  # raises nothing
    assert copiers.run("status").code == 3
    assert story.update().code == 3
    conflict = text(
        "<<<<<<< before updating",
        "mine",
        "||||||| last update",
        "line 6",
        "=======",
        "theirs",
        ">>>>>>> after updating",
    )
    assert conflict in story.read("a.txt")
    assert story.status().splitlines()[-1] == "UU a.txt"
    told = story.run("status", "--json")
    assert (told.code, told.json["state"], told.json["unresolved"]) == (3, "unresolved", ["a.txt"])
    git(story.project, "add", "a.txt")
    assert story.run("status").code == 3, "the marks are still there"
    (story.project / "a.txt").write_text(numbered(l6="both"))
    git(story.project, "add", "a.txt")
    assert story.run("status").code == 0
    commit_all(story.project, "Updated")
    assert story.run("status").code == 0


def test_the_name_of_a_folder_makes_no_conflict(story: Story) -> None:
    """Copier renders into folders with chance names, so that a template that uses the name sees edits everywhere."""
    begin(story, {"a.txt.jinja": "{{ _folder_name }} is the folder\n" + numbered()})
    story.edit({"a.txt": story.read("a.txt").replace("line 12", "mine")})
    story.release("v2.0.0", {"a.txt.jinja": "{{ _folder_name }} is the folder\n" + numbered(l6="theirs")})
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert "<<<<<<<" in copiers.read("a.txt")
    assert story.update().code == 0
    assert story.read("a.txt") == "project is the folder\n" + numbered(l6="theirs", l12="mine")


def test_a_new_question_without_default_says_what_to_type(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.release("v2.0.0", {"b.txt.jinja": "{{ team }}\n"}, NAMED + "team: {type: str}\n")
    with pytest.raises(ValueError, match="required"):
        story.copy("copiers").by_copier()
    done = story.update()
    assert done.code == 2
    assert "'team'" in done.json["error"]["message"]
    assert "--data team=" in done.json["error"]["hint"]
    assert story.status() == ""
    assert story.update("--data", "team=us").code == 0
    assert story.read("b.txt") == "us\n"


def test_a_new_question_takes_its_default_and_a_last_answer_stays(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    more = "name: {type: str, default: other}\nteam: {type: str, default: us}\n"
    story.release("v2.0.0", {"b.txt.jinja": "{{ name }} {{ team }}\n"}, more)
    assert story.update().json["answers"] == {"team": {"from": None, "to": "us"}}
    assert story.read("b.txt") == "demo us\n"


def test_dependencies_that_both_add_beside_each_other_are_merged(story: Story) -> None:
    begin(story, {"pyproject.toml": PYPROJECT})
    story.edit({"pyproject.toml": PYPROJECT.replace(",\n]", ',\n    "mine>=1", # why\n]')})
    story.release("v2.0.0", {"pyproject.toml": PYPROJECT.replace(",\n]", ',\n    "theirs>=1",\n]')})
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert "<<<<<<<" in copiers.read("pyproject.toml")
    done = story.update()
    assert (done.code, done.kinds()["pyproject.toml"]) == (0, "merge")
    assert story.read("pyproject.toml").count("\n") == PYPROJECT.count("\n") + 2
    assert '"mine>=1", # why\n' in story.read("pyproject.toml")
    assert '"theirs>=1",\n' in story.read("pyproject.toml")


def test_one_dependency_that_both_change_is_a_conflict(story: Story) -> None:
    begin(story, {"pyproject.toml": PYPROJECT})
    story.edit({"pyproject.toml": PYPROJECT.replace("numpy>=2", "numpy>=2.1")})
    story.release("v2.0.0", {"pyproject.toml": PYPROJECT.replace("numpy>=2", "numpy>=3")})
    assert story.update().code == 3


def test_updating_again_changes_nothing(story: Story) -> None:
    """Copier takes an edit that repeats the template's own text for a new one at every update."""
    begin(story, {"a.txt": numbered()})
    story.edit({"a.txt": numbered(l6="mine", l12="same")})
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs", l12="same")})
    assert story.update().code == 0
    commit_all(story.project, "Updated")
    again = story.update()
    assert (again.code, again.json["changes"], again.json["applied"]) == (0, [], False)
    assert story.status() == ""


def test_merged_cleanly_and_broken_is_found_by_verify(story: Story) -> None:
    """A project that stays on an older Python merges a dependency that no longer takes it."""
    makefile = text("setup: ;", "check:", "\t! grep -q needs-newer deps.txt || grep -q newer python.txt")
    begin(story, {"Makefile": makefile, "deps.txt": "numpy\n", "python.txt": "newer\n"})
    story.edit({"python.txt": "older\n"})
    story.release("v2.0.0", {"deps.txt": "numpy\nneeds-newer\n"})
    done = story.update("--verify", "--dry-run")
    assert done.json["verify"] == {"before": True, "after": False, "broken": True}
    assert story.status() == ""
    said = story.run("update", "--verify", "--dry-run")
    assert "RED after the update" in said.text
    story.edit({"python.txt": "newer\n"})
    assert story.update("--verify").json["verify"] == {"before": True, "after": True, "broken": False}


def test_an_edited_binary_file_stays(story: Story) -> None:
    begin(story, {"logo.bin": "\0one", "icon.bin": "\0one"})
    story.edit({"logo.bin": "\0mine", "icon.bin": "\0mine"})
    story.release("v2.0.0", {"logo.bin": "\0two"})
    done = story.update()
    assert (done.code, done.kinds()["logo.bin"]) == (3, "conflict")
    assert (story.project / "logo.bin").read_bytes() == b"\0mine"
    assert (story.project / "icon.bin").read_bytes() == b"\0mine"
    assert [line.split()[2] for line in git(story.project, "ls-files", "-u").splitlines()] == ["1", "2", "3"]


def test_an_edited_file_that_git_ignores_stays(story: Story) -> None:
    begin(story, {"local.cfg": numbered(), ".gitignore.jinja": "local.cfg\n"})
    (story.project / "local.cfg").write_text(numbered(l2="mine"))
    story.release("v2.0.0", {"local.cfg": numbered(l11="theirs")})
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert copiers.read("local.cfg") == numbered(l11="theirs")
    assert story.update().code == 0
    assert story.read("local.cfg") == numbered(l2="mine", l11="theirs")
    assert story.run("update", "--abort").code == 0
    assert story.read("local.cfg") == numbered(l2="mine")
