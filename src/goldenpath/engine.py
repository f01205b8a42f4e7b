"""The only module that imports Copier: open a template, ask its questions, render it into a `Tree`.

Rendering is Copier's public `run_copy` into a temporary folder, so it is right by definition. Asking is
the same `Worker` that `run_copy` uses, stopped after its questions; it is internal to Copier, which is
why Copier is pinned to a minor version.
"""

import io
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from copier import Phase, Settings, load_settings, run_copy
from copier._main import Worker
from copier._settings import SettingsModel
from copier._template import Template as Source
from copier._vcs import get_latest_tag
from copier.errors import (
    ConfigFileError,
    CopierAnswersInterrupt,
    CopierError,
    InteractiveSessionError,
    SettingsError,
    UnsupportedVersionError,
)
from jinja2 import TemplateError
from packaging.version import InvalidVersion, Version
from plumbum import ProcessExecutionError
from yaml import YAMLError

from goldenpath import answers, tree
from goldenpath.errors import GoldenpathError, UsageError
from goldenpath.settings import local_path
from goldenpath.tree import Tree

HOOK = "hooks/after_new.py"

_UPGRADE = "Type: uv tool upgrade goldenpath (or name an older release with --vcs-ref)"
_CLONE = re.compile(r"[^\s'\"(]*copier\._vcs\.clone\.[^/\\]+[/\\]")
_BROKEN = (CopierError, TemplateError, YAMLError, ProcessExecutionError, ValueError, TypeError)


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
    settings = _copier_settings()
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
    with _explained(f"Cannot read '{worker.vcs_ref}' of the template '{source.url}'"):
        root = source.local_abspath
    # Copier prints some of these errors before it raises them.
    with _explained(f"The template '{source.url}' cannot be used"), redirect_stderr(io.StringIO()):
        _check_template(source, trusted=worker.unsafe)
        return Template(
            address=source.url,
            version=_release(str(source.commit)),
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
        raise _misfit(worker, error) from error
    if void := worker.answers.hidden & given.keys():
        raise UsageError(
            f"'{min(void)}' does not go with the other answers: it would be lost.", "Leave it out."
        )
    settled = worker.answers.hidden | given.keys() | (worker.answers.user.keys() if defaults else set())
    return {**given, **{name: value for name, value in worker.answers.user.items() if name not in settled}}


def render(template: Template, data: Mapping[str, Any]) -> tuple[Tree, dict[str, Any]]:
    """Return the project that these answers give, and all answers that it stores.

    With them are Copier's own: `_commit`, the template's commit as `git describe` names it, and `_src_path`.

    Raises:
        GoldenpathError: The template is broken.
    """
    asked = template.worker
    with _explained(f"The template '{template.address}' cannot be rendered"):
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


def _copier_settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        raise UsageError(f"Copier's settings.yml cannot be read: {error}", "Mend that file.") from error


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
    with _explained(f"The template '{address}' cannot be reached"), redirect_stderr(io.StringIO()):
        newest = get_latest_tag(Source(url=address).url_expanded)
    if newest == "HEAD":
        raise GoldenpathError(f"The template '{address}' has no release.", "Add --vcs-ref HEAD")
    return newest


def _release(commit: str) -> str | None:
    # What `git describe` says is a tag, a tag with a distance, or a hash, which may be all digits.
    try:
        return str(Version(commit)) if "." in commit else None
    except InvalidVersion:
        return None


def _check_template(source: Source, *, trusted: bool) -> None:
    if not any(source.local_abspath.glob("copier.y*ml")):
        raise GoldenpathError(
            f"'{source.url}' is no template: it has no copier.yml.", "Name another with --template"
        )
    ours, needed = installed_version("goldenpath"), str(source.config_data.get("min_goldenpath_version", "0"))
    if Version(needed) > Version(ours):
        raise GoldenpathError(f"The template needs goldenpath {needed}, this is {ours}.", _UPGRADE)
    if source.tasks:
        raise GoldenpathError(
            "The template runs tasks of its own while it is copied, which goldenpath never does.",
            f"If you trust it, type: copier copy --trust {source.url} DEST",
        )
    if source.jinja_extensions and not trusted:
        raise GoldenpathError(
            "The template runs code of its own (Jinja extensions).", "If you trust it, add --trust"
        )


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn what Copier and its libraries raise over a template into an error that begins with `what`."""
    try:
        yield
    except _BROKEN as error:
        hint = _UPGRADE if isinstance(error, UnsupportedVersionError) else ""
        raise GoldenpathError(f"{what}: {_reason(error)}", hint) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, ProcessExecutionError):
        return str(error.stderr).strip()
    if isinstance(error, ConfigFileError) and error.__cause__:
        error = error.__cause__
    text = re.sub(r"^(Validation error for question|Invalid choice for) '\w+': ", "", str(error))
    # Jinja puts the template's own lines into the traceback.
    frames = traceback.extract_tb(error.__traceback__)
    places = [f" ({frame.filename}, line {frame.lineno})" for frame in frames if _CLONE.match(frame.filename)]
    return _CLONE.sub("", text + "".join(places[-1:]))


def _misfit(worker: Worker, error: Exception) -> UsageError:
    questions = worker.template.questions_data
    # Copier goes through them in order and keeps the answers that fit.
    name = next((name for name in questions if name not in worker.answers.user), "")
    example = f"'{name}=[..., ...]'" if questions.get(name, {}).get("multiselect") else f"{name}=..."
    return UsageError(f"The answer to '{name}' does not fit: {_reason(error)}", f"Type --data {example}")
