"""One version of a template, prepared once per process: what it asks, and what it renders for some answers."""

import io
import os
import threading
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from copier import Phase
from copier._main import Worker
from copier._settings import SettingsModel
from copier._subproject import Subproject
from copier._template import Template
from copier._vcs import get_repo
from copier.errors import CopierAnswersInterrupt, CopierError, InteractiveSessionError
from jinja2 import Environment

from goldenpath import answers, sources
from goldenpath.engine import fast, plain
from goldenpath.engine.memo import QuickWorker, memoised
from goldenpath.engine.problems import explained, misfit
from goldenpath.engine.trust import check_template, check_update, copier_settings
from goldenpath.errors import GoldenpathError
from goldenpath.project import OWN
from goldenpath.settings import is_path
from goldenpath.sources import Source
from goldenpath.tree import Tree

MOVES = "template/moves.yml"
LANE = "GOLDENPATH_LANE"
"""Set to `plain`, it has everything rendered by Copier itself, on the disk."""


@dataclass(frozen=True)
class Answered:
    """The answers of one project at one version: `stored` go into its answers file, `values` are all of them."""

    stored: Mapping[str, Any]
    values: Mapping[str, Any]
    worker: Worker = field(repr=False)


class Version:
    """A template at one commit. Safe to share between threads.

    `commit` is its full hash, `described` how projects store it.
    """

    def __init__(self, source: Source, commit: str, *, trusted: bool) -> None:
        self.source = source
        self.commit = commit
        self.trusted = trusted
        what = f"The template '{source.address}' cannot be used at {commit[:12]}"
        with explained(what):
            self.template = Template(url=source.address, ref=commit)
            self.template.__dict__.update(local_abspath=source.check_out(commit).resolve(), vcs="git")
        with explained(what), redirect_stderr(io.StringIO()):
            check_template(self.template, trusted=trusted)
            check_update(self.template, trusted=trusted)
            self.described = str(self.template.commit)
            self.questions: Mapping[str, Mapping[str, Any]] = dict(self.template.questions_data)
            self.rendering = fast.Rendering(self.template)
        self._settings = copier_settings()

    @property
    def lane(self) -> str:
        """How it is rendered: "fast" in memory, or "plain" by Copier itself."""
        if os.environ.get(LANE) == "plain" or self.template.tasks or self.template.jinja_extensions:
            return "plain"
        return "plain" if self.rendering.unknown else "fast"

    @cached_property
    def moves(self) -> dict[str, str]:
        """The rendered paths that the template says it renamed, old path → the newest one."""
        path = self.template.local_abspath / MOVES
        with explained(f"{MOVES} of the template '{self.source.address}' is not understood"):
            listed: Any = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else None
            return flattened(listed or {})

    @cached_property
    def _environment(self) -> Environment:
        worker = Worker(dst_path=Path("/"), **self._options())
        worker.__dict__["template"] = self.template
        return memoised(worker.jinja_env)

    def _options(self) -> dict[str, Any]:
        return {
            "src_path": self.source.address,
            "vcs_ref": self.commit,
            "settings": SettingsModel(defaults=dict(self._settings.defaults)),
            "quiet": True,
            "overwrite": True,
            "unsafe": self.trusted,
        }

    def worker(self, project: Path, last: Mapping[str, Any], **options: Any) -> Worker:
        """Return Copier's worker for a project of this version, without a clone of its own."""
        kind = QuickWorker if self.lane == "fast" else Worker
        worker = kind(dst_path=project, **(self._options() | options))
        subproject = Subproject(local_abspath=project, answers_relpath=worker.answers_file or Path("x"))
        known = {name: value for name, value in last.items() if name in OWN or not name.startswith("_")}
        subproject.__dict__["last_answers"] = known
        worker.__dict__.update(template=self.template, subproject=subproject)
        if self.lane == "fast":
            worker.__dict__["jinja_env"] = self._environment
        return worker

    def replay(self, project: Path, last: Mapping[str, Any], answers_file: str) -> Answered:
        """Return the answers that a project gave when it was last updated, to this version.

        Raises:
            GoldenpathError: They do not fit the questions: somebody edited them by hand.
        """
        worker = self.worker(project, {}, data=dict(last), defaults=True, answers_file=Path(answers_file))
        what = f"The answers in {answers_file} do not fit {self.described} of the template"
        with explained(what, hint=f"Type: git log -p -- {answers_file}, and restore them."):
            return _answered(worker)

    def answer(
        self,
        project: Path,
        last: Mapping[str, Any],
        given: Mapping[str, Any],
        answers_file: str,
        *,
        defaults: bool,
    ) -> Answered:
        """Return the answers of a project with this version: those `given`, the last ones, and the rest's defaults.

        Unless `defaults`, the user is asked what was never answered.

        Raises:
            UsageError: An answer that was given does not fit.
            KeyboardInterrupt: The user left.
        """
        answers.check(given, self.questions)
        worker = self.worker(
            project,
            last,
            data=dict(given),
            defaults=defaults,
            skip_answered=True,
            answers_file=Path(answers_file),
        )
        try:
            return _answered(worker)
        except InteractiveSessionError as end_of_input:
            raise KeyboardInterrupt from end_of_input
        except CopierAnswersInterrupt:
            raise
        except (CopierError, ValueError, TypeError) as error:
            raise misfit(worker, error) from error

    def render(self, answered: Answered, operation: str, exclude: Iterable[str] = ()) -> Tree:
        """Return the project that these answers give; `operation` is Copier's, "copy" or "update".

        `exclude` are patterns of paths to leave out, beside the template's own.

        Raises:
            GoldenpathError: The template is broken.
        """
        with explained(f"The template '{self.source.address}' cannot be rendered at {self.described}"):
            if self.lane == "plain":
                return plain.render(self.worker, answered.worker, operation, tuple(exclude))
            return self.rendering.tree(answered.worker, operation, tuple(exclude))

    def exclusions(self, answered: Answered, operation: str) -> tuple[str, ...]:
        """Return the patterns of paths that this version leaves out, with these answers."""
        with explained(f"The template '{self.source.address}' has a broken _exclude"):
            return fast.patterns(answered.worker, self.template.exclude, operation)

    def message(self, answered: Answered) -> str:
        """Return what this version tells its users after an update."""
        with explained(f"The template '{self.source.address}' has a broken _message_after_update"):
            text = self.template.message_after_update
            return answered.worker._render_string(text).strip("\n") if text else ""  # noqa: SLF001

    def skipped(self, answered: Answered) -> tuple[str, ...]:
        """Return the patterns of paths that are written once and never again (`_skip_if_exists`)."""
        with explained(f"The template '{self.source.address}' has a broken _skip_if_exists"):
            return fast.patterns(answered.worker, self.template.skip_if_exists, "update")


