"""Azure Pipelines: every flow, every trigger and both sides of every gate, run by our interpreter with a make that takes notes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.proof import azure
from tests.proof.azure import Organization
from tests.proof.azure_delivery import DELIVERY
from tests.proof.azure_judges import JUDGES, of_azure
from tests.proof.azure_play import copied, play, ran, topic
from tests.proof.azure_training import TRAINING
from tests.proof.defects_azure import DEFECTS, Defect
from tests.proof.flows import FLOWS
from tests.proof.stub import Stub, stub
from tests.support import commit_all, generate, render

SCENARIOS = TRAINING | DELIVERY
PREDEFINED = {
    "System.AccessToken",
    "System.CollectionUri",
    "System.TeamProjectId",
    "System.JobAttempt",
    "Build.BuildId",
    "Build.Repository",
    "MODEL",
}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Stub:
    return stub(tmp_path_factory.mktemp("azure"), ci="azure")


@pytest.fixture
def own(ready: Stub, tmp_path: Path) -> Stub:
    """A stub that a test may change."""
    return copied(ready, tmp_path / "own")


def test_every_flow_calls_the_agreed_targets() -> None:
    expected = {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()}
    assert azure.calls(render({"ci": "azure"})) == expected


def test_a_repository_without_versions_has_the_check_flow_alone() -> None:
    expected = {job: list(targets) for job, targets in FLOWS["check"].items()}
    assert azure.calls(render({"ci": "azure", "registry": "none"})) == {"check": expected}


@pytest.mark.parametrize("name", SCENARIOS)
def test_this_happens(name: str, own: Stub, tmp_path: Path) -> None:
    assert play(SCENARIOS[name], own, tmp_path / "run") == ""


ANSWERS: dict[str, dict[str, Any]] = {
    "default": {},
    "no versions": {"registry": "none"},
    "organization": {
        "runner_labels": ["own-pool", "gpu"],
        "default_branch": "trunk",
        "package_index": "https://index.example.com/simple",
        "approvers": "@my-org/ml-approvers",
        "store": "s3://models/store",
    },
}


@pytest.mark.parametrize("answers", ANSWERS)
def test_judges_are_content(answers: str, tmp_path: Path) -> None:
    repository = generate(tmp_path / "project", ci="azure", **ANSWERS[answers])
    said = {name: judge(repository) for name, judge in JUDGES.items()}
    assert not [words for content, words in said.values() if not content]


def test_an_organization_reaches_every_file(tmp_path: Path) -> None:
    repository = generate(tmp_path / "project", ci="azure", **ANSWERS["organization"])
    files = {path: text.decode() for path, text in of_azure(repository).items()}
    for path, text in files.items():
        assert "vmImage" not in text
        assert not re.search(r"\bmain\b", text), path
    pools = [text for text in files.values() if 'name: "own-pool"' in text]
    assert len(pools) == 5
    assert all('demands: ["Agent.OS -equals Linux", "gpu"]' in text for text in pools)
    assert r"approvers: '[my-org]\ml-approvers'" in files[".azuredevops/deliver.yml"]


def test_the_files_name_nothing_outside(tmp_path: Path) -> None:
    """No task of the marketplace, no other repository, no container, no static credential."""
    for text in of_azure(generate(tmp_path / "project", ci="azure")).values():
        words = text.decode()
        assert set(re.findall(r"task: (\S+)", words)) <= {"ManualValidation@1"}
        assert not re.search(r"repositories:|containers:|container:|@[a-z]\w+$|https?://", words)
        assert set(re.findall(r"\$\(([A-Z]\w+\.?\w*)\)", words)) <= PREDEFINED


def test_own_agents_never_run_the_code_of_a_fork(tmp_path: Path) -> None:
    made = stub(tmp_path / "made", ci="azure", runner_labels=["own-pool"])
    topic(made)
    (run,) = Organization(made.project, tmp_path / "fork").pull_request(fork=True)
    ran(run)
    made.on("pipeline", "mkdir -p reports")
    (run,) = Organization(made.project, tmp_path / "own").pull_request()
    ran(run, check="S", changed="S", model="S")


@pytest.mark.parametrize("fork", [False, True])
def test_the_package_index_is_told_who_asks(fork: bool, tmp_path: Path) -> None:
    """A secret that is not set is no password either; a fork gets none."""
    made = stub(tmp_path / "made", ci="azure", package_index="https://index.example.com/simple")
    told = tmp_path / "told"
    made.on(
        "setup", f"printenv UV_INDEX_ORGANIZATION_USERNAME UV_INDEX_ORGANIZATION_PASSWORD >> {told}; true"
    )
    topic(made, "README.txt")
    forge = Organization(made.project, tmp_path / "run")
    forge.secrets["UV_INDEX_ORGANIZATION_PASSWORD"] = "secret"
    forge.pull_request(fork=fork)
    assert told.read_text() == ("" if fork else "secret\n")


@pytest.mark.prove
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.what)
def test_a_defect_is_found(defect: Defect, own: Stub, tmp_path: Path) -> None:
    words = found(defect, own, tmp_path / "run")
    assert words
    assert any(word in words for word in defect.words.split("|")), words


def found(defect: Defect, made: Stub, folder: Path) -> str:
    """What the judge of a defect says once it is there; nothing where it is content."""
    path = made.project / defect.path
    text = path.read_text("utf-8")
    assert defect.old in text, "the defect no longer fits the file"
    path.write_text(text.replace(defect.old, defect.new))
    commit_all(made.project, "a defect")
    if defect.judge in SCENARIOS:
        return play(SCENARIOS[defect.judge], made, folder)
    if defect.judge != "parity":
        content, words = JUDGES[defect.judge](made.project)
        return "" if content else words
    expected = {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()}
    calls = azure.calls(of_azure(made.project))
    return "" if calls == expected else f"{calls} differs"
