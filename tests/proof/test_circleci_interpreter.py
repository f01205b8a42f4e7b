"""Our interpreter of CircleCI's files does what CircleCI's documentation says, feature by feature, and refuses the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof.circleci import Config
from tests.proof.circleci_language import ConfigError, filled, holds, passes
from tests.proof.circleci_play import ran
from tests.proof.circleci_run import Forge, Run
from tests.support import commit_all, git

VALUES = {"trigger_source": "webhook", "git.branch": "main", "git.tag": "", "project.slug": "a/b"}
HEAD = "version: 2.1\nexecutors: {small: {docker: [{image: python}]}}\n"
ONE = HEAD + "jobs: {one: {executor: small, steps: [run: 'true']}}\nworkflows: {all: {jobs: [one]}}\n"


def begin(tmp_path: Path, text: str, files: dict[str, str] | None = None, **how: Any) -> Run:
    """Run a pipeline of such a file."""
    project = tmp_path / "project"
    for path, content in {".circleci/config.yml": text, **(files or {})}.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(content)
    git(project, "init", "--quiet", "--initial-branch=main")
    commit_all(project, "start")
    contexts = {"team": {"SECRET": "of-the-team"}}
    return Forge(project, tmp_path / "run", contexts, {"KEY": "of-the-project"}).pipeline(**how)


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (True, True),
        ("", False),
        ("no", True),
        ({"and": [True, {"not": False}]}, True),
        ({"or": [False, ""]}, False),
        ({"equal": [1, 1, 1]}, True),
        ({"equal": ["a", "b"]}, False),
        ({"matches": {"pattern": "^v[0-9]+$", "value": "v12"}}, True),
        ({"matches": {"pattern": "v", "value": "v12"}}, False),
    ],
)
def test_logic(logic: object, expected: bool) -> None:
    assert holds(logic) is expected


@pytest.mark.parametrize(
    ("filters", "branch", "tag", "expected"),
    [
        ({}, "main", "", True),
        ({}, "", "v1", False),
        ({"tags": {"only": "/v.*/"}}, "main", "", True),
        ({"tags": {"only": "/v.*/"}}, "", "v1", True),
        ({"tags": {"only": "/v/"}}, "", "v1", False),
        ({"branches": {"only": ["main", "/rel.*/"]}}, "release", "", True),
        ({"branches": {"ignore": "main"}}, "main", "", False),
        ({"branches": {"only": "main"}}, "", "v1", False),
    ],
)
def test_filters(filters: dict[str, Any], branch: str, tag: str, expected: bool) -> None:
    assert passes(filters, branch, tag) is expected


def test_an_expression_alone_keeps_its_type() -> None:
    assert filled(["<< a >>", "n: << a >>", {"b": "<<a>>"}], {"a": 3}) == [3, "n: 3", {"b": 3}]


def test_parameters_commands_and_a_matrix(tmp_path: Path) -> None:
    text = (
        HEAD
        + """
parameters: {word: {type: enum, enum: [hello, bye], default: hello}}
commands:
  say:
    parameters: {what: {type: string, default: nobody}, times: {type: integer, default: 1}}
    steps:
      - run: echo "<< pipeline.parameters.word >> << parameters.what >> << parameters.times >>"
jobs:
  greet:
    executor: small
    parameters: {who: {type: string}}
    environment: {NAME: "of << parameters.who >>"}
    steps:
      - say: {what: << parameters.who >>}
      - say
      - run: {command: echo "$NAME $STEP", environment: {STEP: 2}}
workflows:
  all: {jobs: [greet: {matrix: {parameters: {who: [ann, bob]}}}]}
"""
    )
    run = begin(tmp_path, text, word="bye")
    ran(run, **{"greet-ann": "S", "greet-bob": "S"})
    assert [line for line in run.printed.splitlines() if line and line[0] not in "$="] == [
        *("bye ann 1", "bye nobody 1", "of ann 2"),
        *("bye bob 1", "bye nobody 1", "of bob 2"),
    ]


def test_workspaces_artifacts_halts_and_failures(tmp_path: Path) -> None:
    text = (
        HEAD
        + """
