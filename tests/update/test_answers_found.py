"""An answers file is found by what it says, wherever it lies, and never taken for that of another folder."""

from __future__ import annotations

import shutil

import pytest

from tests.support import commit_all
from tests.update.story import BASICS, Story, numbered
from tests.update.test_real_life import NAMED, begin

OLD, NEW = ".copier-answers.yml", ".config/.copier-answers.yml"


def moves(name: str) -> str:
    return f"_answers_file: '{name}'\n{NAMED}"


@pytest.mark.parametrize("place", [".copier-answers.mine.yml", NEW, ".github/made.yaml", "cfg.yml"])
@pytest.mark.parametrize("folder", ["", "packages/one"])
def test_it_is_found_by_what_it_says(place: str, folder: str, story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, moves(place))
    story.start(folder)
    for hidden in (".venv", "node_modules/x"):
        (story.project / folder / hidden).mkdir(parents=True)
        shutil.copy(story.project / folder / place, story.project / folder / hidden / "copy.yml")
    # They do not count even where nobody has told git to ignore them.
    assert story.run("status", "--json", path=folder).json["version"] == "v1.0.0"
    story.edit({".gitignore": ".venv\nnode_modules\n"})
    story.release("v2.0.0", {"a.txt": numbered(l2="theirs")})
    assert story.run("status", path=folder).code == 4
    assert story.update(path=folder).kinds() == {place: "update", "a.txt": "update"}
    shown = story.run("update", "--abort", path=folder)
    assert (shown.code, story.status()) == (0, "")


def test_several_are_named_with_what_to_type(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    answers = story.read(OLD)
    story.edit(
        {OLD: None, "b.yml": answers, ".config/a.yml": answers, "list.yml": "- _commit\n- _src_path\n"}
    )
    for command in ("update", "diff"):
        done = story.run(command)
        assert done.code == 2
        assert "several answers files: .config/a.yml, b.yml." in done.error
        assert "--answers-file .config/a.yml" in done.error
    assert story.update("--answers-file", "b.yml").code == 0


def test_the_usual_name_goes_before_others(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.edit({"b.yml": story.read(OLD).replace("v1.0.0", "v0")})
    assert story.update().json["from"]["commit"] == "v1.0.0"


def test_a_file_of_a_project_below_is_not_taken_for_the_folders_own(story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, NAMED)
    story.start("packages/one")
    done = story.run("update")
    assert (done.code, story.status()) == (1, "")
    assert "Below it there are projects: packages/one." in done.error
    (story.project / "packages/one" / OLD).rename(story.project / "packages/one/made.yml")
    commit_all(story.project, "Another name")
    for command in ("update", "diff"):
        done = story.run(command)
        assert (done.code, story.status()) == (1, "")
        assert "Below it there are projects: packages/one." in done.error


def test_a_plain_folder_may_be_where_the_template_puts_it(story: Story) -> None:
    """A project in the folder around it, beside one that is below."""
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, moves("docs/answers.yml"))
    story.start()
    story.start("packages/one")
    assert story.run("diff").code == 0
    assert story.run("diff", path="packages/one").code == 0
    # What cannot be told is of the folder that it lies in.
    story.edit({"docs/answers.yml": "_commit: v1\n_src_path: /nowhere\n"})
    assert "Below it there are projects: docs, packages/one." in story.run("diff").error
