"""A history from its seed: a template with versions, and a project that its user has worked on."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import copier
import pygit2
import yaml
from pathspec import GitIgnoreSpec

from tests.conformance.edits import Project, edit
from tests.conformance.families import FAMILIES
from tests.conformance.manners import MANNERS, PLAIN, Manner
from tests.conformance.released import ANSWERS, released
from tests.conformance.repository import File, Tree, read, start, write
from tests.conformance.versions import versions

# Histories that follow each other share a template, because making one and rendering it takes long.
SHARED = 25
# Every so many of these groups has our own template; before the first, each family has had each manner.
OWN = len(FAMILIES) * len(MANNERS) + 1


@dataclass(frozen=True)
class Template:
    """A template with its versions, oldest first, and the sets of answers that its projects have."""

    name: str
    folder: Path
    tags: tuple[str, ...]
    answers: tuple[Mapping[str, Any], ...]
    answers_file: str
    skipped: tuple[str, ...] = ()
    manner: Manner = PLAIN


@dataclass(frozen=True)
class History:
    """All that a seed decides.

    `base` is what the old version wrote, `ours` what the user made of it, and `theirs` what the new version writes into an
    empty folder with the answers as they are after the update. `words` are those of the user that are there. `commits`
    are the states that were committed, the last one included.
    """

    seed: int
    template: Template
    old: str
    new: str
    answers: Mapping[str, Any]
    data: Mapping[str, Any]
    base: Tree
    theirs: Tree
    ours: Tree
    untracked: frozenset[str]
    words: frozenset[str]
    folder: str
    commits: tuple[Tree, ...]

    @property
    def tracked(self) -> list[str]:
        """The files that git knows."""
        return [path for path in self.ours if path not in self.untracked]

    @property
    def ref(self) -> str | None:
        """The version to ask for, where it is not the newest."""
        return None if self.new == self.template.tags[-1] else self.new


@cache
def template(group: int) -> Template:
    """The template of a group of seeds, written to a folder that lives as long as the process."""
    rng = Random(f"template {group}")  # noqa: S311 - a seed must give the same history again
    folder = _home() / f"template-{group}"
    if group % OWN == OWN - 1:
        tags = released(folder)
        return Template("goldenpath", folder, tags, ANSWERS, ".copier-answers.yml")
    manner = MANNERS[group // len(FAMILIES) % len(MANNERS)]
    family = manner.of(FAMILIES[group % len(FAMILIES)])
    made = versions(family, rng)
    newest = list(made)[-1]
    made[newest] = manner.newest(made[newest])
    start(folder, made)
    asked = {name: spec for name, spec in family.questions.items() if "when" not in spec}
    answers = tuple(
        {
            name: rng.choice(spec.get("choices", [spec["default"], spec["default"]]))
            for name, spec in asked.items()
        }
        for _ in range(3)
    )
    return Template(family.name, folder, tuple(made), answers, family.answers_file, family.skipped, manner)


@cache
def _home() -> Path:
    return Path(tempfile.mkdtemp(prefix="conformance-"))


def clear() -> None:
    """Forget the templates and remove their folders."""
    template.cache_clear()
    _rendered.cache_clear()
    shutil.rmtree(_home(), ignore_errors=True)
    _home.cache_clear()


@cache
def _rendered(folder: Path, tag: str, answers: str) -> Tree:
    """What `copier copy` writes; the answers are JSON."""
    with tempfile.TemporaryDirectory() as home:
        project = Path(home, "project")
        copier.run_copy(
            str(folder),
            project,
            data=json.loads(answers),
            vcs_ref=tag,
            defaults=True,
            quiet=True,
            unsafe=True,
        )
        return read(project)


def _stored(tree: Tree, answers_file: str) -> dict[str, Any]:
    """The answers that a project keeps: a default that has changed since is none of its concern."""
    answers: dict[str, Any] = yaml.safe_load(tree[answers_file].data)
    return {name: value for name, value in answers.items() if not name.startswith("_")}


def history(seed: int) -> History:
    """The history of a seed: the same in every process, apart from where the template lies."""
    rng = Random(seed)  # noqa: S311 - a seed must give the same history again
    source = template(seed // SHARED)
    old = rng.choice(source.tags[:-1])
    new = rng.choice(source.tags[source.tags.index(old) + 1 :]) if rng.random() < 0.2 else source.tags[-1]
    answers = rng.choice(source.answers)
    wanted = rng.choice(source.answers) if rng.random() < 0.4 else answers
    data = {name: value for name, value in wanted.items() if answers.get(name) != value}
    base = source.manner.without_beside(_rendered(source.folder, old, json.dumps(answers)))
    later = json.dumps({**_stored(base, source.answers_file), **data})
    theirs = source.manner.without_beside(_rendered(source.folder, new, later))
    known = {path: file for path, file in theirs.items() if path != source.manner.moved_to}
    project = Project(seed, base, known, source.answers_file, rng, dict(base))
    project.untracked |= _ignored(base)
    project.commit()
    edit(project)
    content = b"\n".join(file.data for file in project.files.values())
    words = frozenset(word for word in project.words if word.encode() in content)
    folder = rng.choice(("", "", "", "apps/one two"))
    if not source.manner.keeps_modes:
        folder = ""  # below the top of a repository Copier stages modes under paths that do not exist
    untracked = frozenset(project.untracked & _ignored(project.files))
    last = {path: file for path, file in project.files.items() if path not in untracked}
    commits = (*_committed(seed, project.commits), last)
    return History(
        seed, source, old, new, answers, data, base, theirs, project.files, untracked, words, folder, commits
    )


def _committed(seed: int, states: list[Tree]) -> list[Tree]:
    """Those before the last that a user commits: each, or what was generated only, or none at all."""
    how = Random(f"commits {seed}").choice(("each", "each", "one", "one", "none"))  # noqa: S311 - the same again
    return {"each": states, "one": states[:1], "none": []}[how]


def _ignored(tree: Tree) -> set[str]:
    """What the .gitignore of a project leaves out; a nested one has no say here, for it can only add."""
    spec = GitIgnoreSpec.from_lines(
        tree.get(".gitignore", File(b"")).data.decode("utf-8", "replace").splitlines()
    )
    return {path for path in tree if spec.match_file(path)}


def build(one: History, repository: Path) -> Path:
    """Write the project of a history and commit it; return its folder, which may lie inside the repository."""
    prefix = f"{one.folder}/" if one.folder else ""
    files = {"other/notes.txt": File(b"alpha\nbeta\n")} if prefix else {}
    start(
        repository,
        {
            f"commit-{number}": files | {f"{prefix}{path}": file for path, file in tree.items()}
            for number, tree in enumerate(one.commits)
        },
    )
    pygit2.Repository(repository).config["core.fileMode"] = one.template.manner.keeps_modes
    project = repository / one.folder
    write({path: one.ours[path] for path in one.untracked}, project)
    return project


def digest(seed: int) -> str:
    """One word for all that a seed decides, wherever its template lies."""
    one = history(seed)
    hidden = {one.template.answers_file, one.template.manner.moved_to}
    trees = [
        {path: (file.id, file.mode) for path, file in tree.items() if path not in hidden}
        for tree in (one.base, one.theirs, one.ours)
    ]
    decided = (one.old, one.new, dict(one.answers), dict(one.data), trees, sorted(one.untracked), one.folder)
    return sha256(repr(decided).encode()).hexdigest()
