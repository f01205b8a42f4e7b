"""Which templates may be used, and what the user has told Copier about them."""

from importlib.metadata import version as installed_version

from copier import Settings, load_settings
from copier._template import Template as Source
from copier.errors import SettingsError
from packaging.version import Version

from goldenpath.engine.problems import UPGRADE
from goldenpath.errors import GoldenpathError, UsageError


def copier_settings() -> Settings:
    """Read the user's settings of Copier.

    Raises:
        UsageError: They cannot be read.
    """
    try:
        return load_settings()
    except SettingsError as error:
        raise UsageError(f"Copier's settings.yml cannot be read: {error}", "Mend that file.") from error


def check_template(source: Source, *, trusted: bool) -> None:
    """Refuse a template that this command cannot or may not use.

    Raises:
        GoldenpathError: It is none, needs a newer command, or runs code of its own.
    """
    if not any(source.local_abspath.glob("copier.y*ml")):
        raise GoldenpathError(
            f"'{source.url}' is no template: it has no copier.yml.", "Name another with --template"
        )
    ours, needed = installed_version("goldenpath"), str(source.config_data.get("min_goldenpath_version", "0"))
    if Version(needed) > Version(ours):
        raise GoldenpathError(f"The template needs goldenpath {needed}, this is {ours}.", UPGRADE)
    if source.jinja_extensions and not trusted:
        raise GoldenpathError(
            "The template runs code of its own (Jinja extensions).", "If you trust it, add --trust"
        )


def check_start(source: Source) -> None:
    """Refuse to start a project from a template that runs tasks.

    Raises:
        GoldenpathError: It does.
    """
    if source.tasks:
        raise GoldenpathError(
            "The template runs tasks of its own while it is copied, which goldenpath never does.",
            f"If you trust it, type: copier copy --trust {source.url} DEST",
        )


def check_update(source: Source, *, trusted: bool) -> None:
    """Refuse an update through a template whose code may not, or cannot, be run apart from the project.

    Raises:
        GoldenpathError: It has tasks and is not trusted, or it has migrations.
    """
    if source.tasks and not trusted:
        raise GoldenpathError(
            f"The template '{source.url}' runs code of its own (tasks).", "If you trust it, add --trust"
        )
    if source.config_data.get("migrations"):
        raise GoldenpathError(
            f"The template '{source.url}' changes projects in place (migrations), so no update can be foreseen.",
            "If you trust it, type: copier update --trust",
        )
