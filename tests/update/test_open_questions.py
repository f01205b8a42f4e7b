"""Answers that are missing or no longer taken: all of them in one message, with what is taken now."""

from __future__ import annotations

import pytest

from goldenpath import engine
from tests.support import git
from tests.update.story import BASICS, Story
from tests.update.test_lanes import NAMED, begin

OLD = NAMED + "ci: {type: str, choices: [travis, github], default: travis}\nlevel: {type: int, default: 1}\n"
NEW = (
    NAMED
    + "ci: {type: str, choices: {GitHub: github, GitLab: gitlab}, default: gitlab}\n"
    + 'level: {type: int, default: 5, validator: "{% if level < 3 %}at least 3{% endif %}"}\n'
)
OPEN = (
    "region: {type: str, choices: [eu, us]}\n"
    "sizes: {type: int, multiselect: true, choices: [1, 2]}\n"
    "owner: {type: str}\n"
    "count: {type: int}\n"
    "of_ci: {type: str, when: \"{{ ci == 'github' }}\"}\n"
    "strict: {type: str, validator: \"{% if strict != 'a' %}it is a{% endif %}\"}\n"
    "last: {type: str}\n"
)


def test_answers_that_are_no_longer_taken_are_named_together(story: Story) -> None:
    begin(story, {"a.txt.jinja": "{{ ci }} {{ level }}\n"}, OLD)
    story.release("v2.0.0", {}, NEW)
    refused = story.update()
    assert refused.code == 2
    message, hint = refused.json["error"]["message"], refused.json["error"]["hint"]
    assert "'ci' 'travis' is no longer taken; one of: github, gitlab; the default is 'gitlab'" in message
    assert "'level' 1 is no longer taken; the default is 5" in message
    assert "--data ci=... --data level=..." in hint
    assert "--accept-defaults" in hint
    assert story.status() == ""
    assert story.update("--data", "ci=github").json["error"]["message"].count("\n") == 1
    assert story.update("--dry-run", "--data", "ci=github", "--data", "level=4").code == 0
    assert story.update("--accept-defaults").code == 0
    assert story.read("a.txt") == "gitlab 5\n"


def test_questions_without_default_are_named_together(story: Story) -> None:
    begin(story, {"a.txt": "x\n"}, OLD)
    story.release("v2.0.0", {}, NEW + OPEN)
    for options in ((), ("--accept-defaults",)):
        refused = story.update(*options)
        assert refused.code == 2
        message = refused.json["error"]["message"]
        for row in (
            "'region' has no default: it must be answered; one of: eu, us",
            "'sizes' has no default: it must be answered; one of: 1, 2",
            "'owner' has no default",
            "'count' has no default",
            "'strict' has no default",
            "'ci' 'travis' is no longer taken",
        ):
            assert row in message
        assert "of_ci" not in message
    # What comes after an answer that nobody can guess is told next time.
    given = ["region=eu", "sizes=[1]", "owner=us", "count=3", "ci=github", "of_ci=x", "level=3", "strict=a"]
    data = [word for each in given for word in ("--data", each)]
    assert "'last' has no default" in story.update(*data).json["error"]["message"]
    assert story.update(*data, "--data", "last=x").code == 0


@pytest.mark.parametrize("question", ["region: {type: str, choices: [eu, us]}\n", "region: {type: yaml}\n"])
def test_a_new_project_is_told_too(
    question: str, story: Story, tmp_path_factory: pytest.TempPathFactory
) -> None:
    story.release(
        "v1.0.0", {**BASICS, "a.txt.jinja": "{{ region }}\n"}, NAMED + question + "owner: {type: str}\n"
    )
    place = tmp_path_factory.mktemp("new") / "demo"
    refused = Story(story.template, place, story.capsys).run(
        "new", "--template", str(story.template), "--defaults", "--json"
    )
    assert refused.code == 2
    assert "'region' has no default" in refused.json["error"]["message"]
    assert "'owner' has no default" in refused.json["error"]["message"]


def test_a_missing_extension_is_named(story: Story) -> None:
    begin(story, {"a.txt": "x\n"})
    story.release("v2.0.0", {"a.txt": "y\n"}, "_jinja_extensions: [of_nobody.Extension]\n" + NAMED)
    refused = story.update("--trust")
    assert refused.code == 1
    assert "the Jinja extension of_nobody is not installed" in refused.json["error"]["message"]
    assert "--with of-nobody" in refused.json["error"]["hint"]
    assert story.run("status", "--json").json["newest"] == "v2.0.0"


ODD = {
    "{{ 1 / 0 }}": "division by zero",
    "{{ {}['x'] | int + [][1] }}": "",
    "{{ 'x' | nothing }}": "nothing",
    "{% include 'gone' %}": "gone",
    "{{ _copier_conf.nothing.more }}": "",
    "{{ range(10 ** 12) | list | length }}": "",
    "{% for %}": "",
    "{{ ('9' * 5000) | int + name }}": "",
}


@pytest.mark.parametrize("lane", ["fast", "plain"])
@pytest.mark.parametrize("text", ODD)
def test_what_a_template_raises_is_no_traceback(
    text: str, lane: str, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDENPATH_LANE", lane)
    begin(story, {"a.txt": "x\n"})
    story.release("v2.0.0", {"a.txt": None, "b.txt.jinja": text + "\n"})
    refused = story.update()
    assert refused.code == 1
    assert "cannot be rendered" in refused.json["error"]["message"]
    assert ODD[text] in refused.json["error"]["message"]
    assert story.status() == ""


def test_the_question_that_does_not_fit_is_named(story: Story) -> None:
    """Not the first one that is open or given: a new default may not fit what was answered before."""
    asked = 'size: {type: int, default: 1, validator: "{% if size < 3 %}at least 3{% endif %}"}\n'
    begin(story, {"a.txt": "x\n"}, NAMED)
    story.release("v2.0.0", {}, NAMED + asked + "last: {type: str, default: x}\n")
    done = story.update("--data", "last=y")
    assert done.code == 2
    assert done.json["error"]["message"] == "The answer to 'size' does not fit: at least 3"
    assert done.json["error"]["hint"] == "Type --data size=..."


def test_a_difference_from_a_version_that_takes_other_answers(story: Story) -> None:
    begin(story, {"a.txt.jinja": "{{ ci }}\n"}, OLD)
    story.release("v2.0.0", {}, NEW)
    shown = story.run("diff")
    assert shown.code == 0
    assert "-gitlab\n+travis\n" in shown.text
    assert story.run("status").code == 4


def test_a_template_that_is_checked_out_where_it_is_none(story: Story) -> None:
    """Its versions count, and a bare repository has nothing checked out."""
    begin(story, {"a.txt": "one\n"})
    story.release("v2.0.0", {"a.txt": "two\n"})
    git(story.template, "rm", "--quiet", "copier.yml")
    git(story.template, "commit", "--quiet", "-m", "No template any more")
    engine.forget()
    assert story.update("--dry-run").kinds()["a.txt"] == "update"
    bare = story.template.with_name("bare")
    git(story.template, "clone", "--quiet", "--bare", str(story.template), str(bare))
    story.edit(
        {".copier-answers.yml": story.read(".copier-answers.yml").replace(str(story.template), str(bare))}
    )
    assert story.update().kinds()["a.txt"] == "update"
