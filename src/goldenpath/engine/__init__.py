"""The only package that imports Copier: ask a template's questions, render it into a `Tree`.

Copier's `Worker` is internal to Copier, which is why Copier is pinned to a minor version.
"""

from goldenpath.engine.terminal import late

with late():
    from goldenpath.engine.answered import Answered
    from goldenpath.engine.fast import matcher
    from goldenpath.engine.following import chosen, emptied
    from goldenpath.engine.migrations import check as check_migrations
    from goldenpath.engine.opening import forget, open_version, source
    from goldenpath.engine.starting import Template, ask, open_template, render
    from goldenpath.engine.trust import settings_file
    from goldenpath.engine.versions import COPY, UPDATE, Version

__all__ = [
    "COPY",
    "UPDATE",
    "Answered",
    "Template",
    "Version",
    "ask",
    "check_migrations",
    "chosen",
    "emptied",
    "forget",
    "matcher",
    "open_template",
    "open_version",
    "render",
    "settings_file",
    "source",
]
