"""What a project would be if nobody had edited it, kept in git's folder so that `status` need not render it again.

An entry is for these answers, this place, these programs and this version of the template, and says nothing of any
other. Whatever is wrong with one, or with the folder, costs time and nothing else.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from goldenpath.git import blob_id
from goldenpath.project import Project
from goldenpath.project.drift import Chosen, Pure
from goldenpath.project.files import Files, above, has_filters

LANE = "GOLDENPATH_LANE"
"""Set to `plain`, it has everything rendered by Copier itself, on the disk; and then nothing is kept."""

_FORMAT = 2
_ENTRIES = 16  # projects and versions of one repository, its worktrees included
_ATTRIBUTES = ".gitattributes"
# Where programs look for settings of their user.
_PLACES = ("HOME", "XDG_CONFIG_HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "COPIER_SETTINGS_PATH")


@dataclass(frozen=True)
class Entry:
    """The files of a pure render; `commit` is the template's, `url` what git understands of its address.

    `chosen` are the answers that differ from what that version has.
    """

    commit: str
    url: str
    files: dict[str, Pure]
    chosen: dict[str, Chosen]


def find(project: Project, files: Files) -> Entry | None:
    """Return what is kept of a project as it is now, None where nothing is, or nothing that holds."""
    if os.environ.get(LANE):
        return None
    with suppress(Exception):
        key = _key(project)
        stored = json.loads(_place(project, key).read_bytes())
        body = stored["body"]
        if stored["digest"] != _digest(body) or body["key"] != key:
            return None
        entry = Entry(
            body["commit"],
            body["url"],
            {path: Pure(*each) for path, each in body["files"].items()},
            {name: Chosen(*each) for name, each in body["chosen"].items()},
        )
        if body["around"] == _around(project, files, entry.files, Path(body["settings"])):
            return entry
    return None


def keep(project: Project, files: Files, entry: Entry, settings: Path) -> None:
    """Keep what a project would be; `settings` is Copier's file of its user's settings, whether or not there is one."""
    if os.environ.get(LANE):
        return
    with suppress(Exception):
        key = _key(project)
        body = {
            "key": key,
            "commit": entry.commit,
            "url": entry.url,
            "settings": str(settings),
            "around": _around(project, files, entry.files, settings),
            "files": entry.files,
            "chosen": entry.chosen,
        }
        target = _place(project, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, json.dumps({"digest": _digest(body), "body": body}))
        _forget_the_oldest(target.parent)


def _write(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, suffix=".new", delete=False) as staged:
        try:
            staged.write(text)
            staged.close()
            Path(staged.name).replace(target)
        finally:
            Path(staged.name).unlink(missing_ok=True)


def _forget_the_oldest(folder: Path) -> None:
    entries = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime_ns, reverse=True)
    for each in entries[_ENTRIES:]:
        each.unlink(missing_ok=True)


def _place(project: Project, key: str) -> Path:
    """Return the place of an entry, below the folder that a repository shares with its worktrees."""
    folder = Path(project.repository.path)
    with suppress(FileNotFoundError):
        folder /= (folder / "commondir").read_text("utf-8").strip()
    return folder / "goldenpath" / "kept" / f"{key[:40]}.json"


def _digest(body: Any) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _key(project: Project) -> str:
    """Return a hash of all that a pure render hangs on and that is known before it."""
    parts = [
        str(_FORMAT),
        project.template,
        project.commit,
        blob_id((project.root / project.answers_file).read_bytes()),
        str(project.root),
        project.prefix,
        project.answers_file,
        *(os.environ.get(name, "") for name in _PLACES),
        *_installed(),
    ]
    return _digest(parts)


def _installed() -> Iterator[str]:
    """Yield what tells the programs that render: of Copier and all beside it the versions, of this one the files."""
    yield from (sys.executable, sys.version)
    copier = find_spec("copier")
    if copier and copier.origin:
        names = os.listdir(Path(copier.origin).parents[1])  # noqa: PTH208 (names are all that is needed)
        yield from sorted(name for name in names if name.endswith(".dist-info"))
    for folder, _, names in sorted(os.walk(Path(__file__).parent)):
        for name in sorted(name for name in names if name.endswith(".py")):
            about = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 (a third of the time)
            yield f"{name} {about.st_size} {about.st_mtime_ns}"


def _around(project: Project, files: Files, pure: Iterable[str], settings: Path) -> str:
    """Return a hash of what has a say in how files look: attributes, git's settings, Copier's settings."""
    config = project.repository.config
    parts = [str(has_filters(project, files)), *sorted(f"{each.name}={each.value}" for each in config)]
    for path in (settings, *_attributes(project, pure)):
        with suppress(OSError):
            parts.append(f"{path} {sha256(path.read_bytes()).hexdigest()}")
    return _digest(parts)


def _attributes(project: Project, pure: Iterable[str]) -> Iterator[Path]:
    top = Path(project.repository.workdir)
    folders = {"", *(folder for path in pure for folder in above(project.prefix + path))}
    yield from (top / folder / _ATTRIBUTES for folder in sorted(folders))
    yield Path(project.repository.path, "info", "attributes")
    config = project.repository.config
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    yield Path(home, "git", "attributes")
    yield Path("/etc/gitattributes")
    if "core.attributesFile" in config:
        yield Path(os.path.expanduser(config["core.attributesFile"]))  # noqa: PTH111
