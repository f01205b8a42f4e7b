"""What a command is about to write: shown to a person, or as JSON."""

import textwrap
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from goldenpath.project.discovery import is_answers
from goldenpath.tree import File, Tree

_WIDTH = 100
_FOR_EVER = (
    "The template writes no answers file, so this project can never be updated. Those who keep the template add one: "
    "a file {{_copier_conf.answers_file}}.jinja with {{ _copier_answers|to_nice_yaml }} in it."
)


@dataclass(frozen=True)
class Plan:
    """A new project: where it goes, what it is made from, and its files.

    `version` is None where the template is between releases; `commit` says where. `branch` is that of the first
    commit, None where there will be no new git repository; `git` says it in words. `follows` is what the empty ones of
    the answers stand for, by name: a release of the template or another answer may move it.
    """

    destination: Path
    template: str
    version: str | None
    commit: str
    answers: Mapping[str, Any]
    tree: Tree
    branch: str | None
    git: str
    follows: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """What its user should know besides."""
        told = (file.content for path, file in self.tree.files.items() if path.endswith((".yml", ".yaml")))
        return [] if any(map(is_answers, told)) else [_FOR_EVER]

    def summary(self) -> str:
        """Return the answers and the files, one line a folder, for a terminal."""
        width = max(map(len, self.answers), default=0)
        said = {name: f"(empty: {_inline(value)})" for name, value in self.follows.items()}
        rows = ((name, said.get(name) or _inline(value)) for name, value in self.answers.items())
        answers = "\n".join(f"  {name:{width}}  {value}" for name, value in rows)
        total = f"{self.destination}: {len(self.tree.files)} files, {self.tree.size / 1000:.0f} kB"
        about = f"  from {self.template}, {self.version or self.commit}\n  git: {self.git}"
        return f"Answers\n{answers}\n\nFiles\n{_folders(self.tree)}\n\n{total}\n{about}"

    def preview(self) -> str:
        """Return the summary and the content of every file."""
        files = "\n".join(f"==> {path} <==\n{_text(file)}" for path, file in self.tree.files.items())
        return f"{self.summary()}\n\n{files}"

    def as_json(self, *, contents: bool = False) -> dict[str, Any]:
        """Return the plan as JSON values.

        `files` are the paths, or with `contents` a mapping of path to `mode` (as git writes it) and `text`,
        or `base64` where the content is not UTF-8.
        """
        files = {path: _content(file) for path, file in self.tree.files.items()}
        return {
            "destination": str(self.destination),
            "template": self.template,
            "version": self.version,
            "commit": self.commit,
            "answers": dict(self.answers),
            "follows": dict(self.follows),
            "files": files if contents else list(files),
            "git": self.git,
            "notes": self.notes,
        }


def _inline(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text or "(empty)"


def _folders(tree: Tree) -> str:
    folders: dict[str, list[str]] = defaultdict(list)
    for path in map(PurePosixPath, tree.files):
        folders[str(path.parent)].append(path.name)
    return "\n".join(_folder(name, folders[name]) for name in sorted(folders))


def _folder(name: str, files: list[str]) -> str:
    title = "./" if name == "." else f"{name}/"
    names = textwrap.fill(
        "  ".join(files), _WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 4, break_on_hyphens=False
    )
    return f"  {title} ({len(files)})\n{names}"


def _text(file: File) -> str:
    content = _content(file)
    return str(content.get("text", f"({len(file.content)} bytes that are no text)\n"))


def _content(file: File) -> dict[str, str]:
    mode = f"{file.mode:o}"
    try:
        return {"mode": mode, "text": file.content.decode()}
    except UnicodeDecodeError:
        return {"mode": mode, "base64": b64encode(file.content).decode()}
