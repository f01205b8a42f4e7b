"""GitLab: every flow, every trigger and both sides of every gate, run by gitlab-ci-local with a make that takes notes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.proof import gitlab
from tests.proof.defect import Defect
from tests.proof.defects_gitlab import DEFECTS
from tests.proof.flows import FLOWS
from tests.proof.gitlab_judges import JUDGES, STATIC
from tests.proof.gitlab_play import copied, play
from tests.proof.gitlab_scenarios import SCENARIOS, STORE
from tests.proof.stub import Stub, stub
from tests.support import commit_all, git, render


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Stub:
    made = stub(tmp_path_factory.mktemp("gitlab"), ci="gitlab")
    for part in ("src", "tests", "docs", "data"):  # what no job of a stub reads, and every job would copy
        shutil.rmtree(made.project / part)
    commit_all(made.project, "less")
    git(made.project, "reset", "--quiet", "--soft", "HEAD~1")
    git(made.project, "commit", "--quiet", "--amend", "--no-edit")
    return made


@pytest.fixture
def own(ready: Stub, tmp_path: Path) -> Stub:
    """A stub that a test may change."""
    return copied(ready, tmp_path / "own")


def test_every_flow_calls_the_agreed_targets() -> None:
    expected = {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()}
    assert gitlab.calls(render({"ci": "gitlab"})) == expected


def test_a_repository_without_versions_has_the_check_flow_alone() -> None:
    files = render({"ci": "gitlab", "registry": "none"})
    expected = {job: list(targets) for job, targets in FLOWS["check"].items()}
    assert gitlab.calls(files) == {"check": expected}
    assert not [path for path in files if path.startswith("ci/") and path != "ci/prepare.sh"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_this_happens(name: str, own: Stub, tmp_path: Path) -> None:
    assert play(SCENARIOS[name], own, tmp_path / "run") == ""


@pytest.mark.parametrize(
    ("source", "changed", "branch", "variables", "begins"),
    [
        ("push", "params.yaml", "main", {}, True),
        ("push", ".gitignore", "main", {}, True),
        ("push", "README.md", "main", {}, False),
        ("push", "environments/notes.md", "main", {}, False),
        ("push", "params.yaml", "topic", {}, False),
        ("merge_request_event", "README.md", "topic", {}, True),
        ("push", "README.md", "main", {"CI_COMMIT_TAG": "v1", "CI_COMMIT_BRANCH": ""}, True),
        ("schedule", "README.md", "main", {}, True),
        ("pipeline", "params.yaml", "main", {}, False),
    ],
)
def test_a_pipeline_begins(
    source: str, changed: str, branch: str, variables: dict[str, str], begins: bool, own: Stub, tmp_path: Path
) -> None:
    if branch != "main":
        git(own.project, "checkout", "--quiet", "-b", branch)
    with (own.project / changed).open("a") as file:
        file.write("\n")
    commit_all(own.project, "a change")
    git(own.project, "branch", "--force", "keep")
    assert gitlab.starts(own.project, tmp_path / "run", source, branch=branch, **variables) is begins


def test_a_merge_request_gets_nothing_that_a_stranger_may_not_have(ready: Stub) -> None:
    """No token, no environment: what runs for a merge request signs in nowhere, whoever sent it."""
    files = ready.project
    jobs = gitlab.jobs(gitlab.load((files / ".gitlab-ci.yml").read_text("utf-8")))
    assert {"check", "model", "scan", "build-image"} < set(jobs)
    assert not [name for name, job in jobs.items() if {"id_tokens", "environment", "secrets"} & set(job)]


def test_a_child_pipeline_takes_no_text_that_could_end_a_value(ready: Stub) -> None:
    refused = gitlab.written(ready.project, "models", ["cat"], FLOW="train", VERSION='"}\nevil: {script: id')
    assert refused.startswith("refused: ci/child.sh: a setting has characters")


def test_a_child_pipeline_has_the_jobs_of_each_model(ready: Stub) -> None:
    words = gitlab.written(ready.project, "models", ["cat", "dog_eu"], FLOW="train", **STORE)
    jobs = gitlab.jobs(yaml.safe_load(words))
    assert list(jobs) == [
        f"{job}-{name}" for name in ("cat", "dog_eu") for job in ("train", "staging", "release")
    ]
    kept = gitlab.written(ready.project, "models", ["cat"], FLOW="deliver", STORE_KEPT="yes")
    assert list(gitlab.jobs(yaml.safe_load(kept))) == ["staging-cat", "release-cat"]


def test_settings_of_an_organization_reach_every_file() -> None:
    image = "registry.example.com/python:3.12-slim@sha256:" + "1" * 64
    files = render(
        {"ci": "gitlab", "runner_labels": ["ml", "linux"], "base_image": image, "store": "gs://models/here"}
    )
    default = gitlab.load(files[".gitlab-ci.yml"])["default"]
    flow = gitlab.load(files["ci/train.yml"])[".flow"]
    assert default["image"] == flow["image"] == image
    assert default["tags"] == flow["tags"] == ["ml", "linux"]
    variables = gitlab.load(files[".gitlab-ci.yml"])["variables"]
    assert variables["STORE_KEPT"] == "yes"
    assert variables["GOLDENPATH_AUDIENCE"] == "https://iam.googleapis.com"
    outside = [
        path
        for path in gitlab.FILES.values()
        if b"://" in files[path].replace(b"https://iam.googleapis.com", b"")
    ]
    assert not outside
    assert json.dumps(default)


@pytest.mark.parametrize("name", STATIC)
def test_the_judges_are_content(name: str, own: Stub, tmp_path: Path) -> None:
    content, words = JUDGES[name](own, tmp_path / "judged")
    assert content, words


def seeded(number: int) -> object:
    """Every eighth defect runs always, the others with the mark `prove`."""
    return pytest.param(
        DEFECTS[number], id=DEFECTS[number].what, marks=[] if number % 8 == 0 else pytest.mark.prove
    )


@pytest.mark.parametrize("defect", [seeded(number) for number in range(len(DEFECTS))])
def test_a_defect_is_caught(defect: Defect, own: Stub, tmp_path: Path) -> None:
    file = own.project / defect.path
    text = file.read_text("utf-8")
    assert defect.old in text, "the defect no longer fits the file"
    file.write_text(text.replace(defect.old, defect.new))
    git(own.project, "commit", "--quiet", "--all", "--amend", "--no-edit")
    content, words = JUDGES[defect.judge](own, tmp_path / "judged")
    assert not content
    assert any(word in words for word in defect.words.split("|")), words
