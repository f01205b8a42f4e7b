"""The fast lane: Copier's own questions, paths and environment, but the files go into a mapping.

Nothing is compiled twice, and a file is rendered only when somebody looks at it: until then it is known by what its
content depends on, its source and the variables that it uses. What this lane does not know is left to the plain one.
"""

import os
import re
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from copier import Phase
from copier._jinja_ext import get_yield_context
from copier._main import Worker
from copier._template import Template
from copier.errors import ForbiddenPathError, YieldTagInFileError
from jinja2 import Environment

from goldenpath import paths
from goldenpath.engine import listing
from goldenpath.engine.listing import Source
from goldenpath.engine.memo import UNSURE, Uses, uses
from goldenpath.engine.problems import explained
from goldenpath.engine.texts import VOLATILE_NAMES, is_volatile, variables
from goldenpath.recent import Recent
from goldenpath.tree import LINK, File, LaterFile

_LINE_END = re.compile(r"\r\n|\r|\n")
# What a process remembers for the next repository, and no more of it than this, however many repositories there are:
_KEPT = 8192  # rendered texts
_LISTED = 256  # groups of rendered paths, of each version
_PATTERNS = 64  # lists of patterns
_MATCHED = 4096  # paths that a list of patterns was asked for

_Match = Callable[[str], bool]

_memory: Recent[Hashable, bytes] = Recent(_KEPT)


def patterns(worker: Worker, templated: Sequence[str], operation: str) -> tuple[str, ...]:
    """Return patterns of paths, rendered for a worker that has asked; one may render to several lines."""
    known: dict[Hashable, tuple[str, ...]] = worker.__dict__.setdefault("_patterns", {})
    key = (operation, *templated)
    if key not in known:
        extra = {"_copier_operation": operation}
        rendered = (worker._render_string(pattern, extra_context=extra) for pattern in templated)  # noqa: SLF001
        known[key] = tuple(line for text in rendered for line in _LINE_END.split(text))
    return known[key]


@dataclass(frozen=True)
class _Group:
    """Sources whose paths depend on the same variables; `names` is None where they may depend on more."""

    names: tuple[str, ...] | None
    sources: tuple[Source, ...]


_Placed = tuple[dict[str, File], list[tuple[str, Source, Uses]]]
"""The files of a group by their rendered paths: those that are copied, and those to render."""


