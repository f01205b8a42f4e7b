"""Azure's first phase: `${{ }}`, parameters and local templates are worked in, and every key must be one that it knows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.proof.azure_expressions import PipelineError, Scope, as_text, evaluate, truth

Files = Mapping[str, bytes]
WHOLE = re.compile(r"\$\{\{((?:(?!\}\}).)*)\}\}", re.DOTALL)
DIRECTIVE = re.compile(r"(if|elseif|else|each|insert)\b\s*(.*)", re.DOTALL)
# Of the predefined variables, those that are there before a run begins.
EARLY = {
    "Build.Reason",
    "Build.SourceBranch",
    "Build.SourceBranchName",
    "Build.SourceVersion",
    "Build.DefinitionName",
    "Build.CronSchedule.DisplayName",
    "Build.RequestedFor",
    "System.TeamProject",
    "System.CollectionUri",
}
TYPES = {"string": str, "object": object, "number": str, "boolean": str}


class Early(dict[str, Any]):
    """The variables of this phase. Azure takes any other name for an empty text; that is never what is meant."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value; PipelineError for a variable that is not there yet."""
        if key not in self and key not in EARLY:
            raise PipelineError(f"variables['{key}'] is not known in a template expression")
        return super().get(key, default)


class Loader(yaml.BaseLoader):
    """All scalars are texts, and a key must not stand twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """PipelineError for a key that stands twice."""
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise PipelineError(f"{twice} stands twice{node.start_mark}")
        return super().construct_mapping(node, deep)


def load(files: Files, path: str) -> dict[str, Any]:
    """A YAML file of the repository. PipelineError where there is none, or it cannot be read."""
    if path not in files:
        raise PipelineError(f"there is no file {path}")
    try:
        found = yaml.load(files[path], Loader)  # noqa: S506 - it makes nothing but texts, lists and mappings
    except yaml.YAMLError as error:
        raise PipelineError(f"{path}: {error}") from None
    if not isinstance(found, dict):
        raise PipelineError(f"{path} is no mapping")
    return found


@dataclass(frozen=True)
class Template:
    """A file in this phase, with what its expressions may use."""

    files: Files
    path: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, text: str) -> Any:
        """A text with its expressions worked in; a text that is one expression becomes its value."""
        if text.count("${{") != len(WHOLE.findall(text)):
            raise PipelineError(f"{self.path}: braces in '{text}'")
        if (match := WHOLE.fullmatch(text.strip())) and not DIRECTIVE.match(match[1].strip()):
            return evaluate(match[1], Scope(self.values))
        return WHOLE.sub(lambda match: as_text(evaluate(match[1], Scope(self.values))), text)

    def expand(self, node: Any) -> Any:
        """A node with all directives, expressions and templates worked in."""
        if isinstance(node, str):
            return self.text(node)
        if isinstance(node, list):
            return list(self._items(node))
        if not isinstance(node, dict):
            return node
        found: dict[str, Any] = {}
        for key, value in self._chosen(list(node.items())):
            if key is None:
                more = value
                if not isinstance(more, dict):
                    raise PipelineError(f"{self.path}: a mapping belongs under the directive, not {more}")
            else:
                more = {as_text(self.text(key)): self.expand(value)}
            if twice := found.keys() & more.keys():
                raise PipelineError(f"{self.path}: {twice} stands twice")
            found |= more
        return found

    def _items(self, nodes: list[Any]) -> Iterator[Any]:
        pairs = [next(iter(node.items())) if _directive(node) else (None, node) for node in nodes]
        plain = [(key, value) if key else ("", value) for key, value in pairs]
        for key, value in self._chosen(plain):
            if key is None:
                if not isinstance(value, list):
                    raise PipelineError(f"{self.path}: a list belongs under the directive, not {value}")
                yield from value
            elif isinstance(value, dict) and "template" in value:
                yield from self._include(value)
            else:
                yield self.expand(value)

    def _chosen(self, pairs: list[tuple[str, Any]]) -> Iterator[tuple[str | None, Any]]:
        """Keys with what stands under them; where a directive holds, None with what it gives, expanded."""
        taken: bool | None = None  # whether a branch of the chain has been taken; None outside a chain
        for key, value in pairs:
            match = WHOLE.fullmatch(key.strip()) if key else None
            words = DIRECTIVE.fullmatch(match[1].strip()) if match else None
            if not words:
                taken = None
                yield key, value
                continue
            kind, rest = words[1], words[2]
            if kind in ("elseif", "else") and taken is None:
                raise PipelineError(f"{self.path}: {kind} without if")
            if kind == "each":
                taken = None
                yield from self._each(rest, value)
                continue
            if kind == "insert":
                raise PipelineError(f"{self.path}: insert is not used here")
            holds = not (taken and kind != "if") and (
                kind == "else" or truth(evaluate(rest, Scope(self.values)))
            )
            taken = holds or (bool(taken) and kind != "if")
            if holds:
                yield None, self.expand(value)

    def _each(self, words: str, value: Any) -> Iterator[tuple[None, Any]]:
        match = re.fullmatch(r"(\w+)\s+in\s+(.+)", words, re.DOTALL)
        if not match:
            raise PipelineError(f"{self.path}: each {words}")
        values = evaluate(match[2], Scope(self.values))
        if isinstance(values, dict):
            values = [{"key": key, "value": one} for key, one in values.items()]
        if not isinstance(values, list):
            raise PipelineError(f"{self.path}: each {words}: '{values}' is no list")
        for one in values:
            yield None, Template(self.files, self.path, {**self.values, match[1]: one}).expand(value)

    def _include(self, node: dict[str, Any]) -> list[Any]:
        if extra := node.keys() - {"template", "parameters"}:
            raise PipelineError(f"{self.path}: {extra} beside template")
        name = as_text(self.text(node["template"]))
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), name)).lstrip("/")
        content = load(self.files, path)
        given = self.expand(node.get("parameters", {}))
        values = {
            "parameters": resolve(content.pop("parameters", []), given, path),
            "variables": self.values["variables"],
        }
        if len(content) != 1 or (kind := next(iter(content))) not in ("steps", "jobs", "stages"):
            raise PipelineError(f"{path}: a template has steps, jobs or stages, not {list(content)}")
        found = Template(self.files, path, values).expand(content[kind])
        if any(not isinstance(item, dict) for item in found):
            raise PipelineError(f"{path}: {kind} are mappings")
        return list(found)


def _directive(node: Any) -> bool:
    return isinstance(node, dict) and len(node) == 1 and next(iter(node)).strip().startswith("${{")


def resolve(declared: Any, given: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The parameters of a file. PipelineError for one that is unknown, missing, of another type or not allowed."""
    names = [one.get("name") for one in declared]
    if unknown := set(given) - set(names):
        raise PipelineError(f"{path} has no parameter {unknown}")
    found: dict[str, Any] = {}
    for one in declared:
        if unknown := one.keys() - {"name", "displayName", "type", "default", "values"}:
            raise PipelineError(f"{path}: parameter with {unknown}")
        if one.get("type") not in TYPES:
            raise PipelineError(f"{path}: parameter {one['name']} of type {one.get('type')}")
        if one["name"] not in given and "default" not in one:
            raise PipelineError(f"{path}: parameter {one['name']} is missing")
        value = given.get(one["name"], one.get("default"))
        if not isinstance(value, TYPES[one["type"]]):
            raise PipelineError(f"{path}: {one['name']} is {value}")
        if "values" in one and value not in one["values"]:
            raise PipelineError(f"{path}: {one['name']} is {value}, not one of {one['values']}")
        found[one["name"]] = value
    return found


def compiled(
    files: Files,
    path: str,
    early: Mapping[str, str],
    given: Mapping[str, Any],
    payload: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A pipeline after this phase. `payload` is what webhooks brought, by their names."""
    root = load(files, path)
    hooks: dict[str, Any] = {one.get("webhook"): {} for one in root.get("resources", {}).get("webhooks", [])}
    parameters = hooks | resolve(root.pop("parameters", []), given, path) | dict(payload or {})
    found = Template(files, path, {"parameters": parameters, "variables": Early(early)}).expand(root)
    if not isinstance(found, dict):
        raise PipelineError(f"{path} is no mapping")
    return found
