"""Changes of environments/<env>.yaml that a job of CI asks for, and somebody merges.

Owned by the template: do not edit. CI never commits to main. Merging starts `make reconcile`, which
makes it so.
"""

import shlex
import subprocess

from goldenpath_runtime.deliver.delivery import Place, want
from goldenpath_runtime.errors import ProjectError

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
