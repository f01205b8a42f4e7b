"""How a check of Azure's control flow is made and told: a stub of a repository, an organization, and what came of it.

Every check asserts which runs began, which jobs ran and which targets they called with which settings. Seeded defects
are judged by the same checks.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.proof.azure import Organization
from tests.proof.azure_expressions import PipelineError
from tests.proof.azure_run import Run
from tests.proof.stub import Stub
from tests.support import commit_all, git

STORE = "s3://models/store"
Scenario = Callable[[Stub, Organization], None]


class Table(dict[str, Scenario]):
    """Checks by their names; a decorator adds one."""

    def __call__(self, check: Scenario) -> Scenario:
        """Add a check."""
        self[check.__name__] = check
        return check


def play(check: Scenario, made: Stub, folder: Path) -> str:
    """What is wrong, or nothing."""
    forge = Organization(made.project, folder, variables={"GOLDENPATH_STORE": STORE})
    try:
        check(made, forge)
        left = {word for run in forge.runs for done in run.done.values() for word in done.leftovers}
        assert not left, f"no variable is called {left}"
    except (AssertionError, LookupError, PipelineError, ValueError) as error:
        return f"{check.__name__}: {error}"
    return ""


def copied(made: Stub, folder: Path) -> Stub:
    """A stub of one's own, with a folder of its own."""
    shutil.copytree(made.project, folder / "project", symlinks=True)
    shutil.copytree(made.folder, folder / "stub")
    makefile = folder / "project" / "Makefile"
    makefile.write_text(makefile.read_text().replace(str(made.folder), str(folder / "stub")))
    git(folder / "project", "commit", "--quiet", "--amend", "--all", "--no-edit")
    own = replace(made, project=folder / "project", folder=folder / "stub")
    own.on("train", 'mkdir -p "build/$MODEL/model"; echo onnx > "build/$MODEL/model/model.onnx"')
    own.on("pipeline", "mkdir -p reports/cat")
    return own


def change(made: Stub, path: str) -> None:
    """Commit a change of one file."""
    (made.project / path).parent.mkdir(exist_ok=True)
    with (made.project / path).open("a") as file:
        file.write("\n")
    commit_all(made.project, f"change {path}")


def topic(made: Stub, path: str = "params.yaml") -> None:
    """A branch on which one file is changed."""
    git(made.project, "checkout", "--quiet", "-b", "topic")
    change(made, path)
    git(made.project, "checkout", "--quiet", "main")


def names(runs: list[Run]) -> list[str]:
    """The flows that ran, in order."""
    return [run.name.removeprefix("my-model-") for run in runs]


def ran(run: Run, **jobs: str) -> None:
    """Assert how the jobs of a run ended: these and no others; S succeeded, F failed, W waits."""
    words = {"S": "Succeeded", "F": "Failed", "W": "Waiting"}
    expected = {job.replace("__", " "): words[result] for job, result in jobs.items()}
    assert run.jobs == expected, f"{run.name}: {run.jobs}, not {expected}\n{run.printed[-1500:]}"


def called(made: Stub, *targets: str) -> list[dict[str, str]]:
    """Assert which targets were called since the last time, in order, and give the settings of each."""
    calls = made.calls
    (made.folder / "calls").unlink(missing_ok=True)
    assert [call.target for call in calls] == list(targets), [call.target for call in calls]
    return [dict(call.settings) for call in calls]


def made_of(made: Stub, target: str) -> str:
    """What a target does now."""
    script = made.folder / f"{target}.sh"
    return script.read_text().strip() if script.exists() else "true"
