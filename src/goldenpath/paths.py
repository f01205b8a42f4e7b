"""Which paths a project's files may have. No path is trusted because of who made it: a template, a task, a state file."""

import re

from goldenpath.errors import GoldenpathError

# Marks that macOS leaves out when it compares names: `.g<zero width joiner>it` is `.git` there.
_UNSEEN = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_DRIVE = re.compile(r"^[A-Za-z]:")
_GIT = {".git", "git~1"}  # the second is what Windows calls the first where long names are off


def refusal(path: str) -> str | None:
    """Return why no file may be written to `path`, None for one that may.

    A path goes by forward slashes, below the project's root. What any file system takes for git's own folder is
    refused on all of them, for a plan that is made on one is carried out on another.
    """
    if not path or "\0" in path:
        return "it is no path"
    # Windows takes a backslash for a slash.
    parts = re.split(r"[/\\]", path)
    if path.startswith(("/", "\\")) or _DRIVE.match(path):
        return "it is absolute"
    if ".." in parts:
        return "it leads upwards"
    if any(map(is_git, parts)):
        return "it lies in git's own folder"
    if not all(path.split("/")) or "." in parts:
        return "it is not in its shortest form"
    return None


def is_git(part: str) -> bool:
    """Tell whether some file system takes this part of a path for `.git`: by case, a short name, a stream, trailing dots."""
    name = _UNSEEN.sub("", part).partition(":")[0].rstrip(". ")
    return name.lower() in _GIT


def check(path: str, whose: str) -> None:
    """Refuse a path that no file of a project may have.

    Raises:
        GoldenpathError: It says why; `whose` begins the sentence.
    """
    if reason := refusal(path):
        raise GoldenpathError(
            f"{whose} writes {path!r}, which no update may touch: {reason}. Nothing was changed.",
            "Report it to those who keep the template.",
        )
