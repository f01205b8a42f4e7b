"""What public linters say of a repository's CI files, bot files and Dockerfile: content or not, and their words."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.proof import tools
from tests.proof.tools import judge

WORKFLOW = Path(".github/workflows/check.yml")
PIPELINE = Path(".gitlab-ci.yml")
Verdict = tuple[bool, str]

# An action at a commit, with the version it stands for: the major version is kept.
PINNED = re.compile(r"@[0-9a-f]{40} # (v\d+)\S*")


def actionlint(repository: Path) -> Verdict:
    """Jobs, expressions, cron, labels and inputs; shellcheck, which it finds on the PATH, reads the scripts.

    It knows an action's inputs by its version only, and workflows beside this one by their path, so it reads copies with
    `@v7` in place of each commit and `./` in place of `$/`.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, WORKFLOW).parent
        copy.mkdir(parents=True)
        for path in sorted((repository / WORKFLOW).parent.glob("*.yml")):
            text = PINNED.sub(r"@\1", path.read_text("utf-8")).replace("uses: $/", "uses: ./")
            (copy / path.name).write_text(text, "utf-8")
        (Path(folder) / ".git").mkdir()  # so it knows where a repository begins
        return judge("actionlint", "-no-color", *sorted(copy.iterdir()))


def github_parser(repository: Path) -> Verdict:
    """What GitHub itself reads in the workflows."""
    return judge("node", tools.github_parser(), *sorted((repository / WORKFLOW).parent.glob("*.yml")))


def zizmor(repository: Path) -> Verdict:
    """Security of the workflow and of the Dependabot file, as strictly as it can."""
    return judge("zizmor", "--offline", "--persona=pedantic", "--no-progress", "--color=never", repository)


def schemas(repository: Path) -> Verdict:
    """The published schema of each CI and bot file that is there."""
    workflows = [path.relative_to(repository) for path in (repository / WORKFLOW).parent.glob("*.yml")]
    known = {
        **{path: ["vendor.github-workflows"] for path in workflows},
        PIPELINE: ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
        Path(".github/dependabot.yml"): ["vendor.dependabot"],
        Path("renovate.json"): ["vendor.renovate"],
    }
    verdicts = [
        judge("check-jsonschema", "--builtin-schema", *schema, repository / path)
        for path, schema in known.items()
        if (repository / path).exists()
    ]
    return all(content for content, _ in verdicts), "\n".join(words for _, words in verdicts)


def hadolint(repository: Path) -> Verdict:
    """The Dockerfile, with the shell in it."""
    return judge("hadolint", "--failure-threshold", "info", repository / "Dockerfile")


def shellcheck(repository: Path) -> Verdict:
    """The script that prepares a job's container, as POSIX shell."""
    return judge("shellcheck", "--shell=sh", repository / "ci/prepare.sh")


def judges(repository: Path) -> dict[str, Callable[[Path], Verdict]]:
    """Those that have something to read in this repository."""
    found: dict[str, Callable[[Path], Verdict]] = {"schemas": schemas}
    if (repository / "Dockerfile").exists():
        found |= {"hadolint": hadolint}
    if (repository / WORKFLOW).exists():
        found |= {"actionlint": actionlint, "zizmor": zizmor, "parser": github_parser}
    if (repository / PIPELINE).exists():
        found |= {"shellcheck": shellcheck}
    return found
