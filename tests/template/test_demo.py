"""`make demo` makes its own folder, and leaves every other one alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.questionnaire import ROOT
from tests.support import commit_all, environment, git, run
from tools import demo


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mine.txt").write_text("mine\n")
    assert demo.main([str(tmp_path / "demo")]) == 1
    assert "make demo DEMO=path" in capsys.readouterr().err
    assert (tmp_path / "demo" / "mine.txt").read_text() == "mine\n"


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A folder as an earlier demo has left it."""
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "params.yaml").write_text("models: {}\n")
    commit_all(folder, "Start")
    demo.mark(folder)
    (folder / "uv.lock").write_text("made by the demo\n")
    return folder


def test_an_earlier_demo_makes_room(earlier: Path) -> None:
    demo.clear(earlier)
    assert not earlier.exists()


def test_edits_and_commits_in_a_demo_are_kept(earlier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (earlier / "params.yaml").write_text("mine: 1\n")
    assert demo.main([str(earlier)]) == 1
    commit_all(earlier, "Mine")
    assert demo.main([str(earlier)]) == 1
    assert capsys.readouterr().err.count("changes of yours") == 2
    assert (earlier / "params.yaml").read_text() == "mine: 1\n"


def test_what_a_first_run_leaves_is_committed(
    earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))  # git knows no name
    (earlier / "dvc.lock").write_text("made by the demo, too\n")
    demo.commit(earlier)
    assert git(earlier, "status", "--porcelain") == ""
    assert git(earlier, "ls-files").split() == ["dvc.lock", "params.yaml", "uv.lock"]
    demo.clear(earlier)
    assert not earlier.exists()


@pytest.mark.live
def test_the_demo_of_the_readme(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    env = environment(tmp_path / "home")
    told = run(["make", "demo", f"DEMO={folder}"], ROOT, env)
    assert "The service answers" in told
    assert "Gate: pass" in told
    assert str(folder / "reports") in told
    assert git(folder, "status", "--porcelain") == ""
    assert all(f"\n  {command}\n" in f"{told}\n" for command in demo.NEXT)
    for command in ("make check", *demo.NEXT):
        run(command.split(), folder, env)
    # Of a checkout with changes Copier keeps no version that an update could begin from.
    expected = 1 if git(ROOT, "status", "--porcelain") else 0
    for verb in ("status", "update"):
        run([str(Path(sys.executable).with_name("goldenpath")), verb], folder, env, expect=expected)
