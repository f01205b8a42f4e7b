"""Each defect seeded into GitHub's files is caught by the judge that is named for it, and by no luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.proof import test_github as flows
from tests.proof.defect import Defect, seed
from tests.proof.defects_github import DEFECTS
from tests.proof.flows import FLOWS
from tests.proof.github import calls
from tests.proof.github_rules import complaints
from tests.proof.linters import Verdict, judges
from tests.proof.stub import Stub, stub
from tests.support import commit_all, generate, read_tree

# What a defect breaks, and the test that then is red.
SCENARIOS: Mapping[str, Callable[[Stub], None]] = {
    "approval": flows.test_without_approval_nothing_reaches_production,
    "blocked": flows.test_a_blocked_model_is_neither_registered_nor_delivered,
    "rolled back": flows.test_a_version_that_was_taken_back_is_not_promoted,
    "automatic": flows.test_an_automatic_release_asks_nobody,
    "drift": lambda repo: flows.test_a_model_that_drifted_is_trained_and_delivered("schedule", repo),
    "down": flows.test_a_failed_acceptance_stops_and_staging_is_taken_down,
    "rollback": flows.test_one_click_rolls_back,
    "later push": flows.test_a_later_push_to_a_pull_request_hides_no_earlier_one,
    "no store": flows.test_nothing_is_kept_and_delivered_without_a_store,
    "nobody": flows.test_an_approval_without_a_reviewer_is_none,
    "other changes": flows.test_other_changes_are_not_trained_and_dependencies_are_scanned,
}


def parity(repository: Path) -> Verdict:
    """Whether the jobs call what the table says."""
    found = {
        (flow, job, tuple(targets))
        for flow, jobs in calls(read_tree(repository)).items()
        for job, targets in jobs.items()
    }
    wanted = {(flow, job, tuple(targets)) for flow, jobs in FLOWS.items() for job, targets in jobs.items()}
    return found == wanted, str(found ^ wanted)


def rules(repository: Path) -> Verdict:
    """Whether nothing is complained about."""
    found = complaints(repository)
    return not found, "\n".join(found)


def seeded(number: int, defect: Defect) -> object:
    """Every eighth defect runs always, the others with the mark `prove`."""
    return pytest.param(defect, id=defect.what, marks=[] if number % 8 == 0 else pytest.mark.prove)


@pytest.mark.parametrize("defect", [seeded(n, d) for n, d in enumerate(DEFECTS) if d.judge != "flow"])
def test_a_judge_finds(defect: Defect, tmp_path: Path) -> None:
    repository = generate(tmp_path / "project")
    everyone = {**judges(repository), "rules": rules, "parity": parity}
    before, words = everyone[defect.judge](repository)
    assert before, words
    seed(repository, defect)
    content, words = everyone[defect.judge](repository)
    assert not content
    assert any(word in words for word in defect.words.split("|")), words


@pytest.mark.prove
@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.judge == "flow"], ids=lambda defect: defect.what)
def test_a_run_shows(defect: Defect, tmp_path: Path) -> None:
    repo = stub(tmp_path)
    seed(repo.project, defect)
    commit_all(repo.project, "break a workflow")
    with pytest.raises(AssertionError):
        SCENARIOS[defect.words](repo)
