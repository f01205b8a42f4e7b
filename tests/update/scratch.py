"""Template repositories and projects that live as long as a test, and plain `copier update` between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import copier

from tests.questionnaire import ROOT
from tests.support import check_answers, commit_all, copy_template, generate, git


def template_repository(folder: Path, tag: str = "v0.1.0") -> Path:
    """A git repository with the template as it is now, released under one tag."""
    copy_template(ROOT, folder)
    commit_all(folder, f"Release {tag}", tag)
    return folder


def new_project(folder: Path, template: Path, tag: str, **answers: Any) -> Path:
    """A committed project, generated from a released version."""
    git(template, "checkout", "--quiet", tag)
    try:
        generate(folder, source=template, **answers)
    finally:
        git(template, "checkout", "--quiet", "-")
    commit_all(folder, f"Generated from {tag}")
    return folder


def update(project: Path, **answers: Any) -> None:
    """What a user does with `copier update --defaults`, to the newest tag of the template."""
    check_answers(answers)
    copier.run_update(project, data=answers, defaults=True, overwrite=True, quiet=True)


def changes(project: Path) -> list[str]:
    """What `git status` tells of a project, the answers file left out: it holds the version."""
    listed = git(project, "status", "--porcelain", "--untracked-files=all").splitlines()
    return [line for line in listed if not line.endswith(".copier-answers.yml")]


def conflicts(project: Path) -> list[str]:
    """The files in which an update has left conflict markers, or that git calls unmerged."""
    unmerged = [line[3:] for line in changes(project) if line[:2] in {"UU", "AA", "DU", "UD", "AU", "UA"}]
    marked = [path for path in _files(project) if b"\n<<<<<<< " in b"\n" + (project / path).read_bytes()]
    rejected = [path for path in _files(project) if path.endswith(".rej")]
    return sorted({*unmerged, *marked, *rejected})


def _files(project: Path) -> list[str]:
    """Tracked and new files that are on disk."""
    listed = git(project, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return [path for path in sorted(set(listed)) if (project / path).is_file()]
