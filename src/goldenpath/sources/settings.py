"""Where the template is: a flag, the environment, the user's settings, or its public home."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from platformdirs import user_config_path

from goldenpath.errors import UsageError
from goldenpath.sources.addresses import is_path

# The address everybody's template comes from, once there is one.
PUBLIC_TEMPLATE: str | None = None

VARIABLE = "GOLDENPATH_TEMPLATE"

_PASSWORD = re.compile(r"^(git\+)?(https?://[^/\s]+@|[a-z+]+://[^/\s:]*:[^/\s@]*@)", re.IGNORECASE)


def settings_file() -> Path:
    """Return where the user's settings are, whether or not there are any."""
    return user_config_path("goldenpath", appauthor=False) / "settings.yml"


def template_address(flag: str | None, environment: Mapping[str, str]) -> str:
    """Return the template's address, a URL or an absolute path, from the first place that names one.

    Raises:
        UsageError: No place names one, or the one that does cannot be used.
    """
    address = flag or environment.get(VARIABLE) or _setting("template") or PUBLIC_TEMPLATE
    if not address:
        raise UsageError(
            "No template is given.",
            f"Add --template URL, or set {VARIABLE}, or write `template: URL` into {settings_file()}",
        )
    return absolute(address)


def absolute(address: str) -> str:
    """Return an address as a project may store it: a URL as it is, a path from the root of the disk.

    Raises:
        UsageError: It has a password in it.
    """
    # The address is stored in every project: a relative one breaks its updates, a password in it is published.
    if _PASSWORD.match(address):
        raise UsageError(
            "The template's address has a user or password in it, and every repository stores that address.",
            "Leave it out and let git's credential helper or SSH answer for you.",
        )
    if not is_path(address) and not Path(address).exists():
        return address.rstrip("/")
    return str(Path(address).expanduser().resolve())


def _setting(name: str) -> str | None:
    path = settings_file()
    if not path.is_file():
        return None
    try:
        settings: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"The settings in {path} are not YAML: {error}", "Mend that file.") from error
    value = settings.get(name) if isinstance(settings, dict) else None
    if not (isinstance(settings, dict | None) and isinstance(value, str | None)):
        raise UsageError(f"The settings in {path} are not understood.", f"Write one line: {name}: URL")
    return value


def local_path(address: str) -> Path | None:
    """Return the folder or bundle that `address` names on this machine, or None for a URL."""
    return Path(address) if os.path.isabs(address) else None  # noqa: PTH117 (true of a string)
