"""The questionnaire as data, read from `copier.yml` and the files that it includes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "template"
PROJECT = TEMPLATE / "project"

EFFECTIVE = "effective_"
"""The name of a computed line says whose answer it resolves: an empty one stands for what the release has, or for what fits."""

Spec = dict[str, Any]


class _Include(str):
    """The path behind an `!include`; a glob stays as it is written."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """YAML that takes `!include`."""


def _include(loader: _Loader, node: yaml.ScalarNode) -> _Include:
    return _Include(loader.construct_scalar(node))


_Loader.add_constructor("!include", _include)


@cache
def _documents(root: Path) -> tuple[Any, ...]:
    return tuple(yaml.load_all((root / "copier.yml").read_text("utf-8"), Loader=_Loader))


def includes(root: Path = ROOT) -> list[str]:
    """Paths of the included files, in order, as `copier.yml` writes them."""
    return [str(part) for part in _documents(root) if isinstance(part, _Include)]


@cache
def settings(root: Path = ROOT) -> Spec:
    """The settings of `copier.yml` itself: its keys that begin with an underscore."""
    return {
        key: value
        for part in _documents(root)
        if isinstance(part, dict)
        for key, value in part.items()
        if key[0] == "_"
    }


@cache
def entries(root: Path = ROOT) -> dict[str, Spec]:
    """Every entry of the questionnaire by name, in the order in which Copier asks; computed values too."""
    found: dict[str, Spec] = {}
    for path in includes(root):
        for name, spec in (yaml.safe_load((root / path).read_text("utf-8")) or {}).items():
            if name in found:
                raise ValueError(f"{path} defines '{name}' a second time")
            found[name] = spec
    return found


def questions(root: Path = ROOT) -> dict[str, Spec]:
    """The entries that an answer may set."""
    return {name: spec for name, spec in entries(root).items() if spec.get("when") is not False}


def computed(root: Path = ROOT) -> dict[str, Spec]:
    """The entries that nobody may set, because they follow from the answers."""
    return {name: spec for name, spec in entries(root).items() if spec.get("when") is False}


def effective(root: Path = ROOT) -> dict[str, Spec]:
    """The computed lines that resolve an answer, by the question that they belong to."""
    return {
        name.removeprefix(EFFECTIVE): spec
        for name, spec in computed(root).items()
        if name.startswith(EFFECTIVE)
    }


def choices(spec: Spec) -> list[Any]:
    """The values that a question offers; empty where any text will do."""
    offered = spec.get("choices", [])
    return list(offered.values()) if isinstance(offered, dict) else list(offered)
