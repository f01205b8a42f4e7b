"""Writes a folder that scores rows with onnxruntime and numpy alone.

Owned by the template: do not edit. Copy it to a device, or into another program.
"""

import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from goldenpath_runtime import inference
from goldenpath_runtime.commands import command
from goldenpath_runtime.config import read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import note_blocked

USAGE = """# How to use this folder

    pip install -r requirements.txt
    python scorer.py rows.json

`rows.json` is a list of objects, one key per column; model.json lists the columns. From Python:

    from scorer import Scorer
    scorer = Scorer(".")
    print(scorer.answers(scorer.score_rows([{...}])))
"""


def embed(argv: Sequence[str]) -> None:
    """Write the folder; an existing one is not touched."""
    parser = command("embed")
    parser.add_argument("folder", type=Path, help="the folder to write, for example build/embedded")
    args = parser.parse_args(argv)
    model = Path(f"build/{read_params().model(args.model)[0]}/model")
    write_folder(model, args.folder)
    note_blocked(model)
    print(f"written: {args.folder}")


def write_folder(model: Path, folder: Path) -> None:
    """Copy the model and the scorer; ProjectError when there is no model or the folder exists."""
    if not (model / "model.json").exists():
        raise ProjectError(f"{model} holds no model: run make pipeline first")
    if folder.exists():
        raise ProjectError(f"{folder} exists: remove it or name another folder with OUT=")
    shutil.copytree(model, folder)
    shutil.copyfile(inference.__file__, folder / "scorer.py")
    needs = "".join(f"{name}=={version(name)}\n" for name in ("numpy", "onnxruntime"))
    (folder / "requirements.txt").write_text(needs, encoding="utf-8")
    (folder / "README.md").write_text(USAGE, encoding="utf-8")
