"""What no linter holds a workflow to: thin steps, times and rights that end, settings that are mapped, schedules that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.proof.github import FOLDER

# A step calls one target; beside that it may pass words on, let git push, and ask who has approved.
MAKE = re.compile(r'make (--silent )?[a-z-]+( [A-Z]+=\w+)*( >> "\$GITHUB_STEP_SUMMARY")?')
START = r'gh workflow run \w+\.yml --ref "\$GITHUB_REF_NAME"( --field \w+=("\$\w+"|\w+))+'
GLUE = (
    r'git diff --quiet "\$BASE" HEAD -- [\w. ]+ \|\| echo "\w+=yes" >> "\$GITHUB_OUTPUT"',
    r'echo "\w+=\$\((make --silent matrix|cat [\w/.]+( 2>/dev/null)?)\)" >> "\$GITHUB_OUTPUT"',
    r'test "\$GOLDENPATH_REASON" = data && grep -qx unchanged "reports/\$MODEL/data.verdict" \|\| echo "new=yes" .*',
    r"make monitor \|\| cat reports/\*/monitor.verdict.*",
    rf"(make --silent matrix DRIFTED=yes FORM=list \| xargs -r -I MODEL )?{START}",
    r"gh auth setup-git",
    r'by=\$\(gh api "repos/\$GITHUB_REPOSITORY/actions/runs/\$GITHUB_RUN_ID/approvals" --jq "\$APPROVED"\)',
    r"BY=\$\{by:\?[\w ,.:/]+\} make approve",
)
CHECK_OUT = (
    r"find \. ",
    r"git init ",
    r"git remote ",
    r"login=",
    r"git -c ",
    r"git checkout ",
)  # without the action
LONGEST = 360  # minutes


def complaints(repository: Path) -> list[str]:
    """What is wrong with the workflows of a repository, a line each."""
    texts = {path.name: path.read_text("utf-8") for path in sorted((repository / FOLDER).glob("*.yml"))}
    found = [f"{name}: {line}" for name, text in texts.items() for line in _workflow(name, text)]
    return found + list(_settings(repository, texts))


def _workflow(name: str, text: str) -> Iterator[str]:
    workflow = yaml.safe_load(text)
    if workflow.get("permissions") != {}:
        yield "rights of the whole workflow: permissions"
    for cron in re.findall(r"github\.event\.schedule == '([^']+)'", text):
        if f'- cron: "{cron}"' not in text:
            yield f"no schedule {cron}"
    for job, body in workflow["jobs"].items():
        if "uses" not in body:
            yield from (f"{job}: {line}" for line in _job(name, job, body))


def _job(workflow: str, name: str, job: dict[str, Any]) -> Iterator[str]:
    if not 0 < job.get("timeout-minutes", 0) <= LONGEST:
        yield "no end in time: timeout-minutes"
    rights = job.get("permissions", {})
    if workflow == "check.yml" and name not in ("publish", "train") and rights != {"contents": "read"}:
        yield f"a stranger can start it, and it may {rights}"
    if workflow != "check.yml" and "id-token" in rights and not job.get("environment"):
        yield "reaches the store outside of an environment"
    for step in job["steps"]:
        if "uses" in step:
            continue
        allowed = CHECK_OUT if step.get("name") == "Check out" else GLUE
        for line in step["run"].splitlines():
            if not MAKE.fullmatch(line) and not any(
                (re.match if allowed is CHECK_OUT else re.fullmatch)(rule, line) for rule in allowed
            ):
                yield f"more than a call of make: {line}"


def _settings(repository: Path, texts: dict[str, str]) -> Iterator[str]:
    """Each variable that ci/settings.yml declares is handed to the flows, and no secret is a variable."""
    path = repository / "ci/settings.yml"
    declared = yaml.safe_load(path.read_text("utf-8"))["variables"] if path.exists() else {}
    for name, variable in declared.items():
        kind = "secrets" if variable.get("secret") else "vars"
        flows = variable.get("needed_by") or ([] if name == "PUBLISH_URL" else ["train", "deliver", "watch"])
        for flow in flows or ["check"]:
            if f"{name}: ${{{{ {kind}.{name} }}}}" not in texts[f"{flow}.yml"]:
                yield f"{flow}.yml: {name} is not handed over"
