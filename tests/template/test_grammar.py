"""The template's sources keep the rules of source_rules.py, and each rule is shown to find a defect."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.memory import render
from tests.questionnaire import ROOT, choices, questions, settings
from tests.support import copy_template
from tests.template import layer_rules as layers
from tests.template import source_rules as rules
from tests.template import target_rules as targets
from tests.template.cases import CASES, TEXTS, is_possible, pairs, resolved, values

Rule = Callable[[Path], Iterator[str]]
QUESTIONS = "template/questions/"
RUNTIME = "src/goldenpath_runtime/"
ANY, LOCAL, REGISTRY = (
    f"template/project/{{{{{layer}}}}}/{RUNTIME}"
    for layer in ("deploy_any", "deploy_local", "registry_files")
)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


class Defect(NamedTuple):
    """A change to the sources that a rule must find: `old` replaced by `new`, or `new` as a file where old is None."""

    rule: Rule
    path: str
    old: str | None
    new: str


DEFECTS = [
    Defect(layers.layers_have_a_line_and_a_choice, "template/project/{{ci_other}}/file", None, ""),
    Defect(layers.layers_have_a_line_and_a_choice, QUESTIONS + "computed.yml", "ci_gitlab:", "ci_gitlabs:"),
    Defect(
        layers.layers_are_the_choices_of_a_question,
        QUESTIONS + "computed.yml",
        "ci == 'gitlab'",
        "ci == 'gitlob'",
    ),
    Defect(
        layers.layers_are_the_choices_of_a_question,
        QUESTIONS + "delivery.yml",
        "    None: none",
        "    None: none\n    Other: other",
    ),
    Defect(layers.layers_have_a_line_and_a_choice, "template/project/src/{{ci_github}}/x.yml", None, ""),
    Defect(rules.includes_are_an_explicit_list, "copier.yml", "questions/model.yml", "questions/m*.yml"),
    Defect(rules.includes_are_an_explicit_list, QUESTIONS + "forgotten.yml", None, ""),
    Defect(rules.questions_are_complete, QUESTIONS + "model.yml", "default: classification", "secret: false"),
    Defect(rules.questions_are_complete, QUESTIONS + "model.yml", "give?", "give"),
    Defect(rules.questions_are_complete, QUESTIONS + "project.yml", "validator:", "placeholder:"),
    Defect(rules.questions_are_complete, QUESTIONS + "project.yml", '"Yes": full', "Yes: full"),
    Defect(
        rules.questions_are_complete, QUESTIONS + "project.yml", '  ask: "{{ preset', '  when: "{{ preset'
    ),
    Defect(
        rules.few_questions_are_asked, QUESTIONS + "delivery.yml", "  ask: \"{{ preset == 'custom' }}\"\n", ""
    ),
    Defect(
        rules.names_are_known_and_used, QUESTIONS + "computed.yml", "if ci == 'github'", "if cy == 'github'"
    ),
    Defect(rules.names_are_known_and_used, "template/project/x.jinja", None, "{{ licence }}"),
    Defect(
        rules.names_are_known_and_used,
        QUESTIONS + "reserved.yml",
        "reserved_names:",
        "x: {type: str, when: false}\nreserved_names:",
    ),
    Defect(
        rules.answers_that_may_be_none_are_compared,
        "template/project/x.jinja",
        None,
        "{% if ci %}\n{% endif %}\n",
    ),
    Defect(
        rules.answers_that_may_be_none_are_compared,
        "template/project/x.jinja",
        None,
        "{{ 1 if task and not license }}",
    ),
    Defect(
        rules.answers_that_may_be_none_are_compared,
        "template/project/x.jinja",
        None,
        "{{ 1 if effective_guides }}",
    ),
    Defect(
        rules.defaults_that_move_are_empty,
        QUESTIONS + "organization.yml",
        '  default: ""\n',
        "  default: ghcr.io/us\n",
    ),
    Defect(
        rules.defaults_that_move_are_empty,
        QUESTIONS + "delivery.yml",
        '  default: ""\n',
        "  default: \"{{ 'docker' if ci == 'github' else 'none' }}\"\n",
    ),
    Defect(rules.defaults_that_move_are_empty, QUESTIONS + "model.yml", "effective_serve:", "effective_use:"),
    Defect(
        rules.answers_that_may_be_empty_are_resolved,
        QUESTIONS + "computed.yml",
        "effective_deploy ==",
        "deploy ==",
    ),
    Defect(
        rules.answers_that_may_be_empty_are_resolved, "template/project/x.jinja", None, "{{ base_image }}"
    ),
    Defect(
        rules.computed_values_are_explained,
        QUESTIONS + "model.yml",
        "serve:",
        "x: {type: str, when: false}\n\nserve:",
    ),
    Defect(rules.nothing_needs_trust, "copier.yml", "_subdirectory:", "_tasks: [make]\n_subdirectory:"),
    Defect(rules.jinja_is_rare_and_flat, "template/project/x.py.jinja", None, "x = '{{ package_name }}'"),
    Defect(
        rules.jinja_is_rare_and_flat,
        "template/project/x.jinja",
        None,
        "a: {% if ci == 'none' %}1{% endif %}\n",
    ),
    Defect(
        rules.jinja_is_rare_and_flat,
        "template/project/x.jinja",
        None,
        "{% if a %}\n{% if b %}\n{% endif %}\n{% endif %}\n",
    ),
    Defect(rules.jinja_is_rare_and_flat, "template/project/x.jinja", None, "{{ _folder_name }}"),
    Defect(rules.names_suit_every_system, "template/project/aux.txt", None, ""),
    Defect(rules.names_suit_every_system, "template/project/a:b", None, ""),
    Defect(rules.names_suit_every_system, "template/project/.gitignore", None, ""),
    Defect(
        layers.seeds_reach_every_repository, "template/project/{{ci_github}}/tests/test_model.py", None, ""
    ),
    Defect(layers.rendered_paths_are_unique, "template/project/{{ci_github}}/Makefile", None, ""),
    Defect(layers.rendered_paths_are_unique, "template/project/{{serve_batch}}/dvc.yaml", None, ""),
    Defect(layers.rendered_paths_are_unique, "template/project/data/schema.yaml.jinja", None, ""),
    Defect(
        layers.seeds_reach_every_repository,
        QUESTIONS + "computed.yml",
        "- /params.yaml",
        "- /parameters.yaml",
    ),
    Defect(
        targets.targets_are_options_of_their_layers,
        f"template/project/{{{{deploy_stub}}}}/{RUNTIME}stub/target.py",
        None,
        "",
    ),
    Defect(
        targets.targets_are_options_of_their_layers,
        LOCAL + "local/__init__.py",
        '"target:LocalTarget"',
        '"here:LocalTarget"',
    ),
    Defect(targets.targets_are_options_of_their_layers, LOCAL + "local/__init__.py", "target local", "local"),
    Defect(targets.targets_have_every_verb, LOCAL + "local/target.py", "def figures(self)", "def seen(self)"),
    Defect(
        targets.targets_have_every_verb,
        LOCAL + "local/target.py",
        "    strategies: Collection",
        "    can: Collection",
    ),
    Defect(
        targets.targets_have_every_verb,
        REGISTRY + "deliver/target.py",
        "warm: float = 0",
        "for_seconds: float = 0",
    ),
    Defect(
        targets.nothing_else_names_a_target,
        ANY + "deploy/rollout.py",
        "from goldenpath_runtime.deliver.target import Target\n",
        "from goldenpath_runtime.local.target import LocalTarget as Target\n",
    ),
    Defect(
        targets.nothing_else_names_a_target,
        ANY + "deploy/rollout.py",
        "target = here.target\n",
        'target = extra("target local")(*here)\n',
    ),
    Defect(
        targets.nothing_else_names_a_target,
        ANY + "deploy/router.py",
        "import random",
        "from goldenpath_runtime.local import supervisor",
    ),
    Defect(
        targets.nothing_else_names_a_target,
        REGISTRY + "deliver/environments.py",
        'target: str = Field(default_factory=lambda: next(iter(names("target")), "none"))',
        'target: Literal["local"] = "local"',
    ),
    Defect(rules.python_names_are_reserved, QUESTIONS + "reserved.yml", "tomllib, ", ""),
    Defect(rules.dependencies_are_reserved, "template/partials/constraints.toml", "= [", '= ["left-pad==1",'),
    Defect(
        layers.layers_have_a_line_and_a_choice,
        QUESTIONS + "computed.yml",
        "'.' if ci == 'gitlab'",
        "'.' or 'gitlab'",
    ),
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.rule.__name__}: {defect.path}")
def test_rule_finds_a_defect(defect: Defect, tmp_path: Path) -> None:
    root = copy_template(ROOT, tmp_path)
    before = list(defect.rule(root))
    path = root / defect.path
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text("utf-8") if defect.old else ""
    if defect.old:
        assert defect.old in text, "the defect no longer fits the file"
    path.write_text(text.replace(defect.old, defect.new, 1) if defect.old else defect.new, "utf-8")
    assert set(defect.rule(_fresh(root))) - set(before)


def _fresh(root: Path) -> Path:
    """The same root under a name that no cache knows."""
    return root.rename(root.with_name(f"{root.name}-broken"))


def test_a_symlink_is_found(tmp_path: Path) -> None:
    root = copy_template(ROOT, tmp_path)
    (root / "template" / "project" / "link").symlink_to("params.yaml")
    assert list(rules.nothing_needs_trust(root))


def test_default_path_asks_a_few_questions_and_custom_asks_more() -> None:
    default, custom = rules.asked(ROOT), rules.asked(ROOT, preset="custom")
    assert 1 <= len(default) <= rules.MOST_ASKED
    assert set(default) < set(custom)


def test_cases_contain_every_choice() -> None:
    stored = [yaml.safe_load(render(answers)[".copier-answers.yml"]) for answers in CASES.values()]
    tried = [*stored, *map(resolved, stored)]
    for name, spec in questions().items():
        for choice in choices(spec):
            assert any(
                choice in (found if isinstance(found, list) else [found])
                for found in (a[name] for a in tried)
            ), f"no case has {name}={choice}"
    lengths = {len(str(answers["project_name"])) for answers in tried}
    assert {1, 40} <= lengths


def test_pairs_contain_every_pair_of_answers() -> None:
    table = {name: values(name, spec) for name, spec in questions().items()}
    for first, second in ((a, b) for a in table for b in table if a < b):
        found = [(answers[first], answers[second]) for answers in pairs()]
        wanted = [(x, y) for x in table[first] for y in table[second] if is_possible({first: x, second: y})]
        missing = [pair for pair in wanted if pair not in found]
        assert not missing, f"{first}, {second}: {missing}"
    assert TEXTS.keys() <= table.keys()


@pytest.mark.parametrize("folder", ["template", "tests/golden"])
def test_git_ignores_nothing_that_we_ship(folder: str) -> None:
    """A file that git ignores is on the author's disk and in nobody's clone."""
    command = [
        "git",
        "-C",
        str(ROOT),
        "status",
        "--ignored",
        "--porcelain",
        "--untracked-files=all",
        "--",
        folder,
    ]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    ignored = [line[3:] for line in listed if line.startswith("!!")]
    caches = [
        pattern.strip("*") for pattern in settings()["_exclude"] if "{" not in pattern and "[" not in pattern
    ]
    assert [path for path in ignored if not any(f"/{cache}/" in path for cache in caches)] == []
