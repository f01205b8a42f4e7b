"""A machine that knows nothing of its user, small templates, and the command called as users call it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from goldenpath.main import main
from tests.questionnaire import ROOT
from tests.support import commit_all, copy_template

COPIER_YML = """\
_min_copier_version: "9.19.1"
_subdirectory: project
_envops: {trim_blocks: true, keep_trailing_newline: true, undefined: jinja2.StrictUndefined}
_message_after_copy: A MESSAGE THAT COPIER PRINTS

project_name:
  type: str
  help: What is the project called?
  default: my-model
  validator: >-
    {%- if not (project_name | regex_search('^[A-Za-z][A-Za-z0-9 -]{0,39}$')) -%}
    '{{ project_name }}' cannot be a project name
    {%- endif -%}
description:
  type: str
  help: What does it do?
  default: ""
  placeholder: Tells cats from dogs
ci:
  type: str
  help: Which CI system runs the checks?
  choices: {GitHub Actions: github, GitLab CI/CD: gitlab, None: none}
  default: github
runner:
  type: str
  help: Which runner?
  when: "{{ ci == 'gitlab' }}"
  default: shared
serve:
  type: str
  help: How are its answers used?
  multiselect: true
  choices: [online, batch]
  default: [online]
  validator: "{% if not serve %}Choose at least one{% endif %}"
replicas: {type: int, ask: false, default: 1}
labels: {type: yaml, ask: false, default: []}
gpu: {type: bool, ask: false, default: false}
default_branch: {type: str, ask: false, default: main}
ci_github: {type: str, when: false, default: "{{ '.' if ci == 'github' }}"}
shouted: {type: str, when: false, default: "{{ project_name | upper }}"}
"""

PROJECT = {
    "project/{{_copier_conf.answers_file}}.jinja": "# Owned by the template\n{{ _copier_answers|to_nice_yaml }}",
    "project/README.md.jinja": "# {{ shouted }}\n\n{{ description }}\n\n{% for way in serve %}\n- {{ way }}\n{% endfor %}\n"
    "{{ replicas }} {{ labels }} {{ gpu }} {{ runner | default('no runner') }} {{ _folder_name }}\n",
    "project/{{ci_github}}/.github/check.yml": "on: push\n",
    "project/.gitignore.jinja": "build/\n",
    "project/bin/run.sh": "#!/bin/sh\n",
    "project/empty.txt": "",
    "project/Makefile": "setup check:\n\ttrue\npipeline:: data\n\ttrue\n",
    "project/data/caf\u00e9.csv": "a,b\n\u00fc,1\n",
}


class MakeTemplate(Protocol):
    """Make a git repository with a template in it."""

    def __call__(
        self, name: str = ..., *, config: str = ..., files: Mapping[str, str] = ..., tag: str | None = ...
    ) -> Path: ...


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with nothing in it, git without settings, and an empty folder to work in. Returns the home."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    for name in (
        "GOLDENPATH_TEMPLATE",
        "COPIER_SETTINGS_PATH",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "EMAIL",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    # Temporary files and clones lie where tests see what is left of them.
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(work)
    return home


@pytest.fixture
def make_template(tmp_path: Path) -> MakeTemplate:
    def make(
        name: str = "template",
        *,
        config: str = COPIER_YML,
        files: Mapping[str, str] = PROJECT,
        tag: str | None = "v1.0.0",
    ) -> Path:
        root = tmp_path / name
        for path, content in {"copier.yml": config, **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content, encoding="utf-8")
        for script in root.glob("project/bin/*"):
            script.chmod(0o755)
        commit_all(root, "A template", tag)
        return root

    return make


@pytest.fixture
def template(make_template: MakeTemplate) -> Path:
    """The usual scratch template, released as v1.0.0."""
    return make_template()


@pytest.fixture(scope="session")
def real_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real template as it is now, released as v0.1.0."""
    root = copy_template(ROOT, tmp_path_factory.mktemp("real") / "template")
    commit_all(root, "The template", "v0.1.0")
    return root


@dataclass(frozen=True)
class Run:
    """What a call of the command left: its exit code and its two outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Goldenpath(Protocol):
    """Call the command in this process."""

    def __call__(self, *arguments: str | Path) -> Run: ...


@pytest.fixture
def goldenpath(capfd: pytest.CaptureFixture[str]) -> Goldenpath:
    def call(*arguments: str | Path) -> Run:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return Run(code, *capfd.readouterr())

    return call


def files_of(folder: Path) -> dict[str, tuple[bool, bytes]]:
    """All files below `folder`, git's own left out: path → (executable, content)."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() or path.is_symlink())
    return {
        str(path.relative_to(folder)): (bool(path.stat().st_mode & 0o100), path.read_bytes())
        for path in paths
        if ".git" not in path.relative_to(folder).parts
    }


def listing(*folders: Path) -> list[str]:
    """Everything below these folders that a command could have made, git's objects included."""
    return sorted(str(path) for folder in folders for path in folder.rglob("*"))
