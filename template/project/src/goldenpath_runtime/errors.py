"""What this package raises for a mistake of the user's, and what it tells of one in their code.

Owned by the template: do not edit.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OWN = Path(__file__).resolve().parent
MOST_OF_A_LINE = 200  # characters


class ProjectError(Exception):
    """The project's files or data are wrong: shown as a message, without a traceback."""


@contextmanager
def asking(method: Any) -> Iterator[None]:
    """Say of an error which method of the team's model has given what cannot be used."""
    try:
        yield
    except ProjectError:
        raise
    except Exception as error:
        code = getattr(method, "__code__", None)
        if code and _is_theirs(code.co_filename):
            error.add_note(f"{_place(code.co_filename, code.co_firstlineno)}: {method.__name__}")
        raise


def blame(error: Exception) -> str | None:
    """What went wrong in the team's own code, and where, in one line; then their part of the trace.

    None where nothing says that it is their code.
    """
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)
    ]
    places = [_place(frame.filename, frame.lineno) for frame in frames]
    if not places:
        notes = getattr(error, "__notes__", [])
        places = [note for note in notes if _is_theirs(note.partition(":")[0])]
    if isinstance(error, SyntaxError) and _is_theirs(str(error.filename)):
        places = [_place(str(error.filename), error.lineno)]
    if not places:
        return None
    what = " ".join(str(error).split())
    first = f"{places[-1]}: {type(error).__name__}: {what}\n"
    return "".join([first, *traceback.format_list(frames)]).rstrip()


def _place(file: str, line: int | None) -> str:
    return f"{Path(file).resolve().relative_to(Path.cwd())}:{line}"


def _is_theirs(file: str) -> bool:
    """Whether it is a file of the project that is neither of this package nor installed."""
    path = Path(file).resolve()
    return (
        path.is_file()
        and path.is_relative_to(Path.cwd())
        and not path.is_relative_to(OWN)
        and "site-packages" not in path.parts
    )


def first_line(error: Exception) -> str:
    """What an error of a library says, as part of a message of ours."""
    text = str(error).strip() or type(error).__name__
    return text.partition("\n")[0][:MOST_OF_A_LINE]
