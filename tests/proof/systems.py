"""The CI systems, and what each one's files call."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.proof import azure, circleci, github, gitlab, jenkins
from tests.proof.flows import FLOWS
from tests.support import Files

Called = dict[str, dict[str, list[str]]]
CALLS: Mapping[str, Callable[[Files], Called]] = {
    "github": github.calls,
    "gitlab": gitlab.calls,
    "azure": azure.calls,
    "jenkins": jenkins.calls,
    "circleci": circleci.calls,
}
# The files of a repository that belong to its CI system.
CI_FILES = (
    ".github/workflows/",
    ".gitlab-ci.yml",
    "azure-pipelines.yml",
    ".azuredevops/",
    "Jenkinsfile",
    ".circleci/",
    "ci/",
)


def agreed(registry: str = "files") -> Called:
    """What every system calls: of a repository without a registry, the check flow alone."""
    flows = FLOWS if registry != "none" else {"check": FLOWS["check"]}
    return {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in flows.items()}
