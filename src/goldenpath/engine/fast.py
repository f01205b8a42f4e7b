"""The fast lane: Copier's own questions, paths and environment, but the files go into a mapping.

Nothing is compiled twice, and a file is rendered only when somebody looks at it: until then it is known by what its
content depends on, its source and the variables that it uses. What this lane does not know is left to the plain one.
"""

import os
import re
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Any

from copier import Phase
from copier._main import Worker
from copier._template import Template
from copier.errors import ForbiddenPathError
from jinja2 import Environment, TemplateError, meta

from goldenpath.engine.memo import VOLATILE_NAMES, is_volatile, variables
from goldenpath.engine.problems import explained
from goldenpath.git import blob_id
from goldenpath.tree import EXECUTABLE, FILE, File, LaterFile, Tree

_LINE_END = re.compile(r"\r\n|\r|\n")
_KEPT = 8192  # rendered texts that a process remembers, for the next repository

_Match = Callable[[str], bool]


@dataclass(frozen=True)
class _Uses:
    """What a text of the template depends on: variables, and the ids of all sources; `sure` if on nothing else."""

    names: tuple[str, ...]
    sources: tuple[str, ...]
    sure: bool


@dataclass(frozen=True)
class _Source:
    """One file of the template: its path below the project's part of it, and below the template; `key` is git's id."""

    path: Path
    full: Path
    content: bytes
    mode: int
    jinja: bool
    key: str


def patterns(worker: Worker, templated: Iterable[str], operation: str) -> tuple[str, ...]:
    """Return patterns of paths, rendered; one may render to several lines."""
    extra = {"_copier_operation": operation}
    rendered = (worker._render_string(pattern, extra_context=extra) for pattern in templated)  # noqa: SLF001
    return tuple(line for text in rendered for line in _LINE_END.split(text))


