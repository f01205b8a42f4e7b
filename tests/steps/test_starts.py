"""A step imports what it uses and nothing else, so that it starts at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import run

HEAVY = {"matplotlib", "onnx", "onnxruntime", "pandas", "pandera", "pyarrow", "scipy", "skl2onnx", "sklearn"}
COMMAND = """
import json, sys
from goldenpath_runtime.__main__ import main
main(sys.argv[1:])
print(json.dumps([*sys.modules]))
"""
# What stands in the way of more: model.py imports scikit-learn, and so does the interface that it is written against.
MODEL = {"pandas", "pyarrow", "scipy", "sklearn"}


@pytest.mark.parametrize(
    ("words", "used"),
    [
        ("data", MODEL | {"pandera"}),
        ("train", MODEL | {"onnx", "onnxruntime", "skl2onnx"}),
        ("evaluate", MODEL | {"onnxruntime"}),
        ("report", {"matplotlib"}),
        ("gate", set()),
        ("matrix", set()),
        ("history", set()),
        ("health", set()),
        ("labels none.csv", {"pandas", "pyarrow"}),
        ("compare", {"pandas", "pyarrow"}),
    ],
)
def test_a_command_imports_only_what_it_uses(
    project: Path, env: dict[str, str], words: str, used: set[str]
) -> None:
    command = [str(project / ".venv" / "bin" / "python"), "-c", COMMAND, *words.split()]
    loaded = json.loads(run(command, project, env).splitlines()[-1])
    assert HEAVY & set(loaded) <= used
