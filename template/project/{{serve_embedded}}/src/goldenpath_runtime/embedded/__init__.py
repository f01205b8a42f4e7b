"""A folder that scores on a device, without this package.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "embed": Command("embed", "write a folder that scores with onnxruntime and numpy alone"),
}
