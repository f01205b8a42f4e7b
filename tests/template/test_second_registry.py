"""A second registry is a layer, a choice and two lines: it has all that `files` has, and its mirror beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.questionnaire import ROOT
from tests.support import Files, copy_template, render
from tests.template import layer_rules
from tests.template.cases import Answers

CHOICE = ("    Nowhere yet: none\n", "    In a stub: stub\n    Nowhere yet: none\n")
LINE = "registry_stub: {type: str, when: false, default: \"{{ '.' if effective_registry == 'stub' }}\"}\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template with the registry `stub`, which brings one file."""
    folder = copy_template(ROOT, tmp_path_factory.mktemp("template"))
    questions = folder / "template/questions"
    text = (questions / "delivery.yml").read_text("utf-8")
    (questions / "delivery.yml").write_text(text.replace(*CHOICE, 1), "utf-8")
    with (questions / "computed.yml").open("a", encoding="utf-8") as file:
        file.write(LINE)
    layer = folder / "template/project/{{registry_stub}}/docs"
    layer.mkdir(parents=True)
    (layer / "stub.md").write_text("A mirror.\n", "utf-8")
    return folder


def without_answers(files: Files) -> Files:
    return {path: content for path, content in files.items() if path != ".copier-answers.yml"}


@pytest.mark.parametrize("answers", [{}, {"ci": "gitlab", "preset": "minimal"}], ids=["default", "minimal"])
def test_it_has_what_the_first_one_has(answers: Answers, template: Path) -> None:
    first, second = (render({**answers, "registry": name}, template) for name in ("files", "stub"))
    assert without_answers(second) == without_answers(first) | {"docs/stub.md": b"A mirror.\n"}


def test_it_keeps_the_rules_of_layers(template: Path) -> None:
    rules = (
        layer_rules.layers_have_a_line_and_a_choice,
        layer_rules.layers_are_the_choices_of_a_question,
        layer_rules.rendered_paths_are_unique,
    )
    assert [found for rule in rules for found in rule(template)] == []
