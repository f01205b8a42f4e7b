"""Which templates may be used, and what the user has told Copier about them."""

import os
from collections.abc import Iterator, Mapping
from importlib.metadata import version as installed_version
from pathlib import Path

from copier import Settings, load_settings
from copier._template import Task
from copier._template import Template as Source
from copier.errors import SettingsError
from packaging.version import Version
from platformdirs import user_config_path

from goldenpath.engine.problems import UPGRADE
from goldenpath.errors import GoldenpathError, TrustError, UsageError

IN_PROJECT = {"another": "Name another version with --to", "without": "or --skip-tasks, to leave them out"}
"""What to type to the commands on a project: not all commands have the same options."""

AT_START = {"another": "Name another with --template", "without": ""}
"""What to type to the command that starts one."""

_SHOWN = 100  # characters of a command


def copier_settings() -> Settings:
    """Read the user's settings of Copier.

    Raises:
        UsageError: They cannot be read.
    """
    try:
        return load_settings()
    except SettingsError as error:
        raise UsageError(f"Copier's settings.yml cannot be read: {error}", "Mend that file.") from error


def settings_file() -> Path:
    """Return where the user's settings of Copier are, whether or not there are any."""
    given = os.getenv("COPIER_SETTINGS_PATH")
    return Path(given) if given else user_config_path("copier", appauthor=False) / "settings.yml"


def check_template(source: Source, *, trusted: bool, skip_tasks: bool, advice: Mapping[str, str]) -> None:
    """Refuse a template that this command cannot or may not use; `advice` is `IN_PROJECT` or `AT_START`.

    Raises:
        TrustError: It runs code of its own.
        GoldenpathError: It is none, or needs a newer command.
    """
    if not any(source.local_abspath.glob("copier.y*ml")):
        raise GoldenpathError(f"'{source.url}' is no template: it has no copier.yml.", advice["another"])
    ours, needed = installed_version("goldenpath"), str(source.config_data.get("min_goldenpath_version", "0"))
    if Version(needed) > Version(ours):
        raise GoldenpathError(f"The template needs goldenpath {needed}, this is {ours}.", UPGRADE)
    if trusted:
        return
    if code := list(_code(source, skip_tasks=skip_tasks)):
        without = advice["without"]
        leave = f" ({without})" if without and not source.jinja_extensions else ""
        raise TrustError(
            f"The template '{source.url}' runs code of its own:" + "".join(f"\n    {each}" for each in code),
            f"If you trust it, add --trust{leave}",
        )


def is_pure(source: Source) -> bool:
    """Tell whether the template extends Jinja by nothing but what Jinja itself brings."""
    return all(name.startswith("jinja2.ext.") for name in source.jinja_extensions)


def has_code(source: Source) -> bool:
    """Tell whether using the template runs any code of its own."""
    return any(True for _ in _code(source, skip_tasks=False))


def _code(source: Source, *, skip_tasks: bool) -> Iterator[str]:
    """What runs on this machine if the template is trusted, one line each."""
    for extension in source.jinja_extensions:
        yield f"Jinja extension: {extension}"
    for task in () if skip_tasks else source.tasks:
        yield f"task: {shown(task)}"


def shown(task: Task) -> str:
    """Return a command of a template on one line."""
    words = task.cmd if isinstance(task.cmd, str) else " ".join(map(str, task.cmd))
    line = " ".join(words.split())
    return f"{line[:_SHOWN]}…" if len(line) > _SHOWN else line
