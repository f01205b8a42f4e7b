"""One version of a template, prepared once per process: what it asks, and what it renders for some answers."""

import io
import os
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import yaml
from copier._main import Worker
from copier._settings import SettingsModel
from copier._subproject import Subproject
from copier._template import Template
from copier.errors import CopierAnswersInterrupt, CopierError, InteractiveSessionError
from jinja2 import Environment

from goldenpath.engine import asking, fast, plain, trust
from goldenpath.engine.answered import Answered, settled
from goldenpath.engine.chance import steady
from goldenpath.engine.memo import QuickWorker
from goldenpath.engine.moves import flattened
from goldenpath.engine.plain import TaskWorker
from goldenpath.engine.problems import explained
from goldenpath.engine.texts import are_pure, memoised
from goldenpath.project import OWN, answers
from goldenpath.project.kept import LANE
from goldenpath.sources import Source
from goldenpath.tree import Tree

MOVES = "template/moves.yml"
UPDATE, COPY = "update", "copy"
"""What Copier calls its operations; templates leave out files by them."""


class Version:
    """A template at one commit. Safe to share between threads.

    `commit` is its full hash, `described` how projects store it.
    """

    def __init__(self, source: Source, commit: str, *, trusted: bool, skip_tasks: bool, starts: bool) -> None:
        self.source = source
        self.commit = commit
        self.trusted = trusted
        self._skip_tasks = skip_tasks
        self._starts = starts
        advice = trust.AT_START if starts else trust.IN_PROJECT
        what = f"The template '{source.address}' cannot be used at {commit[:12]}"
        with explained(what):
            self.template = Template(url=source.address, ref=commit)
            self.template.__dict__.update(local_abspath=source.check_out(commit).resolve(), vcs="git")
        with explained(what), redirect_stderr(io.StringIO()):
            trust.check_template(self.template, trusted=trusted, skip_tasks=skip_tasks, advice=advice)
            self.described = str(self.template.commit)
            self.questions: Mapping[str, Mapping[str, Any]] = dict(self.template.questions_data)
            self._pure = trust.is_pure(self.template)
            self.rendering = fast.Rendering(self.template, pure=self._pure)
        self._settings = trust.copier_settings()
        with explained(what):
            self._environment = self._new_environment()

    def _new_environment(self) -> Environment:
        worker = Worker(dst_path=Path("/"), **self._options())
        worker.__dict__["template"] = self.template
        return memoised(worker.jinja_env if self._starts else steady(worker.jinja_env))

    @property
    def runs_tasks(self) -> bool:
        """Whether rendering runs commands of the template's."""
        return bool(self.template.tasks) and not self._skip_tasks

    def why_plain(self, answered: Answered) -> str | None:
        """Return why Copier itself has to render these answers, on the disk; None for the fast lane."""
        if os.environ.get(LANE) == "plain":
            return f"{LANE} asks for it"
        if self.runs_tasks:
            return "tasks"
        if self.template.external_data:
            return "external data"
        return self.rendering.beyond(answered.worker)

    def is_settled(self, answered: Answered) -> bool:
        """Tell whether these answers give the same files at any time, and in any place with the same path.

        Not where code of the template's runs, or a text looks at the time, at chance, or at what only Copier knows.
        """
        if trust.has_code(self.template) or not self._pure or self.why_plain(answered):
            return False
        return are_pure(self._environment, [self.template.questions_data, list(self.template.exclude)]) and (
            self.rendering.is_settled(answered.worker)
        )

    @cached_property
    def moves(self) -> dict[str, str]:
        """The rendered paths that the template says it renamed, old path → the newest one."""
        path = self.template.local_abspath / MOVES
        with explained(f"{MOVES} of the template '{self.source.address}' is not understood"):
            listed: Any = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else None
            return flattened(listed or {})

    def _options(self) -> dict[str, Any]:
        return {
            "src_path": self.source.address,
            "vcs_ref": self.commit,
            "settings": SettingsModel(defaults=dict(self._settings.defaults)),
            "quiet": True,
            "overwrite": True,
            "unsafe": self.trusted,
            "skip_tasks": self._skip_tasks,
        }

    def _worker(self, kind: type[Worker], project: Path, last: Mapping[str, Any], **options: Any) -> Worker:
        """Return Copier's worker for a project of this version, without a clone of its own."""
        worker = kind(dst_path=project, **(self._options() | options))
        subproject = Subproject(local_abspath=project, answers_relpath=worker.answers_file or Path("x"))
        known = {name: value for name, value in last.items() if name in OWN or not name.startswith("_")}
        subproject.__dict__["last_answers"] = known
        worker.__dict__.update(template=self.template, subproject=subproject)
        if kind is QuickWorker:
            worker.__dict__["jinja_env"] = self._environment
        elif not self._starts:
            worker.__dict__["jinja_env"] = steady(worker.jinja_env)
        return worker

    def asker(self, project: Path, last: Mapping[str, Any], **options: Any) -> Worker:
        """Return what asks the questions of this version, for a project with these last answers."""
        # An extension may know more than the answers, and may keep what it knows.
        quick = self._pure and not self.template.external_data and os.environ.get(LANE) != "plain"
        return self._worker(QuickWorker if quick else Worker, project, last, **options)

    def replay(
        self, project: Path, last: Mapping[str, Any], answers_file: str, *, stays: bool = True
    ) -> Answered:
        """Return the answers that a project gave when it was last updated, to this version.

        Unless `stays`, its answers file is taken for where this version puts it.

        Raises:
            GoldenpathError: They do not fit the questions: somebody edited them by hand.
        """
        place = Path(answers_file) if stays else None
        worker = self.asker(project, {}, data=dict(last), defaults=True, answers_file=place)
        what = f"The answers in {answers_file} do not fit {self.described} of the template"
        with explained(what, hint=f"Type: git log -p -- {answers_file}, and restore them."):
            return settled(worker)

    def start(self, project: Path, **options: Any) -> Answered:
        """Return the answers of a project that begins; `options` are those of Copier's worker."""
        return settled(self.asker(project, {}, defaults=True, **options))

    def answer(
        self,
        project: Path,
        last: Mapping[str, Any],
        given: Mapping[str, Any],
        answers_file: str | None,
        *,
        defaults: bool,
    ) -> Answered:
        """Return the answers of a project with this version: those `given`, the last ones, and the rest's defaults.

        Unless `defaults`, the user is asked what was never answered. `answers_file` is None where this version says.

        Raises:
            UsageError: An answer that was given does not fit, or one is missing.
            KeyboardInterrupt: The user left.
        """
        answers.check(given, self.questions)
        told = Path(answers_file) if answers_file else None
        make = partial(self.asker, project, last, skip_answered=True, answers_file=told)
        worker = make(data=dict(given), defaults=defaults)
        try:
            return settled(worker)
        except InteractiveSessionError as end_of_input:
            raise KeyboardInterrupt from end_of_input
        except CopierAnswersInterrupt:
            raise
        except (CopierError, ValueError, TypeError) as error:
            raise asking.refusal(make, last, worker, error) from error

    def check_kept(self, answered: Answered, last: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Refuse to answer in the user's place where this version no longer takes what a project answered.

        Raises:
            UsageError: It names all such answers, and what is taken now.
        """
        asking.check_kept(answered.worker, last, given)

    def render(self, answered: Answered, operation: str, exclude: Iterable[str] = ()) -> Tree:
        """Return the project that these answers give; `operation` is Copier's, "copy" or "update".

        `exclude` are patterns of paths to leave out, beside the template's own.

        Raises:
            GoldenpathError: The template is broken.
        """
        with explained(f"The template '{self.source.address}' cannot be rendered at {self.described}"):
            if self.why_plain(answered) is None:
                left_out = fast.matcher((*self.exclusions(answered, operation), *exclude))
                files = self.rendering.files(answered.worker)
                return Tree({path: file for path, file in files.items() if not left_out(path)})
            return self._plainly(answered, operation, tuple(exclude))

    def _plainly(self, answered: Answered, operation: str, exclude: tuple[str, ...]) -> Tree:
        """Render on the disk, once for both operations where they differ in no more than what they leave out."""
        at_once = COPY if self._renders_alike(answered) else operation
        if at_once not in answered.rendered:
            make = partial(self._worker, TaskWorker)
            answered.rendered[at_once] = plain.render(make, answered.worker, at_once)
        left_out = fast.matcher((*self.exclusions(answered, operation), *exclude))
        return answered.rendered[at_once].without(left_out)

    def _renders_alike(self, answered: Answered) -> bool:
        # Tasks see the operation as a variable of Jinja and of their environment.
        if self.runs_tasks and "copier_operation" in repr(self.template.tasks).lower():
            return False
        first, later = (list(filter(None, self.exclusions(answered, each))) for each in (COPY, UPDATE))
        negated = any(line.startswith("!") for line in (*first, *later))
        return first == later or (set(first) <= set(later) and not negated)

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
