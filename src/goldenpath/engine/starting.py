"""A new project: open a template, ask its questions, render it into a `Tree`.

It takes the same lanes as an update, so that a project begins as an update would leave it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from copier import Phase
from copier._main import Worker
from copier._template import Template as Address
from copier._vcs import clone, get_repo
from copier.errors import CopierAnswersInterrupt, CopierError, InteractiveSessionError
from jinja2 import TemplateError

from goldenpath import git, sources
from goldenpath.engine import asking, following
from goldenpath.engine.memo import QuickWorker
from goldenpath.engine.opening import forget, open_version
from goldenpath.engine.problems import explained
from goldenpath.engine.trust import AT_START
from goldenpath.engine.versions import COPY, Version
from goldenpath.errors import GoldenpathError
from goldenpath.project import answers
from goldenpath.sources import Source
from goldenpath.sources.settings import local_path
from goldenpath.tree import File, Tree

HOOK = "hooks/after_new.py"


@dataclass(frozen=True)
class Template:
    """A template at one version, open for asking and rendering while its block lasts.

    `address` is the URL or absolute path that projects store, `version` is the release, None
    between releases, and `hook` is the source of `hooks/after_new.py` if it may be run.
    """

    address: str
    version: str | None
    hook: bytes | None
    questions: Mapping[str, Mapping[str, Any]]
    worker: Worker = field(repr=False)
    opened: Version = field(repr=False)


@contextmanager
def open_template(address: str, ref: str | None, name: str, *, trust: bool) -> Iterator[Template]:
    """Fetch the template at `address` and yield it; `ref` None stands for its newest release.

    `name` is the project's folder: its last part is the default of the question `project_name`, if that takes it.
    `trust` lets the template run code of its own, as an entry of exactly this address in the `trust` list of
    Copier's settings does. Every clone of this process goes when the block ends.

    Raises:
        GoldenpathError: There is no such template or release, or this command cannot or may not use it.
    """
    _check_address(address)
    with TemporaryDirectory(prefix="goldenpath-") as temporary:
        try:
            source = _source(address, ref, Path(temporary, "draft"))
            ref = ref or _newest_release(source)
            version = open_version(source, _commit(source, ref), trust=trust, starts=True)
            yield _template(version, ref, Path.cwd() / (name or "project"))
        finally:
            forget()


def _source(address: str, ref: str | None, draft: Path) -> Source:
    """Return the template's repository; of one that somebody works in, a clone with what is not committed yet."""
    path = local_path(address)
    if ref == "HEAD" and path and path.is_dir() and git.changes(path):
        with explained(f"Cannot read '{ref}' of the template '{address}'"):
            return Source(address, address, Path(clone(address, ref, location=str(draft))))
    return sources.open_source(address, address, lambda: get_repo(address) or address)


def _commit(source: Source, ref: str) -> str:
    try:
        return source.commit(ref)
    except GoldenpathError as error:
        raise GoldenpathError(
            f"Cannot read '{ref}' of the template '{source.address}': {error.message}", error.hint
        ) from error


def _template(version: Version, ref: str, project: Path) -> Template:
    root = version.template.local_abspath
    return Template(
        address=version.source.address,
        version=sources.release(version.described),
        hook=(root / HOOK).read_bytes() if version.trusted and (root / HOOK).is_file() else None,
        questions=version.questions,
        worker=version.asker(project, {}, vcs_ref=ref),
        opened=version,
    )


def ask(template: Template, given: Mapping[str, Any], *, defaults: bool) -> dict[str, Any]:
    """Return `given` and, unless `defaults` stands for all others, what the user answers to each open question.

    Raises:
        UsageError: An answer does not fit its question.
        KeyboardInterrupt: The user left.
    """
    answers.check(given, template.questions)
    worker = template.worker
    worker.data = dict(given)
    worker.defaults = defaults
    with suppress(TemplateError):  # of a validator that looks at other answers too
        worker.user_defaults = answers.of_folder(
            worker.dst_path.name, template.questions, worker.jinja_env.from_string
        )
    if not defaults:
        _name_answers(worker, template.questions)
    try:
        _question(worker)
    except InteractiveSessionError as end_of_input:
        raise KeyboardInterrupt from end_of_input
    except CopierAnswersInterrupt:
        raise
    except (CopierError, ValueError, TypeError) as error:
        make = partial(
            template.opened.asker,
            worker.dst_path,
            {},
            user_defaults=worker.user_defaults,
            vcs_ref=worker.vcs_ref,
        )
        raise asking.refusal(make, {}, worker, error) from error
    answers.check_kept(given, worker.answers.hidden)
    settled = worker.answers.hidden | given.keys() | (worker.answers.user.keys() if defaults else set())
    return {**given, **{name: value for name, value in worker.answers.user.items() if name not in settled}}


def _name_answers(worker: Worker, questions: Mapping[str, Mapping[str, Any]]) -> None:
    """Have each question say how it is answered beforehand."""
    for name, details in questions.items():
        text = str(details.get("help") or name).rstrip()
        worker.template.questions_data[name] = {
            "qmark": "?",
            **details,
            "help": f"{text}  [--data {name}=...]",
        }


def _question(worker: Worker) -> None:
    if isinstance(worker, QuickWorker):
        worker.question()
    else:
        with Phase.use(Phase.PROMPT):
            worker._ask()  # noqa: SLF001 (held by the tests that compare with `run_copy`)


def render(template: Template, data: Mapping[str, Any]) -> tuple[Tree, dict[str, Any], dict[str, Any]]:
    """Return the project that these answers give, all answers that it stores, and what the empty ones stand for.

    With those that it stores are Copier's own: `_commit`, the template's commit as `git describe` names it, and `_src_path`.

    Raises:
        GoldenpathError: The template is broken.
    """
    asked, version = template.worker, template.opened
    with explained(f"The template '{template.address}' cannot be rendered"):
        answered = version.start(
            asked.dst_path, data=dict(data), user_defaults=asked.user_defaults, vcs_ref=asked.vcs_ref
        )
        files = version.render(answered, COPY).files
        # Now, for the template goes when its block ends.
        tree = Tree({path: File(file.mode, file.content) for path, file in files.items()})
        return tree, dict(answered.stored), following.stand_for(version.questions, answered)


def _check_address(address: str) -> None:
    path = local_path(address)
    if path and not path.exists():
        raise GoldenpathError(f"The template '{address}' does not exist.", AT_START["another"])
    if Address(url=address).vcs != "git":
        raise GoldenpathError(
            f"The template '{address}' is not the top folder of a git repository.",
            "Updates need one: name that folder, or type `git init` there and commit.",
        )


def _newest_release(source: Source) -> str:
    if not source.releases:
        raise GoldenpathError(f"The template '{source.address}' has no release.", "Add --vcs-ref HEAD")
    return source.newest()
