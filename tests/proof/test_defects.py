"""The judges are not decoration: each defect in a CI file, a bot file or a Dockerfile is caught by one of them, by name."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.proof import gitlab
from tests.proof.linters import PIPELINE, WORKFLOW, judges
from tests.proof.machine import committed, machine
from tests.support import commit_all, generate, read_tree
from tests.template.agreement import ci_calls, targets
from tests.template.output_rules import every_file_parses, versions_are_quoted

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
CONCURRENCY = """concurrency:
  group: ${{ github.workflow }}-${{ github.event.pull_request.number || github.run_id }}
  cancel-in-progress: true
"""
SETUP = "      - run: make setup\n"


class Defect(NamedTuple):
    """`old` becomes `new` in a rendered file; `judge` must then complain with `words`."""

    what: str
    path: Path
    old: str
    new: str
    judge: str
    words: str


GITHUB = [
    Defect("unpinned action", WORKFLOW, CHECKOUT, "actions/checkout@v7", "zizmor", "unpinned-uses"),
    Defect("all permissions", WORKFLOW, "permissions: {}\n", "", "zizmor", "excessive-permissions"),
    Defect(
        "too many permissions",
        WORKFLOW,
        "permissions: {}\n",
        "permissions: write-all\n",
        "zizmor",
        "excessive-permissions",
    ),
    Defect(
        "code of strangers",
        WORKFLOW,
        "  pull_request:\n",
        "  pull_request_target:\n",
        "zizmor",
        "dangerous-triggers",
    ),
    Defect(
        "injected text",
        WORKFLOW,
        "run: make check",
        'run: make check TITLE="${{ github.event.pull_request.title }}"',
        "actionlint",
        "potentially untrusted",
    ),
    Defect(
        "injected expression",
        WORKFLOW,
        "run: make check",
        'run: make check REF="${{ github.head_ref }}"',
        "zizmor",
        "template-injection",
    ),
    Defect("runs that pile up", WORKFLOW, CONCURRENCY, "", "zizmor", "concurrency-limits"),
    Defect(
        "unknown job needed", WORKFLOW, "  scan:\n", "  scan:\n    needs: chek\n", "actionlint", "needs job"
    ),
    Defect("two jobs of one name", WORKFLOW, "  scan:\n", "  check:\n", "actionlint", "duplicate"),
    Defect(
        "unknown context",
        WORKFLOW,
        "github.event_name != 'schedule'\n    runs",
        "githb.event_name != 'schedule'\n    runs",
        "actionlint",
        "undefined variable",
    ),
    Defect(
        "broken expression",
        WORKFLOW,
        "${{ github.workflow }}-",
        "${{ github.workflow }-",
        "actionlint",
        "expression",
    ),
    Defect(
        "unknown output", WORKFLOW, "steps.changed.outputs", "steps.chnged.outputs", "actionlint", "chnged"
    ),
    Defect(
        "unknown input",
        WORKFLOW,
        "persist-credentials: false",
        "persist-credential: false",
        "actionlint",
        "persist-credential",
    ),
    Defect("unknown key", WORKFLOW, "timeout-minutes: 30", "timeout: 30", "actionlint", "unexpected key"),
    Defect("unknown key, by schema", WORKFLOW, "timeout-minutes: 30", "timeout: 30", "schemas", "timeout"),
    Defect("impossible time", WORKFLOW, "17 4 * * 1", "61 4 * * 1", "actionlint", "cron"),
    Defect("unknown machine", WORKFLOW, "ubuntu-latest", "ubuntu-lates", "actionlint", "ubuntu-lates"),
    Defect(
        "broken shell",
        WORKFLOW,
        'echo "scan=no" >> "$GITHUB_OUTPUT"',
        "echo scan=no >> $GITHUB_OUTPUT",
        "actionlint",
        "SC2086",
    ),
    Defect("no job", WORKFLOW, "    steps:\n", "    stepz:\n", "schemas", "stepz"),
    Defect(
        "no cooldown",
        Path(".github/dependabot.yml"),
        "    cooldown:\n      default-days: 7\n",
        "",
        "zizmor",
        "dependabot-cooldown",
    ),
    Defect(
        "unknown ecosystem",
        Path(".github/dependabot.yml"),
        "ecosystem: uv",
        "ecosystem: uvv",
        "schemas",
        "uvv",
    ),
]
GITLAB = [
    Defect(
        "unknown key", PIPELINE, "  interruptible: true", "  interuptible: true", "schemas", "interuptible"
    ),
    Defect("a job named as a keyword", PIPELINE, "build-image:", "image:", "schemas", "image"),
    Defect("unquoted word", Path("ci/prepare.sh"), '"$missing"', "$missing", "shellcheck", "SC2086"),
    Defect("not POSIX", Path("ci/prepare.sh"), "if [ -z", "if [[ -z", "shellcheck", "SC3010|SC1033"),
    Defect("wrong value", Path("renovate.json"), '"7 days"', "7", "schemas", "minimumReleaseAge"),
]
IMAGE = [
    Defect(
        "base without version",
        Path("Dockerfile"),
        "FROM ${BASE_IMAGE} AS serve",
        "FROM python AS serve",
        "hadolint",
        "DL3006",
    ),
    Defect("root again", Path("Dockerfile"), "USER 10001:10001", "USER root", "hadolint", "DL3002"),
    Defect("unpinned package", Path("Dockerfile"), "# hadolint ignore=DL3008\n", "", "hadolint", "DL3008"),
    Defect(
        "a command as text",
        Path("Dockerfile"),
        'ENTRYPOINT ["python", "-m", "goldenpath_runtime"]',
        "ENTRYPOINT python -m goldenpath_runtime",
        "hadolint",
        "DL3025",
    ),
    Defect(
        "relative folder",
        Path("Dockerfile"),
        "WORKDIR /app\nCOPY --from",
        "WORKDIR app\nCOPY --from",
        "hadolint",
        "DL3000",
    ),
]


@pytest.mark.parametrize(
    ("ci", "defect"),
    [("github", defect) for defect in GITHUB + IMAGE] + [("gitlab", defect) for defect in GITLAB],
    ids=lambda value: value if isinstance(value, str) else value.what,
)
def test_a_linter_finds(ci: str, defect: Defect, tmp_path: Path) -> None:
    repository = generate(tmp_path / "project", ci=ci)
    seed(repository, defect)
    content, words = judges(repository)[defect.judge](repository)
    assert not content
    assert any(word in words for word in defect.words.split("|")), words


def test_a_version_without_quotes_is_found(tmp_path: Path) -> None:
    repository = generate(tmp_path / "project")
    step = f"      - uses: actions/setup-python@v7\n        with:\n          python-version: 3.10\n{SETUP}"
    seed(repository, Defect("3.10", WORKFLOW, SETUP, step, "", ""))
    assert list(versions_are_quoted(read_tree(repository)))


def test_two_gitlab_jobs_of_one_name_are_found(tmp_path: Path) -> None:
    repository = generate(tmp_path / "project", ci="gitlab")
    seed(repository, Defect("", PIPELINE, "scan:\n  stage", "check:\n  stage", "", ""))
    assert any("twice the key check" in found for found in every_file_parses(read_tree(repository)))


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_missing_target_is_found(ci: str, tmp_path: Path) -> None:
    repository = generate(tmp_path / "project", ci=ci)
    path = WORKFLOW if ci == "github" else PIPELINE
    seed(repository, Defect("smoek", path, "make smoke\n", "make smoek\n", "", ""))
    known, _ = targets(repository)
    assert {target for calls in ci_calls(read_tree(repository)).values() for target in calls} - known == {
        "smoek"
    }


@pytest.mark.live
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("check:\n  stage: test", "check:\n  needs: [chek]\n  stage: test", "chek"),
        ("check:\n  stage: test", "check:\n  stage: tset", "tset"),
        ("  script:\n    - make setup\n    - make scan\n", "", "scan"),
        ('$CI_PIPELINE_SOURCE != "schedule"', '$CI_PIPELINE_SOURCE != "schedule', "rules"),
    ],
    ids=["unknown need", "unknown stage", "no script", "broken rule"],
)
def test_gitlabs_runner_refuses(old: str, new: str, words: str, tmp_path: Path) -> None:
    """What the schema of GitLab lets pass."""
    project = committed(tmp_path, stub=True, ci="gitlab")
    seed(project, Defect("", PIPELINE, old, new, "", ""))
    commit_all(project, "a defect")
    on = machine(tmp_path)
    results, log = gitlab.run_pipeline(gitlab.clone(project, on), "push", on)
    assert "PASS" not in results.values()
    assert words in log


def seed(repository: Path, defect: Defect) -> None:
    """Put the defect in; it must fit the file."""
    text = (repository / defect.path).read_text("utf-8")
    assert defect.old in text, "the defect no longer fits the file"
    (repository / defect.path).write_text(text.replace(defect.old, defect.new))
