"""`.goldenpath.yml` of a project: where it differs from the template on purpose, why, who says so, until when."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import yaml
from pathspec import GitIgnoreSpec

from goldenpath.errors import GoldenpathError
from goldenpath.project import WAIVERS
from goldenpath.tree import File

FILE = WAIVERS
_KEYS = {"path", "reason", "owner", "expires"}
_EXAMPLE = "waivers: [{path: .github/, reason: built elsewhere, owner: platform-team, expires: 2027-06-30}]"


@dataclass(frozen=True)
class Waiver:
    """A pattern of paths, as in .gitignore, that an update leaves alone up to and on the day `expires`."""

    path: str
    reason: str
    owner: str
    expires: date

    @property
    def expired(self) -> bool:
        """Whether its last day, by UTC, is over."""
        return self.expires < datetime.now(tz=UTC).date()


def read(file: File | None) -> list[Waiver]:
    """Return the waivers of a project.

    Raises:
        GoldenpathError: The file is not understood; nothing is waived by mistake, and nothing overwritten.
    """
    try:
        content: Any = yaml.safe_load(file.content.decode()) if file else None
        return [_waiver(entry) for entry in _listed(content or {})]
    except (
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        RecursionError,
        re.error,
        yaml.YAMLError,
    ) as error:
        raise GoldenpathError(
            f"{FILE} is not understood: {error}", f"Write for example: {_EXAMPLE}"
        ) from error


def _listed(content: dict[str, Any]) -> list[dict[str, Any]]:
    if unknown := content.keys() - {"waivers"}:
        raise ValueError(f"it has an unknown {min(unknown)}")
    return content.get("waivers") or []


def _waiver(entry: dict[str, Any]) -> Waiver:
    missing, unknown = _KEYS - entry.keys(), entry.keys() - _KEYS
    if missing or unknown:
        problem = f"lacks {', '.join(sorted(missing))}" if missing else f"has an unknown {min(unknown)}"
        raise ValueError(f"a waiver {problem}")
    expires = date.fromisoformat(str(entry["expires"])[:10])
    GitIgnoreSpec.from_lines([str(entry["path"])])
    return Waiver(str(entry["path"]), str(entry["reason"]), str(entry["owner"]), expires)


def lookup(waivers: list[Waiver]) -> Callable[[str], str | None]:
    """Return what tells why a path is waived, None where it is not, or no longer."""
    specs = [(GitIgnoreSpec.from_lines([each.path]), each) for each in waivers if not each.expired]

    def reason(path: str) -> str | None:
        found = next((each for spec, each in specs if spec.match_file(path)), None)
        return f"{found.reason} ({found.owner}, until {found.expires})" if found else None

    return reason
