"""Our own template with its released versions."""

from __future__ import annotations

from pathlib import Path

from tests.questionnaire import ROOT
from tests.releases import releases, require
from tests.support import git

# Answers that every released version takes. Those that would follow the template again, and change files by that, are none of its
# defaults: that they do is shown elsewhere, and here Copier's files are what ours is compared with.
IMAGE = f"registry.example.com/python:3.12-slim@sha256:{'0' * 64}"
ANSWERS = tuple(
    {"ci": ci, "project_name": "Birds", "dependency_bot": bot, "base_image": IMAGE}
    for ci, bot in (("github", "none"), ("gitlab", "none"), ("none", "renovate"))
)


def released(folder: Path) -> tuple[str, ...]:
    """Clone this repository to `folder` with tags for its releases, and return the tags, oldest first.

    These are the first release of every minor version, and the newest: patches change too little between them.
    """
    git(ROOT, "clone", "--quiet", "--no-hardlinks", "--no-tags", str(ROOT), str(folder))
    known = releases()
    first = {release.version.rsplit(".", 1)[0]: release for release in reversed(known)}
    chosen = [release for release in known if release in {*first.values(), known[-1]}]
    for release in chosen:
        require(release)
        git(folder, "tag", release.tag, release.commit)
    return tuple(release.tag for release in chosen)
