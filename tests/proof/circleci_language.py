"""The language of CircleCI's files: keys, `<< expressions >>`, typed parameters, `when` logic, filters of branches and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

EXPRESSION = re.compile(r"<<\s*([\w.-]+)\s*>>")
TYPES = {"string": str, "boolean": bool, "integer": int, "enum": str}


class ConfigError(ValueError):
    """What CircleCI would refuse."""


def load(text: str | bytes) -> dict[str, Any]:
    """A file of CircleCI."""
    found = yaml.safe_load(text)
    return found if isinstance(found, dict) else {}


def keys(where: str, found: Any, known: set[str]) -> dict[str, Any]:
    """The mapping, which must have no other keys."""
    if not isinstance(found, dict):
        raise ConfigError(f"{where}: {found!r} is no mapping")
    if unknown := set(found) - known:
        raise ConfigError(f"{where}: unknown key {sorted(unknown, key=str)}")
    return found


def filled(found: Any, values: Mapping[str, Any]) -> Any:
    """The same with its expressions replaced; an expression alone keeps the type of its value."""
    if isinstance(found, dict):
        return {key: filled(part, values) for key, part in found.items()}
    if isinstance(found, list):
        return [filled(part, values) for part in found]
    if not isinstance(found, str):
        return found
    if whole := EXPRESSION.fullmatch(found.strip()):
        return _value(whole[1], values)
    text = EXPRESSION.sub(lambda match: str(_value(match[1], values)), found)
    if "<<" in text:
        raise ConfigError(f"broken expression: {text}")
    return text


def _value(name: str, values: Mapping[str, Any]) -> Any:
    if name not in values:
        raise ConfigError(f"unknown expression << {name} >>")
    return values[name]


def arguments(where: str, declared: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of all declared parameters."""
    declared = declared or {}
    if unknown := set(given) - set(declared):
        raise ConfigError(f"{where}: unexpected argument {sorted(unknown)}")
    found = {}
    for name, spec in declared.items():
        keys(f"{where}, parameter {name}", spec, {"type", "default", "enum", "description"})
        if name not in given and "default" not in spec:
            raise ConfigError(f"{where}: missing argument {name}")
        value = given.get(name, spec.get("default"))
        if not isinstance(value, TYPES.get(spec["type"], ())):
            raise ConfigError(f"{where}: {name}={value!r} is no {spec['type']}")
        if spec["type"] == "enum" and value not in spec["enum"]:
            raise ConfigError(f"{where}: {name}={value!r} is none of {spec['enum']}")
        found[name] = value
    return found


def holds(logic: Any) -> bool:
    """Whether a `when` holds, its expressions filled in."""
    if not isinstance(logic, dict):
        return logic not in (False, "", 0, None)
    ((word, part),) = logic.items()
    if word in ("and", "or"):
        return (all if word == "and" else any)(holds(each) for each in part)
    if word == "not":
        return not holds(part)
    if word == "equal":
        return all(each == part[0] for each in part)
    if word == "matches":
        return re.fullmatch(part["pattern"], part["value"]) is not None
    raise ConfigError(f"unknown logic {word}")


def passes(filters: Mapping[str, Any], branch: str, tag: str) -> bool:
    """Whether a job is in a workflow of that branch or tag: without a filter for tags, it is in none of a tag."""
    keys("filters", filters, {"branches", "tags"})
    rules = keys("filters", filters.get("tags" if tag else "branches", {}), {"only", "ignore"})
    if tag and not rules:
        return False
    matched = {word: any(_fits(each, tag or branch) for each in listed(part)) for word, part in rules.items()}
    return matched.get("only", True) and not matched.get("ignore", False)


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("/") and pattern.endswith("/"):
        return re.fullmatch(pattern[1:-1], name) is not None
    return pattern == name


def listed(found: Any) -> list[Any]:
    """A list of what may also stand alone."""
    return found if isinstance(found, list) else [found]