class Rendering:
    """The files of one version of a template, and what they render to. Safe to share between threads."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self._root = template.local_abspath
        self._uses: dict[str, _Uses] = {}
        self._paths: dict[Hashable, tuple[str, ...]] = {}
        self._listed: dict[Path, tuple[_Source, ...]] = {}
        self._guard = threading.RLock()

    @cached_property
    def unknown(self) -> str | None:
        """What this template does that only Copier itself can do, None where there is nothing."""
        if self.template.external_data or self.template.preserve_symlinks:
            return "external data or symbolic links"
        if not self.template.templates_suffix or (self._root / ".gitmodules").exists():
            return "an empty suffix or submodules"
        for folder, folders, files in os.walk(self._root):
            if Path(folder) == self._root:
                folders.remove(".git")
            for name in (*folders, *files):
                path = Path(folder, name)
                if path.is_symlink() or "yield" in name:
                    return "symbolic links or loops in file names"
                if path.is_file() and b"endyield" in path.read_bytes():
                    return "a loop over file names"
        return None

    def tree(self, worker: Worker, operation: str, exclude: tuple[str, ...]) -> Tree:
        """Return the project of a worker that has asked."""
        with Phase.use(Phase.RENDER):
            view = _View(worker)
            left_out = matcher((*patterns(worker, self.template.exclude, operation), *exclude))
            found: dict[str, File] = {}
            for source in self._sources(worker.template_copy_root):
                for path in self._rendered_paths(worker, view, source):
                    if not left_out(path):
                        found[path] = self._file(worker, view, source)
        return Tree(dict(sorted(found.items())))

    def _sources(self, root: Path) -> tuple[_Source, ...]:
        with self._guard:
            if root not in self._listed:
                self._listed[root] = tuple(self._read(root))
            return self._listed[root]

    def _read(self, root: Path) -> Iterator[_Source]:
        modes = self.template.git_index_modes
        for path in sorted(root.rglob("*")):
            full = path.relative_to(self._root)
            if path.is_file() and full.parts[0] != ".git":
                executable = modes.get(PurePosixPath(full.as_posix()), path.stat().st_mode) & 0o111
                jinja = path.name.endswith(self.template.templates_suffix)
                mode = EXECUTABLE if executable else FILE
                content = path.read_bytes()
                yield _Source(path.relative_to(root), full, content, mode, jinja, blob_id(content))

    def _rendered_paths(self, worker: Worker, view: "_View", source: _Source) -> tuple[str, ...]:
        uses = self._uses_of(str(source.path), worker.jinja_env, str(source.path))
        key = (source.full, view.answers_file, view.values(uses.names)) if uses.sure else None
        found = self._paths.get(key) if key else None
        if found is None:
            rendered = worker._render_path(source.path)  # noqa: SLF001
            found = tuple(_checked(path) for path, _ in rendered)
            if key:
                self._paths[key] = found
        return found

    def _file(self, worker: Worker, view: "_View", source: _Source) -> File:
        if not source.jinja:
            return LaterFile(source.mode, source.key, lambda: source.content)
        uses = self._uses_of(source.key, worker.jinja_env, None, source)
        key = (uses.sources, view.values(uses.names), _options(self.template)) if uses.sure else None
        make = partial(_render, worker, view, source.full.as_posix())
        return LaterFile(source.mode, key, partial(_remembered, key, make) if key else make)

    def _uses_of(
        self, key: str, environment: Environment, text: str | None, source: _Source | None = None
    ) -> _Uses:
        found = self._uses.get(key)
        if found is None:
            found = _uses(environment, text if source is None else source.content.decode(), self._root)
            self._uses[key] = found
        return found


class _View:
    """The variables of one project at one version, and what each of them says."""

    def __init__(self, worker: Worker) -> None:
        self.context: Mapping[str, Any] = dict(worker._render_context())  # noqa: SLF001
        self.answers_file = str(worker.answers_relpath)
        self._said: dict[str, str] = {}

    def values(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._value(name) for name in names)

    def _value(self, name: str) -> str:
        if name not in self._said:
            self._said[name] = repr(self.context[name]) if name in self.context else ""
        return self._said[name]


def _checked(path: Path) -> str:
    if path.is_absolute() or ".." in path.parts or ".git" in path.parts:
        raise ForbiddenPathError(path=path)
    return path.as_posix()


def _render(worker: Worker, view: _View, name: str) -> bytes:
    what = f"The template '{worker.template.url}' cannot be rendered"
    with Phase.use(Phase.RENDER), explained(what):
        return worker.jinja_env.get_template(name).render(**view.context).encode()


_memory: dict[Hashable, bytes] = {}


_forgetting = threading.Lock()


def _remembered(key: Hashable, make: Callable[[], bytes]) -> bytes:
    found = _memory.get(key)
    if found is None:
        found = make()
        with _forgetting:
            while len(_memory) >= _KEPT:
                _memory.pop(next(iter(_memory)))
            _memory[key] = found
    return found


def _options(template: Template) -> str:
    return repr(sorted(template.envops.items()))


def _uses(environment: Environment, text: str | None, root: Path) -> _Uses:
    names: set[str] = set()
    sources: list[str] = []
    waiting, seen, sure = [text or ""], set[str](), True
    while waiting:
        source = waiting.pop()
        sources.append(blob_id(source.encode()))
        try:
            parsed = environment.parse(source)
            names |= variables(environment, parsed)
        except TemplateError:
            return _Uses((), (), sure=False)
        sure &= not is_volatile(parsed)
        for name in meta.find_referenced_templates(parsed):
            if name is None or not (root / name).is_file():
                return _Uses((), (), sure=False)
            if name not in seen:
                seen.add(name)
                waiting.append((root / name).read_text("utf-8"))
    return _Uses(tuple(sorted(names)), tuple(sources), sure=sure and not names & VOLATILE_NAMES)


@lru_cache(maxsize=256)
def matcher(lines: tuple[str, ...]) -> _Match:
    """Return what tells whether a path matches one of some patterns, as Copier reads them."""
    matches = Worker._path_matcher(None, lines)  # type: ignore[arg-type] # noqa: SLF001
    return lru_cache(maxsize=None)(lambda path: bool(matches(path)))
