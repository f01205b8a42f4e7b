"""A step imports what it uses and nothing else, so that it starts at once."""

from __future__ import annotations

import json
import shutil
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


def test_an_option_is_gone_where_only_its_bytecode_is_left(
    project: Path, env: dict[str, str], tmp_path: Path
) -> None:
    source = tmp_path / "src"
    package = source / "goldenpath_runtime"
    shutil.copytree(project / "src/goldenpath_runtime", package)
    here = {**env, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": ""}
    python = str(project / ".venv" / "bin" / "python")

    def helped() -> str:
        return run([python, "-m", "goldenpath_runtime", "--help"], project, here)

    run([python, "-m", "compileall", "-q", str(package)], project, here)
    kept = {path: path.read_bytes() for path in (package / "ci").glob("*.py")}
    assert "preflight" in helped()
    for path in kept:
        path.unlink()
    assert list((package / "ci/__pycache__").iterdir())
    assert "preflight" not in helped()
    assert "rollout" in helped()
    for path, content in kept.items():
        path.write_bytes(content)
    assert "preflight" in helped()
