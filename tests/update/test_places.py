"""Copier and our command in turns, several templates in one repository, projects in folders, addresses that are no more."""

from __future__ import annotations

from pathlib import Path

import copier

from goldenpath import engine
from tests.support import commit_all, git
from tests.update.story import BASICS, Story, change, numbered
from tests.update.test_real_life import NAMED, begin


def test_copier_and_goldenpath_take_turns(story: Story) -> None:
    begin(story, {"a.txt": numbered()})
    story.edit({"a.txt": numbered(l12="mine")})
    for number, updated in enumerate(("ours", "copier's", "ours", "copier's"), start=2):
        story.release(f"v{number}.0.0", {"a.txt": numbered(l2=f"version {number}")})
        if updated == "ours":
            assert story.update().code == 0
        else:
            story.by_copier()
        assert story.read("a.txt") == numbered(l2=f"version {number}", l12="mine")
        commit_all(story.project, f"Updated to {number}")


def test_a_relative_address_of_the_template_is_an_error_with_a_way_out(story: Story, tmp_path: Path) -> None:
    begin(story, {"a.txt": numbered()})
    answers = story.read(".copier-answers.yml")
    story.edit({".copier-answers.yml": answers.replace(str(story.template), "./nowhere")})
    done = story.update()
    assert done.code == 1
    assert "_src_path" in done.json["error"]["hint"]
    story.edit({".copier-answers.yml": answers.replace(str(story.template), "../template")})
    assert story.update().code == 0


def test_several_templates_in_one_repository(story: Story, tmp_path: Path) -> None:
    begin(story, {"a.txt": numbered()})
    extras = Story(tmp_path / "extras", story.project, story.capsys)
    extras.template.mkdir()
    extras.release(
        "v1.0.0", {**BASICS, "extra.txt": numbered()}, "_answers_file: .copier-answers.extra.yml\n" + NAMED
    )
    copier.run_copy(str(extras.template), story.project, defaults=True, quiet=True)
    commit_all(story.project, "Two templates")
    extras.release("v2.0.0", {"extra.txt": numbered(l2="theirs")})
    assert story.update().json["changes"] == []
    done = story.update("--answers-file", ".copier-answers.extra.yml")
    assert set(done.kinds()) == {".copier-answers.extra.yml", "extra.txt"}
    assert story.read("a.txt") == numbered()


def test_a_project_in_a_folder_of_a_repository(story: Story) -> None:
    story.release("v1.0.0", {**BASICS, "a.txt": numbered()}, NAMED)
    story.start("packages/one")
    story.edit({"README.md": "of the whole\n", "packages/one/a.txt": numbered(l2="mine", l6="mine")})
    story.release("v2.0.0", {"a.txt": numbered(l6="theirs", l11="theirs")})
    (story.project / "elsewhere.txt").write_text("not committed, and none of our business\n")
    done = story.update(path="packages/one")
    assert (done.code, done.kinds()["a.txt"]) == (3, "conflict")
    assert "UU packages/one/a.txt" in story.status()
    assert story.run("status", path="packages/one").code == 3
    assert story.run("update", "--abort", path="packages/one").code == 0
    assert story.status().splitlines() == ["?? elsewhere.txt"]


def test_drift_is_of_what_the_template_owns(story: Story) -> None:
    owners = "seeds: {type: yaml, when: false, default: [/mine.txt]}\nshared: {type: yaml, when: false, default: [/both.txt]}\n"
    names = ("both.txt", "edited.txt", "gone.txt", "waived.txt", "same.txt")
    left_out = "_exclude: [copier.yml, .git, mine.txt]\n"
    story.release("v1.0.0", {**BASICS, **dict.fromkeys(names, numbered())}, left_out + owners + NAMED)
    story.start()
    waiver = "waivers: [{path: /waived.txt, reason: meant, owner: us, expires: 2999-12-31}]\n"
    edited = dict.fromkeys(("both.txt", "edited.txt", "waived.txt"), numbered(l2="mine"))
    story.edit({**edited, "gone.txt": None, ".goldenpath.yml": waiver})
    done = story.run("status", "--json")
    assert (done.code, done.json["state"]) == (0, "current")
    assert done.json["drift"] == {"edited.txt": "edited", "gone.txt": "missing"}
    assert "edited.txt (edited)" in story.run("status").text
    shown = story.run("diff").text
    assert "+++ b/both.txt\n@@ -1,5 +1,5 @@\n line 1\n-line 2\n+mine\n" in shown
    assert list(story.run("diff", "--json").json["differences"]) == ["v1.0.0"]
    story.release("v2.0.0", {"same.txt": numbered(l1="newer")})
    assert story.run("status").code == 4
    assert list(story.run("diff", "--json").json["differences"]) == ["v1.0.0", "v2.0.0"]
    assert list(story.run("diff", "--json", "--to", "v2.0.0").json["differences"]) == ["v2.0.0"]


def test_status_of_a_template_without_releases(story: Story) -> None:
    """What its message says to type can be typed."""
    begin(story, {"a.txt": numbered()})
    git(story.template, "tag", "-d", "v1.0.0")
    first = git(story.template, "rev-parse", "HEAD").strip()
    story.edit({".copier-answers.yml": story.read(".copier-answers.yml").replace("v1.0.0", first)})
    engine.forget()
    refused = story.run("status")
    assert (refused.code, "Add --to HEAD" in refused.error) == (1, True)
    shown = story.run("status", "--to", "HEAD")
    assert (shown.code, f"it has all of {first[:7]}" in shown.text) == (0, True)
    change(story.template, {"a.txt": numbered(l2="theirs")})
    commit_all(story.template, "Newer")
    engine.forget()
    shown = story.run("status", "--to", "HEAD")
    assert (shown.code, f"goldenpath update --to HEAD {story.project}" in shown.text) == (4, True)
    newest = git(story.template, "rev-parse", "--short", "HEAD").strip()
    assert story.run("status", "--to", "HEAD", "--json").json["newest"] == newest
    assert story.run("status", "--to", "nowhere").code == 1
