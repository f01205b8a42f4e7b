"""The template's hook only types `make setup`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from goldenpath.applying import hooks
from tests.questionnaire import ROOT

SOURCE = (ROOT / "hooks/after_new.py").read_bytes()


def test_it_types_make_setup(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("setup:\n\t@echo done > set-up.txt\nall:\n\t@echo all > all.txt\n")
    assert hooks.run(SOURCE, tmp_path) == 0
    assert {path.name for path in tmp_path.glob("*.txt")} == {"set-up.txt"}


def test_a_set_up_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("setup:\n\t@false\n")
    assert hooks.run(SOURCE, tmp_path) == 2


def test_without_make_it_points_to_the_readme(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-I", "-"], input=SOURCE, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"README" in done.stdout
