"""Changes of environments/<env>.yaml that a job of CI asks for, and somebody merges.

Owned by the template: do not edit. CI never commits to main. Merging starts `make reconcile`, which
makes it so.
"""

import shlex
import subprocess

from goldenpath_runtime.deliver.delivery import Place, want
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.store.versions import TRAFFIC

SWITCH = {
    "shadow": "",
    "ab": "better",
}  # strategies that end with a verdict and no switch; others have to pass


def promote(here: Place, version: str, command: str) -> None:
    """Ask for the version in the environment's file.

    Nothing changes where it is there, or where its rollout says otherwise.
    """
    desired = here.settings.models.get(here.model)
    if desired and desired.version == version:
        print(f"environments/{here.env}.yaml names {version} already")
        return
    rollouts = [
        entry
        for entry in here.entries
        if entry["event"] == "rollout" and entry["version"] == version
    ]
    for last in rollouts[-1:]:
        if last["verdict"] != SWITCH.get(last["strategy"], "pass"):
            print(
                f"{version} is not promoted: {last['strategy']} ends with a verdict, which was "
                f"{last['verdict']}"
            )
            return
    reopen(here, version)
    want(here, version, "promote")
    push(here, version, command)
    here.note("propose", version=version)


def push(here: Place, version: str, command: str) -> None:
    """Push the commit of that file as a branch.

    The command that asks for a merge gets the branch's name.
    """
    branch = f"goldenpath/{here.env}-{here.model}-{version}"
    pushing = ["git", "push", "--force", "--quiet", "origin", f"HEAD:refs/heads/{branch}"]
    for words in (pushing, [*shlex.split(command), branch]):
        if subprocess.run(words, check=False).returncode:  # noqa: S603
            raise ProjectError(
                f"{shlex.join(words)}: failed; may this job push branches and ask for a merge?"
            )
    print(
        f"{branch} asks for {version} in {here.env}: once it is merged, make reconcile "
        f"ENV={here.env}"
    )


def reopen(here: Place, version: str) -> None:
    """Note that a version which was rolled back is wanted once more, before its file says so.

    Then a promotion that is killed after it wrote the file is no file that lags behind a rollback.
    """
    if _is_rolled_back(here, version):
        here.note("propose", version=version)


def require_merged(here: Place, version: str) -> None:
    """ProjectError where the file still names what was rolled back.

    The change that says so is not merged yet.
    """
    if _is_rolled_back(here, version):
        raise ProjectError(
            f"environments/{here.env}.yaml names {version}, which was rolled back: merge the "
            "change that says so, "
            f"or make promote VERSION={version}"
        )


def _is_rolled_back(here: Place, version: str) -> bool:
    """Whether the last that was said of the environment is that this version was rolled back."""
    events = (*TRAFFIC, "propose")
    said = [
        entry for entry in here.entries if entry["event"] in events and entry.get("env") == here.env
    ]
    return bool(said) and said[-1].get("replaced") == version
