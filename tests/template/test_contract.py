"""Every pair of answers gives a repository that keeps the rules, and every answer makes a difference."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import support
from tests.memory import render as rendered
from tests.proof.systems import CALLS, CI_FILES, agreed
from tests.questionnaire import choices, questions
from tests.support import Files
from tests.template import output_rules as rules
from tests.template.agreement import INTERNAL, TARGETS, called, targets, unknown_calls
from tests.template.budget import owned_statements, statements
from tests.template.cases import CASES, Answers, pairs, values

Rule = Callable[[Files], Iterator[str]]
PAIRS = range(len(pairs()))


def written(files: Files, folder: Path) -> Path:
    """The same files on disk."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


@pytest.mark.parametrize("case", ["base", "minimal", "organization_gitlab", *PAIRS[:2]])
def test_what_is_rendered_in_memory_is_what_copier_writes(case: str | int) -> None:
    answers = CASES[case] if isinstance(case, str) else pairs()[case]
    assert rendered(answers) == support.render(answers)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("pair", PAIRS)
def test_rule(pair: int, rule: Rule) -> None:
    answers = pairs()[pair]
    assert list(rule(rendered(answers))) == [], answers


@pytest.mark.parametrize("pair", PAIRS)
def test_make_has_the_agreed_targets(pair: int, tmp_path: Path) -> None:
    project = written(rendered(pairs()[pair]), tmp_path)
    known, phony = targets(project)
    assert set(TARGETS) <= known, f"missing: {set(TARGETS) - known}"
    assert set(TARGETS) <= phony, f"a file of that name would hide: {set(TARGETS) - phony}"
    told = subprocess.run(["make", "help"], cwd=project, capture_output=True, text=True, check=True).stdout
    listed = {line.split()[0] for line in told.splitlines() if line.startswith("  ")}
    assert not [target for target in TARGETS if (target in listed) == (target in INTERNAL)], told
    assert not listed & set(INTERNAL), told
    bare = subprocess.run(["make"], cwd=project, capture_output=True, text=True, check=True).stdout
    assert bare == told, "make alone prints the help"


def helped(project: Path) -> dict[str, list[str]]:
    """What `make help` lists: the targets of each flow, in its order."""
    told = subprocess.run(["make", "help"], cwd=project, capture_output=True, text=True, check=True).stdout
    flows = [block.splitlines() for block in told.strip().split("\n\n")]
    return {flow: [line.split()[0] for line in lines] for flow, *lines in flows}


@pytest.mark.parametrize("pair", PAIRS)
def test_help_is_grouped_by_flow(pair: int, tmp_path: Path) -> None:
    project = written(rendered(pairs()[pair]), tmp_path)
    flows = helped(project)
    assert next(iter(flows.items())) == ("Start", ["setup", "check", "pipeline"])
    explained = [
        line.split(":")[0]
        for path in (project / "make").iterdir()
        for line in path.read_text("utf-8").splitlines()
        if ":" in line.partition(" ## ")[0] and " ## " in line
    ]
    assert sorted(target for targets in flows.values() for target in targets) == sorted(explained)
    assert "Yours" not in flows, "a target of the template stands in no flow"

    with (project / "Makefile").open("a") as file:
        file.write("\nmine: ## my own\n\n##@ Train\n\nmy-train_2: ## my own too\n")
    assert list(helped(project).items())[-1] == ("Yours", ["mine"])
    assert "my-train_2" in helped(project)["Train"]


@pytest.mark.parametrize("pair", PAIRS)
def test_every_called_target_exists(pair: int, tmp_path: Path) -> None:
    files = rendered(pairs()[pair])
    known, _ = targets(written(files, tmp_path))
    assert unknown_calls(files, known) == []


@pytest.mark.parametrize("pair", PAIRS)
def test_ci_files_call_what_was_agreed(pair: int) -> None:
    """In every system, with every other answer: the same targets in the same jobs."""
    answers = pairs()[pair]
    files = rendered(answers)
    if answers["ci"] == "none" or answers["placement"] == "subproject":
        assert not [path for path in files if path.startswith(CI_FILES)]
    else:
        assert CALLS[answers["ci"]](files) == agreed(answers["registry"])


