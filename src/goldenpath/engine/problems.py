"""What Copier and its libraries raise over a template, as errors that a user can act on."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from copier._main import Worker
from copier.errors import ConfigFileError, CopierError, UnsupportedVersionError
from jinja2 import TemplateError
from plumbum import ProcessExecutionError
from yaml import YAMLError

from goldenpath.errors import GoldenpathError, UsageError

UPGRADE = "Type: uv tool upgrade goldenpath (or name an older release)"

# A check-out of a template in a temporary folder: ours, or the one that Copier makes.
_CLONE = re.compile(
    r"[^\s'\"(]*(copier\._vcs\.clone\.[^/\\]+|goldenpath-[^/\\]+[/\\]\d+-[0-9a-f]{40,64}-\d+)[/\\]"
)
_BROKEN = (
    CopierError,
    TemplateError,
    YAMLError,
    ProcessExecutionError,
    ValueError,
    TypeError,
    AttributeError,
)


@contextmanager
def explained(what: str, hint: str = "") -> Iterator[None]:
    """Turn what Copier and its libraries raise over a template into an error that begins with `what`."""
    try:
        yield
    except _BROKEN as error:
        hint = UPGRADE if isinstance(error, UnsupportedVersionError) else hint
        raise GoldenpathError(f"{what}: {reason(error)}", hint) from error


def reason(error: BaseException) -> str:
    """Return what went wrong in words, with places as they are in the template's repository."""
    if isinstance(error, ProcessExecutionError):
        return str(error.stderr).strip()
    if isinstance(error, ConfigFileError) and error.__cause__:
        error = error.__cause__
    text = re.sub(r"^(Validation error for question|Invalid choice for) '\w+': ", "", str(error))
    # Jinja puts the template's own lines into the traceback.
    frames = traceback.extract_tb(error.__traceback__)
    places = [f" ({frame.filename}, line {frame.lineno})" for frame in frames if _CLONE.match(frame.filename)]
    return _CLONE.sub("", text + "".join(places[-1:]))


def misfit(worker: Worker, error: Exception) -> UsageError:
    """Return what to say of an answer that does not fit its question."""
    questions = worker.template.questions_data
    # Copier goes through them in order; what has no default stops it, as does what does not fit.
    required = re.fullmatch(r'Question "(\w+)" is required', str(error))
    if required:
        hint = f"Type --data {required[1]}=..."
        return UsageError(f"The question '{required[1]}' has no default: it must be answered.", hint)
    open_ones = [name for name in questions if name not in worker.answers.user]
    name = next((name for name in open_ones if name in worker.data), next(iter(open_ones), ""))
    example = f"'{name}=[..., ...]'" if questions.get(name, {}).get("multiselect") else f"{name}=..."
    return UsageError(f"The answer to '{name}' does not fit: {reason(error)}", f"Type --data {example}")
