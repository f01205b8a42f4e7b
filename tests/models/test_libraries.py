"""The recipes of docs/train.md for models of other libraries, typed as they stand there: green, and served."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.models.test_models import asked
from tests.support import environment, generate, make, run

CODE = "src/own/model.py"


class Recipe:
    """What a page says below a library's name: a line for pyproject.toml, imports, and lines for `candidates`."""

    def __init__(self, page: str, library: str) -> None:
        text = page.partition(f"**{library}.**")[2].partition("\n**")[0]
        (self.needs,) = re.findall('`("[^`]*",)`', text)
        code = [line.removeprefix("    ") for line in text.splitlines() if line.startswith("    ")]
        self.imports = [line for line in code if not line.startswith("        ")]
        self.lines = [line for line in code if line.startswith("        ")]
        self.entry = self.lines.pop()
        assert 0 < len(code) <= 10

    def bring(self, project: Path) -> None:
        """Do what the page says."""
        replace(project / "pyproject.toml", "train = [\n", f"train = [\n    {self.needs}\n")
        code = project / CODE
        replace(
            code,
            "from sklearn.linear_model import LogisticRegression",
            "\n".join([*self.imports, "from sklearn.linear_model import LogisticRegression"]),
        )
        replace(code, "from sklearn.ensemble import GradientBoostingClassifier\n", "")
        text = code.read_text("utf-8")
        boosting, entry = re.findall("^.*boosting.*\\(.*$", text, re.MULTILINE)
        replace(code, boosting, "\n".join(self.lines))
        replace(code, entry, f"    {self.entry}")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path}: {old}"
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.models
@pytest.mark.parametrize("library", ["LightGBM", "XGBoost"])
def test_a_recipe_is_green_and_served(library: str, tmp_path: Path) -> None:
    env = environment(tmp_path / "home")
    project = generate(tmp_path / "project", project_name="own", ci="none", deploy="none")
    Recipe((project / "docs/train.md").read_text("utf-8"), library).bring(project)
    make(project, env, "setup")
    run([".venv/bin/ruff", "check", "--fix", "src"], project, env)
    run([".venv/bin/ruff", "format", "src"], project, env)
    make(project, env, "check", "smoke", "pipeline")
    training = json.loads((project / "build/own/training.json").read_text("utf-8"))
    assert training["parity_error"] < 1e-5
    asked(project, env)
