"""Answers that follow the template: which become empty, which stay, and what the user is told of either."""

from __future__ import annotations

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.questionnaire import ROOT
from tests.update.story import BASICS, Story

OLD = (
    "ci: {type: str, choices: [github, gitlab], default: github}\n"
    "image: {type: str, ask: false, default: one}\n"
    "parts: {type: str, multiselect: true, choices: [a, b], default: \"{{ ['a', 'b'] }}\"}\n"
    "bot: {type: str, default: \"{{ 'hub' if ci == 'github' else 'lab' }}\"}\n"
)
NEW = (
    "ci: {type: str, choices: [github, gitlab], default: github}\n"
    'image: {type: str, ask: false, default: ""}\n'
    'shown_image: {type: str, when: false, default: "{{ image }}"}\n'
    "effective_image: {type: str, when: false, default: \"{{ image or 'two' }}\"}\n"
    "parts: {type: str, multiselect: true, choices: [a, b], default: []}\n"
    "effective_parts: {type: yaml, when: false, default: \"{{ parts or ['a', 'b'] }}\"}\n"
    'bot: {type: str, default: ""}\n'
    "effective_bot: {type: str, when: false, default: \"{{ bot or ('hub' if ci == 'github' else 'lab') }}\"}\n"
)
BEFORE = {**BASICS, "a.txt.jinja": "{{ image }} {{ parts | join('+') }} {{ bot }}\n"}
AFTER = {"a.txt.jinja": "{{ effective_image }} {{ effective_parts | join('+') }} {{ effective_bot }}\n"}


def begin(story: Story, questions: str = OLD, **answers: Any) -> None:
    story.release("v1.0.0", BEFORE, questions)
    story.start(**answers)


def test_defaults_that_were_stored_follow_the_template_again(story: Story) -> None:
    begin(story)
    story.release("v2.0.0", AFTER, NEW)
    done = story.update()
    assert done.json["follows"] == ["image", "parts", "bot"]
    assert done.json["answers"]["image"] == {"from": "one", "to": ""}
    assert done.json["answers"]["parts"] == {"from": ["a", "b"], "to": []}
    assert story.read("a.txt") == "two a+b hub\n"
    assert "image: ''\n" in story.read(".copier-answers.yml")
    assert story.run("status", "--json").json["chosen"] == {}


def test_a_release_after_that_moves_them_by_plain_copier(story: Story) -> None:
    begin(story)
    story.release("v2.0.0", AFTER, NEW)
    assert story.update("--commit").code == 0
    story.release("v3.0.0", {}, NEW.replace("'two'", "'three'"))
    story.by_copier(ci="gitlab")
    assert story.read("a.txt") == "three a+b lab\n"


def test_what_the_plan_says_of_them(story: Story) -> None:
    begin(story)
    story.release("v2.0.0", AFTER, NEW)
    assert (
        "answer image follows the template again; it was its default: 'one'"
        in story.run("update", "--dry-run").text
    )
    shown = story.run("update", "--dry-run", "--markdown").text
    assert "- Answer `image`: `one` → `` (follows the template again)" in shown


def test_an_answer_of_its_own_stays_by_both_and_status_says_so(story: Story) -> None:
    begin(story, image="mine", bot="lab")
    story.release("v2.0.0", AFTER, NEW)
    twin = story.copy("twin")
    twin.by_copier()
    assert twin.read("a.txt") == "mine a+b lab\n"
    assert story.update("--commit").json["follows"] == ["parts"]
    assert story.read("a.txt") == twin.read("a.txt")
    told = story.run("status", "--json").json
    assert told["chosen"] == {
        "bot": {"answer": "lab", "release": "hub"},
        "image": {"answer": "mine", "release": "two"},
    }
    jsonschema.validate(told, json.loads((ROOT / "docs/schemas/status.json").read_text("utf-8")))
    text = story.run("status").text
    assert "    image: 'mine'; the template has 'two'\n" in text
    assert "goldenpath update --data image= " in text
    assert story.update("--data", "bot=", "--data", "image=", "--commit").code == 0
    assert story.read("a.txt") == "two a+b hub\n"
    assert "chosen here" not in story.run("status").text