# Whether anything but the answers file differs is asked in each of these, until it does.
CONTEXTS: tuple[Answers, ...] = (
    {},
    {"ci": "gitlab", "team": "@my-org/my-team"},
    {"preset": "minimal", "ci": "none"},
)


@pytest.mark.parametrize(
    "question", [name for name, spec in questions().items() if len(values(name, spec)) > 1]
)
def test_every_answer_makes_a_difference(question: str) -> None:
    """An option that writes nothing is a defect. `preset: custom` only asks more; test_grammar.py shows that."""
    tried = [value for value in values(question, questions()[question]) if value != "custom"]
    same = list(combinations(tried, 2))
    for context in CONTEXTS:
        same = [(a, b) for a, b in same if _written(context, question, a) == _written(context, question, b)]
    assert not same, f"{question}: no difference between {same}"


def _written(context: Answers, question: str, value: Any) -> Files:
    default = {} if value == questions()[question]["default"] else {question: value}
    return {
        path: text for path, text in rendered({**context, **default}).items() if path != ".copier-answers.yml"
    }


@pytest.mark.parametrize(
    ("answers", "most_files", "most", "most_of_tests"),
    [
        ({"preset": "minimal"}, 45, 3100, 50),
        ({"registry": "none"}, 66, 3500, 50),
        ({"deploy": "none", "ci": "none"}, 94, 5500, 50),
        ({"ci": "none"}, 107, 6375, 50),
        *(({"ci": ci}, 125, 6600, 50) for ci in CALLS),
    ],
    ids=["minimal", "no registry", "no deploy", "no CI", *CALLS],
)
def test_budget(answers: Answers, most_files: int, most: int, most_of_tests: int) -> None:
    """Files, and statements of the runtime and of its tests, option by option: see docs/decisions/0019."""
    files = rendered(answers)
    assert len(files) <= most_files, f"{len(files)} files: {', '.join(files)}"
    assert 0 < (count := owned_statements(files, "src/")) <= most, f"{count} statements of the runtime"
    assert 0 < (count := owned_statements(files, "tests/")) <= most_of_tests, f"{count} statements of tests"


def test_statements_are_counted() -> None:
    source = b'"""Doc."""\n\n# Comment.\ndef f(x: int) -> int:\n    """Doc\n    string."""\n    y = x; return (\n        y\n    )\n'
    assert statements(source) == 3


class Defect(NamedTuple):
    """A change to a rendered repository that a rule must find: `old` replaced by `new`, or a file added."""

    rule: Rule
    path: str
    old: bytes
    new: bytes


