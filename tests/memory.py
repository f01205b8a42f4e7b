"""Renders the template in memory, as the command does: some hundred times in the time that Copier takes for two."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from goldenpath import engine
from goldenpath.engine import COPY, Version, open_version
from tests.questionnaire import ROOT
from tests.support import Files, check_answers, commit_all, copy_template, mask


@cache
def _version() -> Version:
    """The template as it is now, committed in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="goldenpath-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    commit = commit_all(copy_template(ROOT, folder / "template"), "As it is now")
    source = engine.source(str(folder / "template"), folder)
    return open_version(source, commit, trust=False)


def render(answers: Mapping[str, Any]) -> Files:
    """What these answers give, as `tests.support.render` has it; rendered once in a session."""
    check_answers(answers)
    return dict(_render(json.dumps(answers, sort_keys=True)))


@cache
def _render(answers: str) -> Files:
    version = _version()
    answered = version.start(Path("/project"), data=json.loads(answers))
    files = {path: file.content for path, file in version.render(answered, COPY).files.items()}
    files[".copier-answers.yml"] = mask(files[".copier-answers.yml"])
    return files
