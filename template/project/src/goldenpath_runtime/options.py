"""The options of the template that this repository has; the only module that looks them up.

Owned by the template: do not edit. An option is a folder of this package, which an answer brings or
leaves out as a whole. The folder's `__init__.py` says what the option adds: `COMMANDS`, and in
`EXTRAS` what it adds to other modules, as `module` or `module:name` by its purpose.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from .commands import Command
from .errors import ProjectError
from .extras import hand_in

FOLDER = Path(__file__).parent
MODELS = "goldenpath.models"


def options() -> dict[str, ModuleType]:
    """The options that are there, by name.

    A folder without an `__init__.py` is what Python left behind of one that is gone.
    """
    found = sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))
    return {name: import_module(f".{name}", __package__) for name in found}


def commands() -> dict[str, Command]:
    """The commands that options add, by name."""
    added = {}
    for option, folder in options().items():
        for name, command in getattr(folder, "COMMANDS", {}).items():
            added[name] = command._replace(module=f"{option}.{command.module}")
    return added


def implementation(name: str, command: Command) -> Callable[..., Any]:
    """The function behind a command: the one of its name in its module."""
    function: Callable[..., Any] = _load(f".{command.module}:{name.replace('-', '_')}")
    return function


def hand_in_extras() -> None:
    """Tell the modules that every repository has what options add to them."""
    hand_in("model class", lambda: model_class)
    for option, folder in options().items():
        for purpose, place in getattr(folder, "EXTRAS", {}).items():
            hand_in(purpose, partial(_load, f".{option}.{place}"))


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    loaded = import_module(module, __package__)
    return getattr(loaded, name) if name else loaded


def model_class(model: str) -> Any:
    """The team's class for a model: the one of its name in pyproject.toml, or `default`."""
    found = {entry.name: entry for entry in entry_points(group=MODELS)}
    entry = found.get(model) or found.get("default")
    if entry is None:
        raise ProjectError(
            f'pyproject.toml: name your code under [project.entry-points."{MODELS}"], '
            "then make setup"
        )
    try:
        return entry.load()
    except (AttributeError, ModuleNotFoundError) as error:
        if error.name not in (*entry.value.split(":"), entry.module.partition(".")[0]):
            raise
        raise ProjectError(
            f'pyproject.toml: [project.entry-points."{MODELS}"]: {entry.name}: {error}; '
            "name your class as package.module:Class, then make setup"
        ) from None
