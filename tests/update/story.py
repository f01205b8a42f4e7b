"""A template and a project made from it, told in a few lines: for tests of what happens to people."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import pytest

from goldenpath import engine
from goldenpath.main import main
from tests.support import commit_all, git

ANSWERS = "{{_copier_conf.answers_file}}.jinja"
BASICS = {ANSWERS: "{{ _copier_answers|to_nice_yaml -}}\n"}

Texts = Mapping[str, str | bytes | None]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command printed, and its exit code."""

    code: int
    text: str
    error: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    def kinds(self) -> dict[str, str]:
        """What became of each file: path → kind."""
        return {change["path"]: change["kind"] for change in self.json["changes"]}


@dataclass(frozen=True)
class Story:
    """A template's repository, a project's, and the command called on it."""

    template: Path
    project: Path
    capsys: pytest.CaptureFixture[str]

    def release(self, tag: str, files: Texts, questions: str | None = None) -> None:
        """Release a version of the template in which these files are so; None removes one."""
        if questions is not None:
            (self.template / "copier.yml").write_text(questions)
        change(self.template, files)
        commit_all(self.template, f"Release {tag}", tag)
        engine.forget()

    def start(self, folder: str = "", **answers: Any) -> Path:
        """Make the project from the newest release, in a git repository of its own or a folder of one."""
        place = self.project / folder
        copier.run_copy(str(self.template), place, data=answers, defaults=True, quiet=True, unsafe=True)
        commit_all(self.project, "Generated")
        return place

    def edit(self, files: Texts) -> None:
        """Commit changes of the project's own; None removes a file."""
        change(self.project, files)
        commit_all(self.project, "My own")

    def run(self, *arguments: str, path: str = "") -> Outcome:
        """Call `goldenpath COMMAND ... PROJECT`."""
        self.capsys.readouterr()
        code = main([arguments[0], str(self.project / path), *arguments[1:]])
        done = self.capsys.readouterr()
        return Outcome(code, done.out, done.err)

    def update(self, *arguments: str, path: str = "") -> Outcome:
        """Call `goldenpath update --json`, and show on failure what it said."""
        done = self.run("update", "--json", *arguments, path=path)
        print(done.text)
        return done

    def read(self, path: str) -> str:
        return (self.project / path).read_text("utf-8")

    def status(self) -> str:
        """What `git status` says of the project."""
        return git(self.project, "status", "--porcelain")

    def copy(self, name: str) -> Story:
        """The same project once more, for Copier to update."""
        place = self.project.with_name(name)
        subprocess.run(["cp", "-a", str(self.project), str(place)], check=True)
        return Story(self.template, place, self.capsys)

    def by_copier(self, folder: str = "", **answers: Any) -> None:
        """What `copier update --defaults` does to it."""
        copier.run_update(
            self.project / folder, data=answers, defaults=True, overwrite=True, quiet=True, unsafe=True
        )


def change(folder: Path, files: Texts) -> None:
    """Write files below a folder; None removes one."""
    for path, content in files.items():
        target = folder / path
        if content is None:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def numbered(**changed: str) -> str:
    """Twelve lines, some of them said otherwise: `numbered(l3="mine")`."""
    return text(*(changed.get(f"l{number}", f"line {number}") for number in range(1, 13)))