def test_a_list_of_its_own(story: Story) -> None:
    begin(story, NEW, parts=["a"])
    assert "type: goldenpath update --data 'parts=[]'" in story.run("status").text
    assert story.update("--data", "parts=[]").code == 0
    assert "parts: []" in story.read(".copier-answers.yml")


def test_another_answer_given_with_the_update_moves_what_follows_from_it(story: Story) -> None:
    begin(story)
    story.release("v2.0.0", AFTER, NEW)
    assert "bot" in story.update("--data", "ci=gitlab").json["follows"]
    assert story.read("a.txt") == "two a+b lab\n"


def test_status_tells_a_default_from_what_follows_another_answer(story: Story) -> None:
    """What an empty answer stands for is looked up with the project's other answers."""
    begin(story, NEW, ci="gitlab", bot="hub")
    assert story.run("status", "--json").json["chosen"] == {"bot": {"answer": "hub", "release": "lab"}}


STAYS = {
    "no computed line": NEW.replace("effective_bot", "effect").replace("{{ bot or ", "{{ "),
    "one that has nothing instead": NEW.replace(
        "{{ bot or ('hub' if ci == 'github' else 'lab') }}", "{{ bot }}"
    ),
    "one that says something else": NEW.replace("{{ bot or (", "{{ bot ~ '!' if bot else ("),
    "a default that is no empty text": NEW.replace(
        'bot: {type: str, default: ""}', "bot: {type: str, default: x}"
    ),
}


@pytest.mark.parametrize("why", STAYS)
def test_an_answer_stays_where_empty_does_not_mean_the_templates(why: str, story: Story) -> None:
    begin(story)
    story.release("v2.0.0", {}, STAYS[why])
    story.release("v2.0.1", {"a.txt.jinja": "{{ bot }}\n"})
    assert "bot" not in story.update().json["follows"]
    assert story.read("a.txt") == "hub\n"


def test_an_answer_that_is_given_with_the_update_is_no_default(story: Story) -> None:
    begin(story)
    story.release("v2.0.0", AFTER, NEW)
    assert "image" not in story.update("--data", "image=one").json["follows"]
    assert story.read("a.txt") == "one a+b hub\n"


def test_the_policy_of_copier_leaves_answers_alone(story: Story) -> None:
    begin(story)
    story.release("v2.0.0", AFTER, NEW)
    assert story.update("--policy", "copier").json["follows"] == []
    assert story.read("a.txt") == "one a+b hub\n"


def test_a_value_chosen_from_then_on_stays_though_it_was_the_releases(story: Story) -> None:
    begin(story, NEW, image="two")
    story.release("v2.0.0", AFTER, NEW.replace("'two'", "'three'"))
    assert story.update("--commit").json["follows"] == []
    assert story.read("a.txt").startswith("two ")
    assert "image: 'two'; the template has 'three'" in story.run("status").text


def test_the_difference_from_the_newest_is_that_of_an_update(story: Story) -> None:
    begin(story)
    story.release("v2.0.0", AFTER, NEW)
    assert "-two a+b hub\n+one a+b hub\n" in story.run("diff").text


def test_status_of_many_projects_counts_them(story: Story) -> None:
    story.release("v1.0.0", BEFORE, NEW)
    story.start("one", image="mine")
    story.start("two")
    assert "current; 1 answer differs" in story.run("status").text


def test_a_new_project_is_told_what_its_empty_answers_stand_for(story: Story) -> None:
    story.release("v1.0.0", {**BEFORE, **AFTER}, NEW)
    told = story.run(
        "new", "--template", str(story.template), "--defaults", "--json", "--data", "bot=lab"
    ).json
    assert told["follows"] == {"image": "two", "parts": ["a", "b"]}
    assert told["answers"] == {"bot": "lab", "ci": "github", "image": "", "parts": []}
