"""What the jobs of a CI system need: settings, access to a cloud, proposed changes.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "preflight": Command("preflight", "say what a flow of CI needs and has not"),
    "sign-in": Command("cloud", "get access to a cloud as a job of CI"),
    "cloud-bootstrap": Command("trust", "print what makes a cloud trust this repository's jobs"),
}
EXTRAS = {
    "proposals": "proposal",
    "CI system": "system:SYSTEM",
}