DEFECTS = [
    Defect(rules.every_file_parses, "a.json", b"", b'{"a": 1, "a": 2}\n'),
    Defect(rules.every_file_parses, "a.json", b"", b'{"a": 1,}\n'),
    Defect(rules.every_file_parses, "a.yaml", b"", b"a: 1\na: 2\n"),
    Defect(rules.every_file_parses, "b/a.yml", b"", b"a: [1\n"),
    Defect(rules.every_file_parses, "a.toml", b"", b"a = 1\na = 2\n"),
    Defect(rules.every_file_parses, "a.py", b"", b"def f(:\n"),
    Defect(rules.every_file_parses, "a.csv", b"", b"a,b\n1\n"),
    Defect(rules.every_file_parses, "a.txt", b"", b"\xff\n"),
    Defect(rules.no_jinja_is_left, "README.md", b"", b"# {{ project_name }}\n"),
    Defect(rules.no_jinja_is_left, "README.md", b"", b"{% if ci == 'github' %}\n"),
    Defect(rules.no_jinja_is_left, "x.yml.jinja", b"", b"a: 1\n"),
    Defect(rules.paths_suit_every_system, "con.txt", b"", b""),
    Defect(rules.paths_suit_every_system, "Params.YAML", b"", b""),
    Defect(rules.paths_suit_every_system, "a" * 121, b"", b""),
    Defect(rules.text_is_clean, "a.txt", b"", b"a\r\n"),
    Defect(rules.text_is_clean, "a.txt", b"", b"a"),
    Defect(rules.text_is_clean, "a.txt", b"", b"a \n"),
    Defect(rules.text_is_clean, "a.txt", b"", b"a\n\n"),
    Defect(rules.no_machine_is_named, "a.txt", b"", b"see /home/me/x\n"),
    Defect(rules.versions_are_quoted, ".github/workflows/check.yml", b"jobs:", b"env: {PYTHON: 3.10}\njobs:"),
    Defect(rules.one_python_everywhere, ".python-version", b"3.12", b"3.11"),
    Defect(rules.one_python_everywhere, ".python-version", b"3.12", b"3.10"),
    Defect(rules.one_python_everywhere, "Dockerfile", b"python:3.12", b"python:3.13"),
    Defect(rules.one_python_everywhere, "pyproject.toml", b"py311", b"py312"),
    Defect(
        rules.every_file_says_whose_it_is, "src/goldenpath_runtime/gate.py", b"Owned by the template", b"Of"
    ),
    Defect(
        rules.every_file_says_whose_it_is,
        "src/my_model/model.py",
        b"Yours",
        b"Owned by the template: do not edit",
    ),
    Defect(rules.every_file_says_whose_it_is, "pyproject.toml", b"Shared", b"Odd"),
    Defect(rules.commands_find_their_program, "a.md", b"", b"`uv run pre-commit install`\n"),
    Defect(rules.commands_find_their_program, "a.md", b"", b"Type `tox`.\n"),
    Defect(rules.commands_find_their_program, "a.md", b"", b"    dvc push\n"),
    Defect(
        rules.commands_find_their_program, "a.yaml", b"", b"# Switch on with: uv run pre-commit install\n"
    ),
    Defect(rules.commands_find_their_program, ".pre-commit-config.yaml", b"entry: sh", b"entry: ruff check"),
    Defect(rules.commands_find_their_program, "README.md", b"py -m uv sync", b"uv sync"),
    Defect(rules.commands_find_their_program, "make/hooks.mk", b"$(RUN)", b"uv run"),
    Defect(rules.lines_of_the_readme_are_short, "README.md", b"## Start", b"x" * 101),
    Defect(rules.the_pins_are_last, "pyproject.toml", b"[tool.uv]\n", b"[tool.uv]\n[tool.own]\n"),
    Defect(rules.the_pins_are_last, "pyproject.toml", b"# From here to the end", b"# From here"),
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.rule.__name__}: {defect.path[:30]}")
def test_rule_finds_a_defect(defect: Defect) -> None:
    files = dict(rendered({}))
    before = list(defect.rule(files))
    assert not defect.old or defect.old in files[defect.path], "the defect no longer fits the file"
    files[defect.path] = files[defect.path].replace(defect.old, defect.new) if defect.old else defect.new
    assert set(defect.rule(files)) - set(before)


def test_a_missing_target_is_found(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("help: data\n\t@true\ndata:\n\t@true\n.PHONY: help\n")
    assert targets(tmp_path) == ({"help", "data"}, {"help"})


def test_calls_are_found() -> None:
    assert called("make -C sub setup check MODEL=churn && make --no-print-directory smoke; maker x") == [
        "setup",
        "check",
        "smoke",
    ]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("README.md", b"Run `make chek` first.\n"),
        ("README.md", b"    make chek\n"),
        (".github/workflows/check.yml", b"      - run: make chek\n"),
        ("Dockerfile", b"RUN make chek\n"),
    ],
)
def test_a_call_of_no_target_is_found(path: str, line: bytes) -> None:
    assert unknown_calls({path: line}, {"check"}) == [f"{path}: make chek"]


def test_one_name_of_each_length() -> None:
    """The 40 characters of the longest name reach the package, and so does a single letter."""
    packages = {rules.package_name(rendered(answers)) for answers in CASES.values()}
    assert {1, 40} <= {len(name) for name in packages}
    assert all(choices(questions()[name]) for name in ("ci", "task", "serve", "license"))
