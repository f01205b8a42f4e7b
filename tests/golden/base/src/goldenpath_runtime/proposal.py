"""Changes of environments/<env>.yaml that a job of CI asks for, and somebody merges: CI never commits to main.

Owned by the template: do not edit. Merging starts `make reconcile`, which makes it so.
"""

import shlex
import subprocess

from .config import ProjectError
from .delivery import Place, want
from .registry import TRAFFIC

SWITCH = {"shadow": "", "ab": "better"}  # strategies that end with a verdict and no switch; others have to pass


def promote(here: Place, version: str, command: str) -> None:
    """Ask for the version in the environment's file, unless it is there or its rollout says otherwise."""
    desired = here.settings.models.get(here.model)
    if desired and desired.version == version:
        print(f"environments/{here.env}.yaml names {version} already")
        return
    rollouts = [entry for entry in here.entries if entry["event"] == "rollout" and entry["version"] == version]
    for last in rollouts[-1:]:
        if last["verdict"] != SWITCH.get(last["strategy"], "pass"):
            print(f"{version} is not promoted: {last['strategy']} ends with a verdict, which was {last['verdict']}")
            return
    want(here, version, "promote")
    push(here, version, command)
    here.note("propose", version=version)


def push(here: Place, version: str, command: str) -> None:
    """Push the commit of that file as a branch, and give the branch's name to the command that asks for a merge."""
    branch = f"goldenpath/{here.env}-{here.model}-{version}"
    pushing = ["git", "push", "--force", "--quiet", "origin", f"HEAD:refs/heads/{branch}"]
    for words in (pushing, [*shlex.split(command), branch]):
        if subprocess.run(words, check=False).returncode:  # noqa: S603
            raise ProjectError(f"{shlex.join(words)}: failed; may this job push branches and ask for a merge?")
    print(f"{branch} asks for {version} in {here.env}: once it is merged, make reconcile ENV={here.env}")


def require_merged(here: Place, version: str) -> None:
    """ProjectError where the file still names what was rolled back: the change that says so is not merged yet."""
    last = [entry for entry in here.entries if entry["event"] in (*TRAFFIC, "propose") and entry.get("env") == here.env]
    if last and last[-1].get("replaced") == version:
        raise ProjectError(
            f"environments/{here.env}.yaml names {version}, which was rolled back: merge the change that says so, "
            f"or make promote VERSION={version}"
        )
