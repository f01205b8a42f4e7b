"""A tiny template of two releases, a project made from the first, and all that can be seen of the project."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goldenpath import engine
from goldenpath.main import main
from tests.support import commit_all, git

OLD, NEW = "v1.0.0", "v1.1.0"
ANSWERS = ".copier-answers.yml"
MANY = 400  # files of a wide project

COPIER_YML = """\
_min_copier_version: "9.19.1"
_subdirectory: project
_envops: {trim_blocks: true, keep_trailing_newline: true, undefined: jinja2.StrictUndefined}
project_name:
  type: str
  default: demo
  validator: "{% if not (project_name | regex_search('^[a-z]+$')) %}'{{ project_name }}' is no name{% endif %}"
ci: {type: str, choices: [github, gitlab], default: github}
loud: {type: str, when: false, default: "{{ project_name | upper }}"}
"""
BASE = {
    "copier.yml": COPIER_YML,
    "project/{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers|to_nice_yaml }}",
    "project/README.md.jinja": "# {{ loud }}\n\n{{ ci }}\n",
}
Contents = Mapping[str, str | bytes | None]


def lines(name: str = "", first: str = "first", last: str = "last") -> str:
    """A text unlike those of other names, whose ends are far enough apart to be edited on both sides."""
    return f"{first}\n" + "".join(f"line {number} {name}\n" for number in range(20)) + f"{last}\n"


def put(folder: Path, files: Contents) -> None:
    """Write these files; None takes one away, a name that ends in .sh is executable."""
    for path, content in files.items():
        target = folder / path
        if content is None:
            target.unlink()
            if not any(target.parent.iterdir()):
                target.parent.rmdir()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        target.chmod(0o755 if path.endswith(".sh") else 0o644)


@dataclass(frozen=True)
class Small:
    """A template, and a project of its first release beside it."""

    template: Path
    project: Path

    def release(self, files: Contents, tag: str = NEW) -> str:
        """Release another version of the template; return its commit."""
        put(self.template, files)
        engine.forget()
        return commit_all(self.template, f"Release {tag}", tag)

    def edit(self, files: Contents) -> None:
        """Commit what the user of the project did."""
        put(self.project, files)
        commit_all(self.project, "My own")

    def copied(self, folder: Path) -> Small:
        """The same pair in another folder; the project stores the address of the template there."""
        for each in (self.template, self.project):
            shutil.copytree(each, folder / each.name, symlinks=True)
        copy = Small(folder / self.template.name, folder / self.project.name)
        copy.answer(_src_path=str(copy.template))
        return copy

    def answer(self, **answers: str | None) -> None:
        """Commit an answers file in which these lines say something else, or are gone."""
        path = self.project / ANSWERS
        kept = [line for line in path.read_text().splitlines() if line.partition(":")[0] not in answers]
        added = [f"{key}: {value}" for key, value in answers.items() if value is not None]
        self.edit({ANSWERS: "".join(f"{line}\n" for line in [*kept, *added])})


def start(folder: Path, files: Contents) -> Small:
    """Make a template with these files beside those of `BASE`, and a project of its first release."""
    small = Small(folder / "template", folder / "project")
    small.release({**BASE, **files}, OLD)
    shown = {path: content for path, content in files.items() if path.startswith("project/")}
    own = {path.removeprefix("project/"): content for path, content in shown.items()}
    answers = f"_commit: {OLD}\n_src_path: {small.template}\nci: github\nproject_name: demo\n"
    small.edit({ANSWERS: answers, "README.md": "# DEMO\n\ngithub\n", "mine/notes.txt": "my notes\n", **own})
    return small


@dataclass(frozen=True)
class Seen:
    """A project as its user sees it: files (path → permissions, content), and what git says of commit and index."""

    files: dict[str, tuple[int, bytes]]
    status: str


def look(project: Path) -> Seen:
    """Look at the files of `files_of`, and ask git."""
    told = ("--porcelain=v2", "--branch", "--ignored", "--untracked-files=all")
    return Seen(files_of(project), git(project, "status", *told))


def files_of(root: Path) -> dict[str, tuple[int, bytes]]:
    """Read every file, ignored ones and what somebody left behind too, but none of git's own."""
    found = {}
    for folder, folders, names in os.walk(root):
        if ".git" in folders:
            folders.remove(".git")
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for path in (Path(folder, name) for name in (*names, *links)):
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(root))] = (stat.S_IMODE(path.lstat().st_mode), content)
    return found


@dataclass(frozen=True)
class Run:
    """What a call of the command left: its exit code and its two outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def goldenpath(*arguments: str | Path) -> Run:
    """Call the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Run(code, out.getvalue(), err.getvalue())