jobs:
  make: {executor: small, steps: [run: mkdir out && echo 1 > out/a, persist_to_workspace: {root: ., paths: [out]}]}
  use: {executor: small, steps: [attach_workspace: {at: in}, run: "echo 2 >> in/out/a", store_artifacts: {path: in}]}
  stop: {executor: small, steps: [run: circleci-agent step halt, run: exit 1]}
  fail:
    executor: small
    steps: [run: exit 1, run: echo skipped, run: {command: echo mending, when: on_fail}, run: {command: echo ever, when: always}]
  empty: {executor: small, steps: [attach_workspace: {at: .}]}
  mend: {executor: small, steps: [run: echo mended]}
workflows:
  all: {jobs: [make, use: {requires: [make]}, stop, fail, empty, after: {type: approval, requires: [fail]}, mend: {requires: [fail: [failed]]}]}
"""
    )
    run = begin(tmp_path, text)
    ran(run, make="S", use="S", stop="H", fail="F", empty="F", after="N", mend="S")
    assert run.artifacts("use") == {"in/out/a": b"1\n2\n"}
    assert "skipped" not in run.printed.replace("$ echo skipped", "")
    assert "\nmending" in run.printed
    assert "\never" in run.printed


@pytest.mark.parametrize(("answer", "word", "then"), [(None, "W", "N"), (True, "S", "S"), (False, "C", "N")])
def test_an_approval(answer: bool | None, word: str, then: str, tmp_path: Path) -> None:
    text = ONE.replace("[one]", "[hold: {type: approval}, one: {requires: [hold]}]")
    ran(begin(tmp_path, text, approve=answer), hold=word, one=then)


@pytest.mark.parametrize(("fork", "known"), [(False, "of-the-project of-the-team a.b.c"), (True, "  ")])
def test_a_fork_gets_nothing(fork: bool, known: str, tmp_path: Path) -> None:
    text = ONE.replace("[run: 'true']", "[run: 'echo \"=$KEY $SECRET $CIRCLE_OIDC_TOKEN_V2=\"']")
    run = begin(tmp_path, text.replace("[one]", "[one: {context: team}]"), fork=fork)
    assert f"\n={known}=" in run.printed


def test_each_job_begins_anew(tmp_path: Path) -> None:
    text = ONE.replace(
        "run: 'true'", "checkout, run: 'test ! -e ~/mark; touch ~/mark; (sleep 100 &) ; git status --short'"
    )
    run = begin(tmp_path, text.replace("[one]", "[one, one: {name: two, requires: [one]}]"))
    ran(run, one="S", two="S")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: 2.1", "version: 2.0", "version"),
        ("steps: [", "stepz: [], steps: [", "unknown key"),
        ("executor: small", "executor: big", "unknown executor"),
        ("run: 'true'", "runn: 'true'", "unknown step"),
        ("run: 'true'", "run: {command: 'true', wen: always}", "unknown key"),
        ("run: 'true'", "run: echo << pipeline.nothing >>", "unknown expression"),
        ("run: 'true'", "run: cat << END", "broken expression"),
        ("[one]", "[two]", "unknown job"),
        ("[one]", "[one, one]", "two jobs"),
        ("[one]", "[one: {requires: [two]}]", "requires unknown"),
        ("[one]", "[one: {name: a, requires: [b]}, one: {name: b, requires: [a]}]", "cycle"),
        ("[one]", "[one: {requires: [one: [sucess]]}]", "unknown state"),
        ("[one]", "[one: {name: x, why: y}]", "unexpected argument"),
        ("version: 2.1", "version: 2.1\nparameters: {a: {type: integer, default: b}}", "is no integer"),
        ("{all: {jobs: [one]}}", "{all: {jobs: [one]}, more: {jobs: [one]}}\nsetup: true", "one workflow"),
    ],
)
def test_what_is_refused(old: str, new: str, words: str) -> None:
    assert Config.of(ONE, VALUES, {}).workflows()
    with pytest.raises(ConfigError, match=words):
        Config.of(ONE.replace(old, new), VALUES, {}).workflows()