def source(address: str, project: Path) -> Source:
    """Return the repository of a template, found from a project that stores its address.

    Raises:
        GoldenpathError: It is gone, or cannot be reached.
    """
    if not is_path(address):
        return sources.open_source(address, address, lambda: get_repo(address) or address)
    here = project / address
    with suppress(RuntimeError):  # of a home that nobody has
        here = (project / Path(address).expanduser()).resolve()
    hint = "Write its address, a URL or an absolute path, into the line _src_path of the answers file and commit."
    if not here.exists():
        raise GoldenpathError(f"The template '{address}' is gone: there is no such folder or file.", hint)
    if here.is_dir() and not any(here.glob("copier.y*ml")):
        raise GoldenpathError(
            f"'{address}', seen from the project, is no template: it has no copier.yml.", hint
        )
    return sources.open_source(address, str(here), lambda: str(here))


_opened: dict[tuple[str, str, str, bool], Version] = {}
_opening = threading.RLock()


def flattened(listed: Mapping[str, Mapping[str, str | None]]) -> dict[str, str]:
    """Return renames by major release as old path → newest path; what was dropped leads nowhere."""
    moves: dict[str, str] = {}
    for _, renamed in sorted(listed.items(), key=lambda item: float(item[0])):
        known = {old: renamed.get(new, new) for old, new in moves.items()}
        moves = {old: new for old, new in {**known, **renamed}.items() if new}
    return moves


def _answered(worker: Worker) -> Answered:
    if isinstance(worker, QuickWorker):
        worker.question()
    else:
        with Phase.use(Phase.PROMPT):
            worker._ask()  # noqa: SLF001 (held by the conformance suite)
    return Answered(dict(worker._answers_to_remember()), worker.answers.combined, worker)  # noqa: SLF001


def open_version(source: Source, commit: str, *, trust: bool) -> Version:
    """Return the version of a template at a commit, the same one for the whole process.

    Raises:
        GoldenpathError: This command cannot or may not use it.
    """
    trusted = trust or source.address in copier_settings().trust
    with _opening:
        key = (source.address, str(source.folder), commit, trusted)
        if key not in _opened:
            _opened[key] = Version(source, commit, trusted=trusted)
        return _opened[key]


def forget() -> None:
    """Let go of every version and clone of this process."""
    with suppress(GoldenpathError):
        _opened.clear()
        sources.forget()
