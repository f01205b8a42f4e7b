"""What the checks of CircleCI's control flow share: a stub of a repository, a forge, changes, and what was called."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.proof.circleci_language import ConfigError
from tests.proof.circleci_run import Forge, Run
from tests.proof.flows import FLOWS
from tests.proof.stub import Stub
from tests.support import commit_all, git

STORE = "s3://models/store"
Scenario = Callable[[Stub, Forge], None]


class Table(dict[str, Scenario]):
    """Checks by their names; a decorator adds one."""

    def __call__(self, check: Scenario) -> Scenario:
        """Add a check."""
        self[check.__name__] = check
        return check


def forge(project: Path, folder: Path, name: str = "my-model", store: str = STORE) -> Forge:
    """CircleCI with the contexts that ci/settings.yml declares."""
    kept = {"GOLDENPATH_STORE": store} if store else {}
    contexts = {
        f"{name}-publish": {"PUBLISH_URL": "https://example.com"},
        f"{name}-store": kept,
        f"{name}-release": {},
    }
    return Forge(project, folder, contexts, {"UV_INDEX_ORGANIZATION_PASSWORD": "a-password"})


def play(check: Scenario, made: Stub, folder: Path) -> str:
    """What is wrong, or nothing."""
    try:
        check(made, forge(made.project, folder))
    except (AssertionError, LookupError, ConfigError, ValueError) as error:
        line = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name == check.__name__][
            -1
        ]
        return f"{check.__name__}, line {line.lineno}: {line.line}\n{type(error).__name__}: {error}"
    return ""


def copied(made: Stub, folder: Path) -> Stub:
    """A stub of one's own, with a folder of its own."""
    shutil.copytree(made.project, folder / "project", symlinks=True)
    shutil.copytree(made.folder, folder / "stub")
    makefile = folder / "project" / "Makefile"
    makefile.write_text(makefile.read_text().replace(str(made.folder), str(folder / "stub")))
    git(folder / "project", "commit", "--quiet", "--amend", "--all", "--no-edit")
    return replace(made, project=folder / "project", folder=folder / "stub")


def change(made: Stub, *paths: str, branch: str = "main") -> None:
    """Commit a change of files, on a branch."""
    if branch != "main":
        git(made.project, "checkout", "--quiet", "-B", branch)
    for path in paths:
        (made.project / path).parent.mkdir(parents=True, exist_ok=True)
        with (made.project / path).open("a") as file:
            file.write("\n")
    commit_all(made.project, f"change {' '.join(paths)}")
    git(made.project, "checkout", "--quiet", "main")


def ran(run: Run, **jobs: str) -> None:
    """Assert how the jobs of a pipeline ended, these and no others: S succeeded, F failed, H halted, N not run, W waits."""
    words = {"S": "success", "F": "failed", "H": "halted", "N": "not_run", "W": "on_hold", "C": "canceled"}
    expected = {job: words[result] for job, result in jobs.items()}
    assert run.jobs == expected, f"{run.jobs}, not {expected}\n{run.printed[-3000:]}"


def called(made: Stub, *targets: str) -> list[dict[str, str]]:
    """Assert which targets were called since the last time, in order, and give the settings of each.

    "train.plan" stands for the targets of that job.
    """
    expected = [each for word in targets for each in (_targets(word) if "." in word else [word])]
    calls = made.calls
    (made.folder / "calls").unlink(missing_ok=True)
    assert [call.target for call in calls] == expected, f"{[call.target for call in calls]}, not {expected}"
    return [dict(call.settings) for call in calls]


def _targets(word: str) -> list[str]:
    flow, job = word.split(".")
    return list(FLOWS[flow][job])
