"""CircleCI: every flow, every trigger and both sides of every gate, run by our interpreter with a make that takes notes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.proof.circleci import FILES, Config, calls
from tests.proof.circleci_delivery import DELIVERY
from tests.proof.circleci_flows import FLOW_CHECKS
from tests.proof.circleci_judges import JUDGES
from tests.proof.circleci_play import copied, play
from tests.proof.defect import Defect
from tests.proof.defects_circleci import DEFECTS
from tests.proof.flows import FLOWS
from tests.proof.stub import Stub, stub
from tests.support import commit_all, generate, git, read_tree, render

CHECKS = {**FLOW_CHECKS, **DELIVERY}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Stub:
    """A stub without what no job of it reads, and every job would copy."""
    made = stub(tmp_path_factory.mktemp("circleci"), ci="circleci")
    for part in ("src", "tests", "docs", "data"):
        shutil.rmtree(made.project / part)
    commit_all(made.project, "less")
    return made


@pytest.fixture
def own(ready: Stub, tmp_path: Path) -> Stub:
    """A stub that a test may change."""
    return copied(ready, tmp_path / "own")


@pytest.mark.parametrize("name", CHECKS)
def test_this_happens(name: str, own: Stub, tmp_path: Path) -> None:
    assert play(CHECKS[name], own, tmp_path / "run") == ""


@pytest.mark.parametrize("name", JUDGES)
def test_the_judges_are_content(name: str, own: Stub) -> None:
    content, words = JUDGES[name](own.project)
    assert content, words


def test_every_flow_calls_the_agreed_targets() -> None:
    expected = {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()}
    assert calls(render({"ci": "circleci"})) == expected


def test_a_repository_without_versions_has_the_check_flow_alone(tmp_path: Path) -> None:
    project = generate(tmp_path / "project", ci="circleci", registry="none")
    files = read_tree(project)
    assert set(calls(files)) == {"check"}
    assert [path for path in files if path.startswith((".circleci/", "ci/"))] == [
        ".circleci/config.yml",
        "ci/prepare.sh",
    ]
    assert b"setup: true" not in files[".circleci/config.yml"]
    assert not [words for judge in JUDGES.values() for content, words in [judge(project)] if not content]


def test_settings_of_an_organization_reach_every_file(tmp_path: Path) -> None:
    """Runner, branch and cloud; CircleCI's parser is too old for runners of one's own, so it does not judge these."""
    answers: dict[str, Any] = {
        "runner_labels": ["my-org", "linux"],
        "default_branch": "release/stable",
        "store": "gs://models/here",
    }
    project = generate(tmp_path / "project", ci="circleci", **answers)
    assert not [name for name, judge in JUDGES.items() if name != "parser" and not judge(project)[0]]
    values = {
        "trigger_source": "webhook",
        "git.branch": "release/stable",
        "git.tag": "",
        "git.base_revision": "",
        "project.slug": "",
    }
    config = (project / FILES[0]).read_bytes()
    jobs = [job for found in Config.of(config, values, {}).workflows().values() for job in found]
    assert "train" in {job.name for job in jobs}
    assert {job.executor["resource_class"] for job in jobs} == {"my-org/linux"}
    assert b'[ -z "${GOLDENPATH_STORE:-kept}" ]' in config
    assert b'{"aud":"https://iam.googleapis.com"}' in config
    assert b"python:" not in config


def test_another_base_image_reaches_every_file() -> None:
    image = "registry.example.com/python:3.12-slim@sha256:" + "1" * 64
    files = render({"ci": "circleci", "base_image": image})
    assert all(image.encode() in files[path] for path in FILES)


def seeded(number: int) -> object:
    """Every eighth defect runs always, the others with the mark `prove`."""
    always = number % 8 == 0
    return pytest.param(DEFECTS[number], id=DEFECTS[number].what, marks=[] if always else pytest.mark.prove)


@pytest.mark.parametrize("defect", [seeded(number) for number in range(len(DEFECTS))])
def test_a_defect_is_caught(defect: Defect, own: Stub, tmp_path: Path) -> None:
    file = own.project / defect.path
    text = file.read_text("utf-8")
    assert defect.old in text, "the defect no longer fits the file"
    file.write_text(text.replace(defect.old, defect.new, 1))
    git(own.project, "commit", "--quiet", "--all", "--amend", "--no-edit")
    judge = defect.judge.split("|")[0]
    content, words = (
        JUDGES[judge](own.project) if judge in JUDGES else (False, play(CHECKS[judge], own, tmp_path / "run"))
    )
    assert words
    assert not content
    assert any(word in words for word in defect.words.split("|")), words
