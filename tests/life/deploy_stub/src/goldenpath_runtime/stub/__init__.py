"""Versions as a test runs them.

Owned by the template: do not edit.
"""

EXTRAS = {
    "target stub": "target:StubTarget",
}