class Rendering:
    """The files of one version of a template, and what they render to. Safe to share between threads.

    `pure` tells that Jinja has no extension that may know more than the variables it is given: only then is a
    content known by its source and its variables.
    """

    def __init__(self, template: Template, *, pure: bool) -> None:
        self.template = template
        self._pure = pure
        self._root = template.local_abspath
        self._options = repr((sorted(template.envops.items()), list(template.jinja_extensions)))
        self._uses: dict[str, Uses] = {}
        self._placed: Recent[Hashable, _Placed] = Recent(_LISTED)
        self._groups: dict[Path, tuple[_Group, ...]] = {}
        self._judged: dict[Path, str | None] = {}
        self._guard = threading.RLock()

    def beyond(self, worker: Worker) -> str | None:
        """Return what only Copier itself can render of what a worker that has asked gets, None for nothing."""
        root = worker.template_copy_root
        with self._guard:
            if root not in self._judged:
                self._judged[root] = listing.beyond(self.template, worker.jinja_env, root)
            return self._judged[root]

    def files(self, worker: Worker) -> Mapping[str, File]:
        """Return all files that a worker that has asked gets, in order, those to leave out included; listed once."""
        found: dict[str, File] | None = worker.__dict__.get("_listed")
        if found is None:
            with Phase.use(Phase.RENDER):
                found = dict(sorted(self._files(worker).items()))
            worker.__dict__["_listed"] = found
        return found

    def is_settled(self, worker: Worker) -> bool:
        """Tell whether no file hangs on more than the answers, and no path on more than these and their file's name."""
        groups = self._grouped(worker, worker.template_copy_root)
        unsure = [str(each.path) for group in groups if group.names is None for each in group.sources]
        return all(_is_settled(worker.jinja_env, path) for path in unsure) and all(
            _hangs_on_answers(file) for file in self.files(worker).values()
        )

    def _files(self, worker: Worker) -> dict[str, File]:
        view = _View(worker)
        found: dict[str, File] = {}
        root = worker.template_copy_root
        for number, group in enumerate(self._grouped(worker, root)):
            key = None
            if group.names is not None:
                key = (root, number, view.answers_file, view.values(group.names))
            copied, rendered = self._placed.get(key, partial(self._place, worker, group))
            found.update(copied)
            for path, source, used in rendered:
                found[path] = self._file(worker, view, source, used)
        return found

    def _grouped(self, worker: Worker, root: Path) -> tuple[_Group, ...]:
        with self._guard:
            if root not in self._groups:
                found: dict[tuple[str, ...] | None, list[Source]] = {}
                for source in listing.read(self.template, root):
                    name = str(source.path)
                    used = self._uses_of(worker.jinja_env, name, name)
                    found.setdefault(used.names if used.sure else None, []).append(source)
                self._groups[root] = tuple(_Group(names, tuple(some)) for names, some in found.items())
            return self._groups[root]

    def _place(self, worker: Worker, group: _Group) -> _Placed:
        copied: dict[str, File] = {}
        rendered: list[tuple[str, Source, Uses]] = []
        for source in group.sources:
            for path in (_checked(path) for path, _ in worker._render_path(source.path)):  # noqa: SLF001
                if source.jinja:
                    used = self._uses_of(worker.jinja_env, source.key, source.content)
                    rendered.append((path, source, used))
                else:
                    copied[path] = source.file
        return copied, rendered

    def _file(self, worker: Worker, view: "_View", source: Source, used: Uses) -> File:
        if source.mode == LINK:
            target = worker._render_string(os.fsdecode(source.content))  # noqa: SLF001
            return File(LINK, os.fsencode(target))
        key = (used.sources, view.values(used.names), self._options, used.sure) if used.known else None
        # What says something else each time is the same file if its source is, but nothing to remember.
        return LaterFile(
            source.mode, key, partial(_content, key if used.sure else None, worker, view, source)
        )

    def _uses_of(self, environment: Environment, key: str, text: str | bytes) -> Uses:
        if not self._pure:
            return UNSURE
        found = self._uses.get(key)
        if found is None:
            found = uses(environment, text if isinstance(text, str) else text.decode(), self._root)
            self._uses[key] = found
        return found


class _View:
    """The variables of one project at one version, and what each of them says."""

    def __init__(self, worker: Worker) -> None:
        self.context: Mapping[str, Any] = dict(worker._render_context())  # noqa: SLF001
        self.answers_file = str(worker.answers_relpath)
        self._said: dict[tuple[str, ...], tuple[str, ...]] = {}

    def values(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if names not in self._said:
            self._said[names] = tuple(
                repr(self.context[name]) if name in self.context else "" for name in names
            )
        return self._said[names]


def _hangs_on_answers(file: File) -> bool:
    key = file.__dict__.get("key")
    sure: bool = key[-1] if isinstance(key, tuple) else key is not None
    return sure


def _is_settled(environment: Environment, path: str) -> bool:
    parsed = environment.parse(path)
    return not is_volatile(parsed) and variables(environment, parsed) & VOLATILE_NAMES == {"_copier_conf"}


def _checked(path: Path) -> str:
    if paths.refusal(path.as_posix()):
        raise ForbiddenPathError(path=path)
    return path.as_posix()


def _content(key: Hashable | None, worker: Worker, view: _View, source: Source) -> bytes:
    return _memory.get(key, partial(_render, worker, view, source.full.as_posix()))


def _render(worker: Worker, view: _View, name: str) -> bytes:
    what = f"The template '{worker.template.url}' cannot be rendered"
    environment = worker.jinja_env
    with Phase.use(Phase.RENDER), explained(what):
        content = environment.get_template(name).render(**view.context).encode()
        loop = get_yield_context(environment)
        if loop.yield_name:
            loop.yield_name = loop.yield_iterable = None
            raise YieldTagInFileError(f"File {name} contains a yield tag, but it is not allowed.")
        return content


@lru_cache(maxsize=_PATTERNS)
def matcher(lines: tuple[str, ...]) -> _Match:
    """Return what tells whether a path matches one of some patterns, as Copier reads them."""
    if not any(lines):
        return lambda _: False
    matches = Worker._path_matcher(None, lines)  # type: ignore[arg-type] # noqa: SLF001
    return lru_cache(maxsize=_MATCHED)(lambda path: bool(matches(path)))
