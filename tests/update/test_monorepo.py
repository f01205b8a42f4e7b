"""Many projects in one repository: `status` lists them, `update --all` brings them on in turn, and back again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import copier
import jsonschema  # type: ignore[import-untyped]
import pytest
from referencing import Registry, Resource

from goldenpath import git as ours
from goldenpath.monorepo import projects
from tests.questionnaire import ROOT
from tests.support import commit_all, git
from tests.update.story import BASICS, Outcome, Story, numbered
from tests.update.test_answers_found import moves
from tests.update.test_answers_move import whole
from tests.update.test_answers_state import extra
from tests.update.test_faults import run
from tests.update.test_half_way import DYING
from tests.update.test_real_life import NAMED

ONE, TWO, DEEP = "packages/one", "packages/two", "packages/one/deep"
NEWER = numbered(l2="theirs")


def begin(story: Story, *folders: str, name: str | None = None) -> None:
    """Projects of one template in these folders, and a newer release."""
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, moves(name) if name else NAMED)
    for folder in folders:
        story.start(folder)
    story.release("v2.0.0", {"a.txt": NEWER})


def checked(done: Outcome) -> Outcome:
    """What `status --json` says, held against its schema."""
    schema = json.loads((ROOT / "docs/schemas/status.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(done.json, schema)
    return done


def every(story: Story, *arguments: str) -> Outcome:
    """What `update --all --json` says, held against its schema."""
    done = story.update("--all", *arguments)
    schemas = ROOT / "docs/schemas"
    one, whole = (
        json.loads((schemas / name).read_text("utf-8")) for name in ("update.json", "update-all.json")
    )
    registry = Registry().with_resource("update.json", Resource.from_contents(one))
    jsonschema.Draft202012Validator(whole, registry=registry).validate(done.json)
    return done


def rows(done: Outcome) -> dict[str, tuple[str, int]]:
    """The state and exit code of each project by its folder, and by its answers file if it has a name of its own."""
    found = {}
    for each in done.json["projects"]:
        folder = "/".join(Path(each["project"]).parts[-2:])
        own = "" if each["answers_file"] == ".copier-answers.yml" else f" {each['answers_file']}"
        found[folder + own] = (each.get("state", "error"), each["exit_code"])
    return found


# status


def test_status_of_one_project_is_as_its_schema_says(story: Story) -> None:
    begin(story, "")
    done = checked(story.run("status", "--json"))
    assert "projects" not in done.json
    assert (done.json["state"], done.json["answers_file"]) == ("update available", ".copier-answers.yml")


def test_status_lists_the_projects_below(story: Story) -> None:
    begin(story, ONE, TWO, DEEP)
    assert story.update(path=TWO).code == 0
    done = checked(story.run("status", "--json"))
    assert rows(done) == {
        ONE: ("update available", 4),
        "one/deep": ("update available", 4),
        TWO: ("current", 0),
    }
    assert (done.code, done.json["exit_code"], "version" in done.json) == (4, 4, False)
    shown = story.run("status")
    assert shown.code == 4
    assert f"{ONE}       v1.0.0  v2.0.0  update available" in shown.text
    assert f"{TWO}       v2.0.0  v2.0.0  current" in shown.text
    assert f"goldenpath update --all {story.project}" in shown.text
    assert set(rows(story.run("status", "--json", path="packages"))) == {ONE, TWO, "one/deep"}


def test_status_of_a_project_with_others_below_still_says_its_own(story: Story) -> None:
    begin(story, "", ONE)
    assert story.update().code == 0
    done = checked(story.run("status", "--json"))
    assert (done.json["version"], done.json["state"], done.json["exit_code"], done.code) == (
        "v2.0.0",
        "current",
        4,
        4,
    )
    assert [each["version"] for each in done.json["projects"]] == ["v2.0.0", "v1.0.0"]


def test_status_tells_the_most_urgent(story: Story) -> None:
    begin(story, ONE, TWO, "packages/three")
    assert story.run("status").code == 4
    (story.project / ONE / "a.txt").write_text("<<<<<<< a\n=======\n>>>>>>> b\n")
    assert checked(story.run("status", "--json")).code == 3
    story.edit({f"{TWO}/.copier-answers.yml": "a: [1\n"})
    for text in ("a: [1\n", "_commit: v1.0.0\n_src_path: https://me:secret@127.0.0.1:9/x.git\n"):
        story.edit({f"{TWO}/.copier-answers.yml": text})
        done = checked(story.run("status", "--json"))
        assert (done.code, rows(done)[TWO], "secret" in done.text) == (1, ("error", 1), False)
        assert set(rows(done)) == {ONE, TWO, "packages/three"}
        shown = story.run("status").text
        assert "cannot be told" in shown
        assert "packages/three" in shown
        assert "secret" not in shown


def test_several_answers_files_of_one_folder_are_projects(story: Story, tmp_path: Path) -> None:
    begin(story, ONE)
    extra(story, tmp_path, ONE)
    done = checked(story.run("status", "--json", path=ONE))
    assert rows(done) == {
        ONE: ("update available", 4),
        f"{ONE} .copier-answers.extra.yml": ("update available", 4),
    }
    told = every(story, "--dry-run", "--exit-code")
    assert (told.code, told.json["exit_code"]) == (5, 5)
    done = every(story)
    assert (done.code, [each["exit_code"] for each in done.json["projects"]]) == (0, [0, 0])
    assert (story.read(f"{ONE}/a.txt"), story.read(f"{ONE}/extra.txt")) == (NEWER, NEWER)
    assert story.update("--abort", "--all").code == 0
    assert story.status() == ""


def test_one_git_process_finds_all(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(story, ONE)
    for number in range(50):
        shutil.copytree(story.project / ONE, story.project / f"more/{number}")
    called: list[tuple[str, ...]] = []
    attempt = ours.attempt

    def counted(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        called.append(arguments)
        return attempt(folder, *arguments, text=text)

    monkeypatch.setattr(ours, "attempt", counted)
    assert len(projects.members(story.project)) == 51
    assert len(called) == 1


# update --all


def test_all_are_updated_and_taken_back(story: Story) -> None:
    begin(story, "", ONE, DEEP, TWO)
    before = whole(story.project)
    preview = every(story, "--dry-run")
    assert (preview.code, whole(story.project)) == (0, before)
    done = every(story)
    assert done.code == 0
    assert [each["applied"] for each in done.json["projects"]] == [True] * 4
    assert [each["changes"] for each in done.json["projects"]] == [
        each["changes"] for each in preview.json["projects"]
    ]
    assert [story.read(f"{folder}/a.txt") for folder in (".", ONE, DEEP, TWO)] == [NEWER] * 4
    refused = story.run("update", "--all")
    assert (refused.code, "update --abort --all" in refused.error) == (1, True)
    back = story.run("update", "--all", "--abort")
    assert (back.code, back.text.count("Rolled back")) == (0, 4)
    assert (whole(story.project), story.status()) == (before, "")
    assert "no update to undo" in story.run("update", "--all", "--abort").error
    assert story.run("update", "--all").code == 0
    commit_all(story.project, "Updated")
    assert (story.run("update", "--all").code, story.run("status").code, story.status()) == (0, 0, "")
    assert "no update to undo" in story.run("update", "--all", "--abort").error


def test_only_those_below_the_folder(story: Story) -> None:
    begin(story, "", ONE, TWO)
    assert story.update("--all", path=ONE).code == 0
    assert [story.read(f"{folder}/a.txt") for folder in (".", ONE, TWO)] == [numbered(), NEWER, numbered()]
    assert "no update to undo" in story.run("update", "--all", "--abort", path=TWO).error
    assert story.update("--all", "--abort", path=ONE).code == 0
    assert story.status() == ""


def test_a_tree_with_changes_is_refused_before_anything(story: Story) -> None:
    begin(story, ONE, TWO)
    (story.project / TWO / "a.txt").write_text("mine\n")
    done = story.run("update", "--all")
    assert (done.code, "not committed: packages/two/a.txt" in done.error) == (1, True)
    assert story.read(f"{ONE}/a.txt") == numbered()


def test_conflicts_and_failures_do_not_stop_the_others(story: Story) -> None:
    begin(story, ONE, TWO, "packages/zoo")
    story.edit({f"{ONE}/a.txt": numbered(l2="mine")})
    done = every(story)
    assert [each["exit_code"] for each in done.json["projects"]] == [3, 0, 0]
    assert (done.code, done.json["exit_code"]) == (3, 3)
    assert "UU packages/one/a.txt" in story.status()
    assert every(story, "--abort").code == 0
    assert story.status() == ""
    story.edit({f"{TWO}/.copier-answers.yml": "_commit: v1.0.0\n_src_path: /nowhere\n"})
    done = every(story)
    assert (done.code, [each["exit_code"] for each in done.json["projects"]]) == (1, [3, 1, 0])
    assert "gone" in done.json["projects"][1]["error"]["message"]
    assert story.read("packages/zoo/a.txt") == NEWER
    every(story, "--abort")
    shown = story.run("update", "--all")
    assert (shown.code, "packages/two: The template '/nowhere' is gone" in shown.text) == (1, True)


def test_the_way_back_keeps_later_edits_of_all(story: Story) -> None:
    begin(story, ONE, TWO)
    assert story.run("update", "--all").code == 0
    for folder in (ONE, TWO):
        (story.project / folder / "a.txt").write_text(f"later in {folder}\n")
    back = story.run("update", "--all", "--abort")
    assert (back.code, story.status()) == (0, "")
    for line in (each for each in back.text.splitlines() if "type: git -C" in each):
        commit = line.split(" checkout ")[1].split(" ")[0]
        folder = ONE if f"/{ONE} " in line else TWO
        assert git(story.project, "show", f"{commit}:{folder}/a.txt") == f"later in {folder}\n"
    assert back.text.count("type: git -C") == 2


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_run_that_is_cut_off(number: int, story: Story) -> None:
    begin(story, ONE, TWO)
    before = whole(story.project)
    command = ["update", "--all", str(story.project)]
    code, said = run(
        [sys.executable, "-c", DYING, ".goldenpath-new-", str(number), *command], cwd=story.project
    )
    assert code == 9, said
    assert story.run("status").code == 3
    refused = story.run("update", "--all", "--dry-run")
    assert (refused.code, "--abort --all" in refused.error) == (1, True)
    assert story.run("update", "--all", "--abort").code == 0
    assert (whole(story.project), story.status()) == (before, "")


@pytest.mark.parametrize("number", [1, 3])
def test_a_run_that_goes_on_after_one_was_cut_off(number: int, story: Story) -> None:
    begin(story, ONE, TWO, name=".config/made.yml")
    command = ["update", "--all", str(story.project)]
    code, said = run(
        [sys.executable, "-c", DYING, ".goldenpath-new-", str(number), *command], cwd=story.project
    )
    assert code == 9, said
    again = story.run("update", "--all")
    if number == 3:  # the first is done, and not committed
        assert (again.code, "--abort --all" in again.error) == (1, True)
        assert story.read(f"{TWO}/a.txt") == numbered()
    else:
        assert again.code == 0
        assert [story.read(f"{folder}/a.txt") for folder in (ONE, TWO)] == [NEWER] * 2


def test_all_with_answers_files_that_move(story: Story) -> None:
    begin(story, ONE, TWO)
    before = whole(story.project)
    story.release("v3.0.0", {"a.txt": numbered(l2="newer")}, moves(".config/made.yml"))
    assert every(story).code == 0
    assert rows(story.run("status", "--json")) == {
        f"{folder} .config/made.yml": ("current", 0) for folder in (ONE, TWO)
    }
    assert every(story, "--abort").code == 0
    assert (whole(story.project), story.status()) == (before, "")


def test_what_does_not_go_together(story: Story) -> None:
    begin(story, ONE)
    done = story.run("update", "--all", "--answers-file", "x.yml")
    assert (done.code, "--answers-file is for one" in done.error) == (2, True)
    done = story.run("update", "--all", "--template", "gh:a/b")
    assert (done.code, "--template is for one" in done.error) == (2, True)
    assert story.run("update", "--all", "--abort", "--dry-run").code == 2


def test_all_of_nothing(story: Story) -> None:
    story.project.mkdir()
    (story.project / "a").write_text("a\n")
    commit_all(story.project, "Nothing")
    assert story.run("update", "--all").code == 1


def test_copier_agrees_on_each(story: Story) -> None:
    begin(story, ONE, TWO)
    theirs = story.copy("theirs")
    for folder in (ONE, TWO):
        copier.run_update(theirs.project / folder, defaults=True, overwrite=True, quiet=True)
        commit_all(theirs.project, folder)
    assert story.update("--all", "--policy", "copier").code == 0
    assert whole(story.project) == whole(theirs.project)
