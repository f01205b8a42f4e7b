"""Addresses of templates: paths, and what is none."""

import re

# scheme://…, Copier's short forms gh: and gl:, and git's user@host:path. C:\ is a path.
_ADDRESS = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://|gh:|gl:|[^/\\:\s]+@[^/\\:\s]+:|[^/\\:\s]{2,}:)")


def is_path(address: str) -> bool:
    """Tell whether an address is a path, not a URL or one of git's and Copier's short forms."""
    return not _ADDRESS.match(address)
