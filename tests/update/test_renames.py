"""A file that goes by another name: followed where the history says so, otherwise left alone and listed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support import commit_all, git
from tests.update.story import BASICS, Story, change, numbered, text
from tests.update.test_real_life import NAMED, begin

LOCAL = ("-c", "protocol.file.allow=always")
OTHER = "_commit: v1.0.0\n_src_path: /another/template\n"
OLD, NEW = numbered(), numbered(l11="theirs")
MINE, BOTH = numbered(l2="mine"), numbered(l2="mine", l11="theirs")


def workflow(name: str, *steps: str) -> str:
    """A file of which most is what every file of its kind has."""
    head = [f"name: {name}", "on: push", "permissions: {}", "jobs:", "  build:", "    runs-on: ubuntu-latest"]
    return text(*head, "    steps:", "      - uses: checkout@v4", "      - uses: setup-python@v5", *steps)


def test_an_edit_stays_out_of_a_new_file_of_the_same_kind(story: Story) -> None:
    stays = workflow("Test", "      - run: pytest")
    begin(story, {"ci/linting.yml": workflow("Lint", "      - run: pylint"), "ci/testing.yml": stays})
    mine = workflow("Lint", "      - run: pylint", "      - run: mine")
    story.edit({"ci/linting.yml": mine})
    docs = workflow("Docs", "      - run: sphinx-build")
    story.release("v2.0.0", {"ci/linting.yml": None, "ci/build-documentation.yml": docs})
    done = story.update()
    assert done.code == 0
    assert (story.read("ci/linting.yml"), story.read("ci/build-documentation.yml")) == (mine, docs)
    (why,) = [each["why"] for each in done.json["changes"] if each["path"] == "ci/linting.yml"]
    assert "not surely the same" in why


def renamed(story: Story) -> None:
    story.edit({"a.txt": None, "b.txt": OLD})
    story.edit({"b.txt": MINE})


def edited_with_it(story: Story) -> None:
    story.edit({"a.txt": None, "b.txt": MINE})


def edited_before(story: Story) -> None:
    story.edit({"a.txt": MINE})
    story.edit({"a.txt": None, "b.txt": MINE, "c.txt": "of no concern\n"})


def renamed_twice(story: Story) -> None:
    story.edit({"a.txt": None, "c.txt": OLD})
    story.edit({"c.txt": None, "b.txt": MINE})


def there_and_back(story: Story) -> None:
    story.edit({"a.txt": None, "b.txt": OLD})
    story.edit({"b.txt": None, "a.txt": OLD})
    story.edit({"a.txt": None, "b.txt": MINE})


def on_a_branch(story: Story) -> None:
    git(story.project, "switch", "--quiet", "-c", "side")
    story.edit({"a.txt": None, "b.txt": MINE})
    git(story.project, "switch", "--quiet", "main")
    story.edit({"elsewhere.txt": "1\n"})
    git(story.project, "merge", "--quiet", "--no-edit", "side")


@pytest.mark.parametrize(
    "did",
    [renamed, edited_with_it, edited_before, renamed_twice, there_and_back, on_a_branch],
)
def test_a_rename_that_the_history_shows_is_followed(did: Callable[[Story], None], story: Story) -> None:
    begin(story, {"a.txt": OLD})
    did(story)
    story.release("v2.0.0", {"a.txt": NEW})
    assert story.update().kinds() == {".copier-answers.yml": "update", "b.txt": "merge"}
    assert story.read("b.txt") == BOTH
    assert not (story.project / "a.txt").exists()
    # And so it is from then on: the update that wrote it was this template's.
    commit_all(story.project, "Updated")
    story.release("v3.0.0", {"a.txt": numbered(l11="newer")})
    assert story.update().kinds()["b.txt"] == "merge"


def copied(story: Story) -> None:
    story.edit({"b.txt": MINE})
    story.edit({"a.txt": None})


def copied_twice(story: Story) -> None:
    story.edit({"a.txt": None, "b.txt": MINE, "c.txt": numbered(l2="also mine")})


def deleted_and_written_again(story: Story) -> None:
    story.edit({"a.txt": None})
    story.edit({"b.txt": MINE})


def rewritten(story: Story) -> None:
    story.edit({"a.txt": None, "b.txt": numbered(**{f"l{number}": "mine" for number in range(1, 8)})})


def renamed_and_another_came(story: Story) -> None:
    story.edit({"a.txt": None, "b.txt": OLD})
    story.edit({"b.txt": None})
    story.edit({"b.txt": MINE})


def squashed(story: Story) -> None:
    """One commit for all that there ever was."""
    story.edit({"a.txt": None, "b.txt": MINE})
    git(story.project, "checkout", "--quiet", "--orphan", "once")
    commit_all(story.project, "All at once")


def with_another_template(story: Story) -> None:
    """What a template wrote in the commit that removed the file was no rename."""
    story.edit({"a.txt": None, "b.txt": MINE, ".copier-answers.other.yml": OTHER})


def with_another_template_elsewhere(story: Story) -> None:
    """However its answers file is called."""
    story.edit({"a.txt": None, "b.txt": MINE, ".other/answers.yaml": OTHER})


def another_template_came_to_it(story: Story) -> None:
    story.edit({"a.txt": None, "b.txt": OLD})
    story.edit({"b.txt": MINE, ".copier-answers.other.yml": OTHER})


def on_two_branches(story: Story) -> None:
    """One deleted it, the other copied it."""
    git(story.project, "switch", "--quiet", "-c", "side")
    story.edit({"b.txt": MINE})
    git(story.project, "switch", "--quiet", "main")
    story.edit({"a.txt": None})
    git(story.project, "merge", "--quiet", "--no-edit", "side")


def equal_twins(story: Story) -> None:
    """One of two equal files that became one."""
    story.edit({"twin.txt": OLD})
    story.edit({"a.txt": None, "twin.txt": None, "b.txt": OLD})


@pytest.mark.parametrize(
    "did",
    [
        copied,
        copied_twice,
        deleted_and_written_again,
        rewritten,
        renamed_and_another_came,
        squashed,
        with_another_template,
        with_another_template_elsewhere,
        another_template_came_to_it,
        on_two_branches,
        equal_twins,
    ],
)
def test_what_is_no_rename_for_sure_is_left_alone(did: Callable[[Story], None], story: Story) -> None:
    begin(story, {"a.txt": OLD})
    did(story)
    mine = story.read("b.txt")
    story.release("v2.0.0", {"a.txt": NEW})
    done = story.update()
    assert done.kinds() == {".copier-answers.yml": "update", "a.txt": "keep"}
    assert story.read("b.txt") == mine
    assert done.json["notes"] == []


def test_a_workflow_of_the_users_in_place_of_the_templates(story: Story) -> None:
    """Deleted and written in one commit, but only as like as all of its kind."""
    begin(story, {"ci/lint.yml": workflow("Lint", "      - run: pylint"), "ci/test.yml": workflow("Test")})
    mine = workflow("Docs", "      - run: sphinx-build")
    story.edit({"ci/lint.yml": None, "ci/docs.yml": mine})
    story.release("v2.0.0", {"ci/lint.yml": workflow("Lint", "      - run: ruff")})
    assert story.update().kinds()["ci/lint.yml"] == "keep"
    assert story.read("ci/docs.yml") == mine


@pytest.mark.parametrize("tree", [False, True], ids=["clone", "work tree"])
def test_a_history_that_is_cut_off_says_so(tree: bool, story: Story) -> None:
    begin(story, {"a.txt": OLD})
    renamed(story)
    story.release("v2.0.0", {"a.txt": NEW})
    whole = story.project.rename(story.project.with_name("whole"))
    place = story.project.with_name("clone") if tree else story.project
    git(whole.parent, *LOCAL, "clone", "--quiet", "--depth=1", f"file://{whole}", str(place))
    if tree:
        git(place, "worktree", "add", "--quiet", "-b", "tree", str(story.project))
    done = story.update("--dry-run")
    assert done.kinds() == {".copier-answers.yml": "update", "a.txt": "keep"}
    assert "git fetch --unshallow" in str(done.json["notes"])
    assert "deleted or renamed" in str(done.json["changes"])
    git(place, *LOCAL, "fetch", "--quiet", "--unshallow")
    done = story.update()
    assert (done.kinds()["b.txt"], done.json["notes"]) == ("merge", [])


def test_a_folder_that_moves_with_equal_files(story: Story) -> None:
    """Each keeps its name."""
    begin(story, {"folder/x.txt": OLD, "folder/y.txt": OLD})
    story.edit(
        dict.fromkeys(("folder/x.txt", "folder/y.txt")) | dict.fromkeys(("mine/x.txt", "mine/y.txt"), OLD)
    )
    story.release("v2.0.0", {"folder/y.txt": NEW})
    assert story.update().code == 0
    assert (story.read("mine/x.txt"), story.read("mine/y.txt")) == (OLD, NEW)


@pytest.mark.parametrize("content", [OLD, MINE], ids=["same", "edited"])
def test_projects_in_one_repository(content: str, story: Story) -> None:
    """Each follows its own, also where one commit renames in all of them, or updates all of them."""
    story.release("v1.0.0", {**BASICS, "a.txt": OLD}, NAMED)
    names = ("one", "two")
    for name in names:
        story.start(f"apps/{name}")
    for name in names:
        change(story.project, {f"apps/{name}/a.txt": None, f"apps/{name}/b.txt": content})
    commit_all(story.project, "Renamed in all")
    for number in (2, 3):
        story.release(f"v{number}.0.0", {"a.txt": numbered(l11=f"theirs {number}")})
        done = [story.update(path=f"apps/{name}").kinds() for name in names]
        commit_all(story.project, "Updated all")
        assert [kinds.keys() - {".copier-answers.yml"} for kinds in done] == [{"b.txt"}, {"b.txt"}]


@pytest.mark.parametrize("content", [OLD, MINE], ids=["a copy", "something like it"])
def test_what_moved_out_of_the_project_is_gone_from_it(content: str, story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": OLD}, NAMED)
    story.start("apps/one")
    story.edit({"apps/one/a.txt": None, "shared/a.txt": OLD, "apps/one/b.txt": content})
    story.release("v2.0.0", {"a.txt": NEW})
    assert story.update(path="apps/one").kinds()["a.txt"] == "keep"
    assert (story.read("shared/a.txt"), story.read("apps/one/b.txt")) == (OLD, content)


def test_policy_copier_asks_no_history(story: Story) -> None:
    begin(story, {"a.txt": OLD})
    renamed(story)
    story.release("v2.0.0", {"a.txt": NEW})
    assert story.update("--policy", "copier").kinds() == {".copier-answers.yml": "update"}
    assert story.read("b.txt") == MINE
