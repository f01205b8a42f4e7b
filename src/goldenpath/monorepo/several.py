"""One command for many projects: what fails in one does not stop the others, and the exit code tells of the worst."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from goldenpath.errors import INTERRUPTED, GoldenpathError, masked
from goldenpath.monorepo.projects import Member
from goldenpath.project import Found, Project


class Result(Protocol):
    """What a command finds or does for one project."""

    @property
    def exit_code(self) -> int:
        """The one that the command has for it alone."""


R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Row(Generic[R]):
    """A project, and what came of it: the result, or why there is none."""

    member: Member
    outcome: R | GoldenpathError

    @property
    def name(self) -> str:
        """The project by its folder, and by its answers file where there are several."""
        place, found = self.member.place, self.member.found
        alone = isinstance(found, Project) and found.found is Found.ALONE
        return (place.folder or ".") + ("" if alone else f" ({place.name})")

    @property
    def failure(self) -> str:
        """Why there is no result, and what to type."""
        if not isinstance(self.outcome, GoldenpathError):
            return ""
        return masked("\n  ".join(filter(None, (self.outcome.message, self.outcome.hint))))

    def as_json(self, show: Callable[[R], Mapping[str, Any]]) -> dict[str, Any]:
        """Return what `show` makes of the result, or the error with the exit code that it stands for."""
        about = {"project": str(self.member.root), "answers_file": self.member.place.name}
        if not isinstance(self.outcome, GoldenpathError):
            return about | dict(show(self.outcome))
        said = {"message": masked(self.outcome.message), "hint": masked(self.outcome.hint)}
        return about | {"error": said, "exit_code": _code(self.outcome)}


class _LeftError(GoldenpathError):
    """A project that was left as it was after Ctrl-C."""

    exit_code = INTERRUPTED


def each(members: Sequence[Member], do: Callable[[Project, str], R]) -> list[Row[R]]:
    """Do something for each project and its folder, as it was found, in order. After Ctrl-C no other is begun."""
    rows: list[Row[R]] = []
    stopped = False
    for member in members:
        outcome: R | GoldenpathError = _LeftError("Interrupted: nothing was done.")
        try:
            if isinstance(member.found, GoldenpathError):
                outcome = member.found
            elif not stopped:
                outcome = do(member.found, member.place.folder)
        except KeyboardInterrupt:
            stopped = True
        except GoldenpathError as error:
            outcome = error
        except OSError as error:
            outcome = GoldenpathError(f"{error.strerror or error} ({error.filename}).")
        rows.append(Row(member, outcome))
    return rows


def report(
    rows: Sequence[Row[R]],
    content: Callable[[R], Mapping[str, Any]],
    text: Callable[[R], str],
    *,
    as_json: bool,
) -> str:
    """Return what came of each project, one after the other, or one JSON object with all of them."""
    if as_json:
        listed = [row.as_json(content) for row in rows]
        return json.dumps({"projects": listed, "exit_code": urgent(rows)}, indent=2)
    parts = [
        f"{row.name}: {row.failure}" if isinstance(row.outcome, GoldenpathError) else text(row.outcome)
        for row in rows
    ]
    return "\n\n".join(parts)


def urgent(rows: Sequence[Row[Any]]) -> int:
    """Return the exit code of the most urgent: interrupted, failed, in conflict, behind, changed."""
    codes = {_code(row.outcome) for row in rows}
    return next((code for code in (INTERRUPTED, 1, 3, 4, 5) if code in codes), 0)


def _code(outcome: Result | GoldenpathError) -> int:
    if not isinstance(outcome, GoldenpathError):
        return outcome.exit_code
    return INTERRUPTED if isinstance(outcome, _LeftError) else 1
