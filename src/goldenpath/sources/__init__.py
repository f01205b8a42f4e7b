"""Where templates are: addresses, the user's settings, mirrors, and a repository's versions."""

from goldenpath.sources.repository import Source, forget, located, open_source, parse, release

__all__ = ["Source", "forget", "located", "open_source", "parse", "release"]
