"""The only package that imports Copier: ask a template's questions, render it into a `Tree`.

Copier's `Worker` is internal to Copier, which is why Copier is pinned to a minor version.
"""

from goldenpath.engine.fast import matcher
from goldenpath.engine.starting import Template, ask, open_template, render
from goldenpath.engine.versions import Answered, Version, forget, open_version, source

__all__ = [
    "Answered",
    "Template",
    "Version",
    "ask",
    "forget",
    "matcher",
    "open_template",
    "open_version",
    "render",
    "source",
]
