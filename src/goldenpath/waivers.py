"""`.goldenpath.yml` of a project: where it differs from the template on purpose, why, who says so, until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import yaml
from pathspec import GitIgnoreSpec

from goldenpath.errors import GoldenpathError
from goldenpath.tree import File

FILE = ".goldenpath.yml"
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
        listed = (content or {}).get("waivers") or []
        return [_waiver(entry) for entry in listed]
    except (AttributeError, KeyError, TypeError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise GoldenpathError(
            f"{FILE} is not understood: {error}", f"Write for example: {_EXAMPLE}"
        ) from error


def _waiver(entry: dict[str, Any]) -> Waiver:
    missing, unknown = _KEYS - entry.keys(), entry.keys() - _KEYS
    if missing or unknown:
        problem = f"lacks {', '.join(sorted(missing))}" if missing else f"has an unknown {min(unknown)}"
        raise ValueError(f"a waiver {problem}")
    expires = entry["expires"]
    if not isinstance(expires, date):
        expires = date.fromisoformat(str(expires))
    return Waiver(str(entry["path"]), str(entry["reason"]), str(entry["owner"]), expires)


def lookup(waivers: list[Waiver]) -> Callable[[str], str | None]:
    """Return what tells why a path is waived, None where it is not, or no longer."""
    specs = [(GitIgnoreSpec.from_lines([each.path]), each) for each in waivers if not each.expired]

    def reason(path: str) -> str | None:
        found = next((each for spec, each in specs if spec.match_file(path)), None)
        return f"{found.reason} ({found.owner}, until {found.expires})" if found else None

    return reason
