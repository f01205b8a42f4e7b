"""Each seeded defect in the files of Jenkins is found, by name, by one of our judges or by a test of the flows."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

import pytest

from tests.proof import jenkins, test_jenkins
from tests.proof.defects_jenkins import LINTED, RUN, WRITTEN, Row
from tests.proof.flows import FLOWS
from tests.proof.jenkins_controller import Controller
from tests.proof.stub import Stub
from tests.proof.test_jenkins import here, made  # noqa: F401, fixtures
from tests.support import commit_all, read_tree

JUDGES = {"declarative": jenkins.declarative, "jobs": jenkins.jobs, "policy": jenkins.policy}
ROWS = [*WRITTEN, *RUN]


def seed(project: Path, row: Row) -> None:
    """Put the defect in; it must fit the file."""
    _, path, old, new, _, _ = row
    text = (project / path).read_text("utf-8")
    assert old in text, "the defect no longer fits the file"
    (project / path).write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def plain(made: Stub, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    return Path(shutil.copytree(made.project, tmp_path_factory.mktemp("plain") / "project"))


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not row[4].startswith("test_")], ids=lambda row: row[0]
)
def test_a_judge_finds(row: Row, plain: Path, tmp_path: Path) -> None:
    project = shutil.copytree(plain, tmp_path / "project", ignore=shutil.ignore_patterns(".git"))
    seed(project, row)
    _, _, _, _, judge, words = row
    if judge == "parity":
        found = jenkins.calls(read_tree(project))
        wanted = {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()}
        content, said = found == wanted, str(found)
    else:
        content, said = JUDGES[judge](project)
    assert not content
    assert any(word in said for word in words.split("|")), said


@pytest.mark.prove
@pytest.mark.parametrize("row", LINTED, ids=lambda row: row[0])
def test_a_third_party_finds(row: Row, plain: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(plain, tmp_path / "project", ignore=shutil.ignore_patterns(".git")))
    seed(project, row)
    content, said = jenkins.groovy_lint(project, row[1])
    assert not content
    assert any(word in said for word in row[5].split("|")), said


@pytest.mark.prove
@pytest.mark.parametrize("row", [row for row in ROWS if row[4].startswith("test_")], ids=lambda row: row[0])
def test_a_run_finds(row: Row, here: Stub, tmp_path: Path) -> None:  # noqa: F811
    seed(here.project, row)
    commit_all(here.project, "a defect")
    test = getattr(test_jenkins, row[4])
    ci = Controller(here.project, tmp_path / "ci", {**test_jenkins.STORE}, {**test_jenkins.SECRETS})
    given = {"here": here, "ci": ci, "trigger": row[5], "reason": None}
    with pytest.raises((AssertionError, KeyError, ValueError)):
        test(**{name: given[name] for name in inspect.signature(test).parameters})
