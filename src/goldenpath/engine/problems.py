"""What Copier and its libraries raise over a template, as errors that a user can act on."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from copier._main import Worker
from copier.errors import ConfigFileError, ExtensionNotFoundError, UnsupportedVersionError
from plumbum import ProcessExecutionError

from goldenpath.errors import GoldenpathError, UsageError

UPGRADE = "Type: uv tool upgrade goldenpath (or name an older release)"

# A check-out of a template in a temporary folder: ours, or the one that Copier makes.
_CLONE = re.compile(
    r"[^\s'\"(]*(copier\._vcs\.clone\.[^/\\]+|goldenpath-[^/\\]+[/\\]\d+-[0-9a-f]{40,64}-\d+)[/\\]"
)

_QUESTION = re.compile(r"^(Validation error for question|Invalid choice for) '(?P<name>\w+)': ")


@contextmanager
def explained(what: str, hint: str = "") -> Iterator[None]:
    """Turn what a template, Copier and its libraries raise into an error that begins with `what`.

    A template is a program of somebody else's: its expressions, filters and extensions may raise anything.
    """
    try:
        yield
    except GoldenpathError:
        raise
    except ExtensionNotFoundError as error:
        module = str(getattr(error.__context__, "name", "") or "of a package that is not installed")
        package = module.partition(".")[0].replace("_", "-")
        raise GoldenpathError(
            f"{what}: the Jinja extension {module} is not installed.",
            f"Install its package beside goldenpath, for example: uv tool install goldenpath --with {package}",
        ) from error
    except Exception as error:
        hint = UPGRADE if isinstance(error, UnsupportedVersionError) else hint
        raise GoldenpathError(f"{what}: {reason(error)}", hint) from error


def reason(error: BaseException) -> str:
    """Return what went wrong in words, with places as they are in the template's repository."""
    if isinstance(error, ProcessExecutionError):
        return str(error.stderr).strip()
    if isinstance(error, ConfigFileError) and error.__cause__:
        error = error.__cause__
    text = _QUESTION.sub("", str(error))
    if isinstance(error, LookupError | AssertionError) or not text:
        # Of some kinds of errors the text alone is a name, or nothing.
        text = f"{type(error).__name__} {text}".strip()
    # Jinja puts the template's own lines into the traceback.
    frames = traceback.extract_tb(error.__traceback__)
    places = [f" ({frame.filename}, line {frame.lineno})" for frame in frames if _CLONE.match(frame.filename)]
    return _CLONE.sub("", text + "".join(places[-1:]))


def misfit(worker: Worker, error: Exception) -> UsageError:
    """Return what to say of an answer that does not fit its question."""
    questions = worker.template.questions_data
    named = _QUESTION.match(str(error))
    # Where the error names none: Copier goes through them in order, and what does not fit stops it.
    settled = worker.answers.user.keys() | worker.answers.hidden | worker.answers.last.keys()
    open_ones = [name for name in questions if name not in settled]
    first = next((name for name in open_ones if name in worker.data), next(iter(open_ones), ""))
    name = named["name"] if named else first
    example = f"'{name}=[..., ...]'" if questions.get(name, {}).get("multiselect") else f"{name}=..."
    return UsageError(f"The answer to '{name}' does not fit: {reason(error)}", f"Type --data {example}")
