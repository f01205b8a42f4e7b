"""A new project: open a template, ask its questions, render it into a `Tree`.

Rendering is Copier's public `run_copy` into a temporary folder, so it is right by definition. Asking is
the same `Worker` that `run_copy` uses, stopped after its questions.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from copier import Phase, run_copy
from copier._main import Worker
from copier._settings import SettingsModel
from copier._template import Template as Source
from copier._vcs import get_latest_tag
from copier.errors import CopierAnswersInterrupt, CopierError, InteractiveSessionError
from jinja2 import TemplateError

from goldenpath import answers, sources, tree
from goldenpath.engine.problems import explained, misfit
from goldenpath.engine.trust import check_start, check_template, copier_settings
from goldenpath.errors import GoldenpathError
from goldenpath.settings import local_path
from goldenpath.tree import Tree

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


@contextmanager
def open_template(address: str, ref: str | None, name: str, *, trust: bool) -> Iterator[Template]:
    """Fetch the template at `address` and yield it; `ref` None stands for its newest release.

    `name` is that of the project's folder: the default of the question `project_name`, if it takes it. `trust` lets the template run code of its
    own, as an entry of exactly this address in the `trust` list of Copier's settings does.

    Raises:
        GoldenpathError: There is no such template or release, or this command cannot or may not use it.
    """
    _check_address(address)
    settings = copier_settings()
    with TemporaryDirectory(prefix="goldenpath-") as temporary:
        worker = Worker(
            src_path=address,
            dst_path=Path(temporary, name or "project"),
            vcs_ref=ref or _newest_release(address),
            settings=SettingsModel(defaults=dict(settings.defaults)),
            quiet=True,
            unsafe=trust or address in settings.trust,
        )
        with worker:
            yield _template(worker)


def _template(worker: Worker) -> Template:
    source = worker.template
    with explained(f"Cannot read '{worker.vcs_ref}' of the template '{source.url}'"):
        root = source.local_abspath
    # Copier prints some of these errors before it raises them.
    with explained(f"The template '{source.url}' cannot be used"), redirect_stderr(io.StringIO()):
        check_template(source, trusted=worker.unsafe)
        check_start(source)
        return Template(
            address=source.url,
            version=sources.release(str(source.commit)),
            hook=(root / HOOK).read_bytes() if worker.unsafe and (root / HOOK).is_file() else None,
            questions=dict(source.questions_data),
            worker=worker,
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
    for name, details in template.questions.items():
        text = str(details.get("help") or name).rstrip()
        worker.template.questions_data[name] = {
            "qmark": "?",
            **details,
            "help": f"{text}  [--data {name}=...]",
        }
    try:
        with Phase.use(Phase.PROMPT):
            worker._ask()  # noqa: SLF001 (held by the tests that compare with `run_copy`)
    except InteractiveSessionError as end_of_input:
        raise KeyboardInterrupt from end_of_input
    except CopierAnswersInterrupt:
        raise
    except (CopierError, ValueError, TypeError) as error:
        raise misfit(worker, error) from error
    answers.check_kept(given, worker.answers.hidden)
    settled = worker.answers.hidden | given.keys() | (worker.answers.user.keys() if defaults else set())
    return {**given, **{name: value for name, value in worker.answers.user.items() if name not in settled}}


def render(template: Template, data: Mapping[str, Any]) -> tuple[Tree, dict[str, Any]]:
    """Return the project that these answers give, and all answers that it stores.

    With them are Copier's own: `_commit`, the template's commit as `git describe` names it, and `_src_path`.

    Raises:
        GoldenpathError: The template is broken.
    """
    asked = template.worker
    with explained(f"The template '{template.address}' cannot be rendered"):
        worker = run_copy(
            template.address,
            asked.dst_path,
            data=dict(data),
            vcs_ref=asked.vcs_ref,
            settings=asked.settings,
            user_defaults=asked.user_defaults,
            defaults=True,
            quiet=True,
            unsafe=asked.unsafe,
        )
        stored = dict(worker._answers_to_remember())  # noqa: SLF001 (what the answers file holds)
    return tree.read(asked.dst_path), stored


def _check_address(address: str) -> None:
    path = local_path(address)
    if path and not path.exists():
        raise GoldenpathError(f"The template '{address}' does not exist.", "Name another with --template")
    if Source(url=address).vcs != "git":
        raise GoldenpathError(
            f"The template '{address}' is not the top folder of a git repository.",
            "Updates need one: name that folder, or type `git init` there and commit.",
        )


def _newest_release(address: str) -> str:
    with explained(f"The template '{address}' cannot be reached"), redirect_stderr(io.StringIO()):
        newest = get_latest_tag(Source(url=address).url_expanded)
    if newest == "HEAD":
        raise GoldenpathError(f"The template '{address}' has no release.", "Add --vcs-ref HEAD")
    return newest
