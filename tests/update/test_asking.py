"""New questions are asked where there is a terminal, and only those."""

from __future__ import annotations

from tests.support import git
from tests.unit.test_wizard import Terminal
from tests.update.story import BASICS, Story

QUESTIONS = 'name: {type: str, help: "What is it called?", default: demo}\n'
MORE = QUESTIONS + 'team: {type: str, help: "Whose is it?", default: us}\n'


def begin(story: Story) -> None:
    story.release("v1.0.0", BASICS, QUESTIONS)
    story.start(name="mine")
    story.release("v2.0.0", {"team.txt.jinja": "{{ name }} of {{ team }}\n"}, MORE)


def test_a_new_question_is_asked(story: Story) -> None:
    begin(story)
    terminal = Terminal(["update", str(story.project)])
    terminal.expect("Whose is it")
    terminal.send("them\r")
    assert terminal.end() == 0
    assert "What is it called" not in terminal.read
    assert story.read("team.txt") == "mine of themus\n" or story.read("team.txt") == "mine of usthem\n"


def test_leaving_changes_nothing(story: Story) -> None:
    begin(story)
    terminal = Terminal(["update", str(story.project)])
    terminal.expect("Whose is it")
    terminal.send("\x03")
    assert terminal.end() == 130
    assert story.status() == ""
    assert "_commit: v1.0.0" in git(story.project, "show", "HEAD:.copier-answers.yml")
