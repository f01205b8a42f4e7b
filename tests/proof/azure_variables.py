"""Variables of a run of Azure Pipelines: without regard to case, secrets apart, with their `$(macros)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MACRO = re.compile(r"\$\(([A-Za-z_][\w.]*)\)")


class Variables:
    """Variables of a job, whose names do not heed case; secrets are apart, since no step gets them unasked."""

    def __init__(self, plain: Mapping[str, str], secret: Mapping[str, str] | None = None) -> None:
        self._values: dict[str, tuple[str, str, bool]] = {}
        for name, value in plain.items():
            self.set(name, value)
        for name, value in (secret or {}).items():
            self.set(name, value, secret=True)

    def set(self, name: str, value: str, *, secret: bool = False) -> None:
        self._values[name.lower()] = (name, value, secret)

    def get(self, name: str, default: str | None = None) -> str | None:
        found = self._values.get(name.lower())
        return found[1] if found else default

    def with_more(self, more: Mapping[str, str]) -> Variables:
        """A copy with these, too."""
        copy = Variables({})
        copy._values = dict(self._values)
        for name, value in more.items():
            copy.set(name, value)
        return copy

    def expand(self, text: str, depth: int = 0) -> str:
        """A text with its `$(macros)`; Azure leaves those standing that name no variable."""

        def one(match: re.Match[str]) -> str:
            value = self.get(match[1])
            return match[0] if value is None else self.expand(value, depth + 1)

        return text if depth > 9 else MACRO.sub(one, text)

    def environment(self) -> dict[str, str]:
        """What every step finds in its environment."""
        plain = [(name, value) for name, value, secret in self._values.values() if not secret]
        return {name.upper().replace(".", "_"): self.expand(value) for name, value in plain}


class Lookup(dict[str, Any]):
    """`variables` of an expression, at run time."""

    def __init__(self, variables: Variables) -> None:
        super().__init__()
        self.variables = variables

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or nothing."""
        return self.variables.get(key)
