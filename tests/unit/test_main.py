"""Arguments in, exit codes and one kind of message out."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import goldenpath.main as module
from goldenpath.errors import GoldenpathError, plain_notes
from goldenpath.main import main
from tests.questionnaire import ROOT
from tests.unit.conftest import Goldenpath


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make every command end with this error."""

    def fail(error: BaseException) -> None:
        def run(_: object) -> int:
            raise error

        monkeypatch.setattr(module, "_run", run)

    return fail


@pytest.mark.parametrize("arguments", [["--help"], ["new", "--help"], ["--version"]])
def test_help_and_version_are_no_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 0
    assert "goldenpath" in capsys.readouterr().out


def test_help_names_every_place_of_the_template_and_every_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["new", "--help"])
    text = capsys.readouterr().out
    for part in (
        "--template",
        "GOLDENPATH_TEMPLATE",
        "settings.yml",
        "0 done",
        "1 could",
        "2 wrong",
        "130 int",
    ):
        assert part in text


def test_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    version = capsys.readouterr().out.split()[1]
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [[], ["old"], ["--json"], ["new"]])
def test_wrong_usage(goldenpath: Goldenpath, arguments: list[str]) -> None:
    done = goldenpath(*arguments)
    assert done.code == 2
    assert "--help" in (done.json["error"]["hint"] if "--json" in arguments else done.err)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (GoldenpathError("It broke."), 1, "It broke."),
        (KeyboardInterrupt(), 130, "Interrupted: nothing was written."),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 1, "No space left on device (/x)."),
        (OSError("odd"), 1, "odd."),
        (
            GoldenpathError("fatal: https://me:p4ss@host/x and ssh://t0ken@host"),
            1,
            "https://***@host/x and ssh://***@host",
        ),
    ],
    ids=repr,
)
def test_errors_have_one_form(
    goldenpath: Goldenpath,
    failing: Callable[[BaseException], None],
    error: BaseException,
    code: int,
    message: str,
) -> None:
    failing(error)
    text, as_json = goldenpath("new", "demo"), goldenpath("new", "demo", "--json")
    assert (text.code, as_json.code) == (code, code)
    assert text.out == as_json.err == ""
    assert text.err.startswith("goldenpath: ")
    assert message in text.err
    assert message in as_json.json["error"]["message"]


def test_a_defect_of_ours_keeps_its_traceback(failing: Callable[[BaseException], None]) -> None:
    failing(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["new", "demo"])


@pytest.mark.parametrize("more", [["--preview"], ["--json"]], ids=["much", "little"])
def test_a_reader_that_leaves_is_no_error_message(template: Path, more: list[str]) -> None:
    command = [
        sys.executable,
        "-m",
        "goldenpath",
        "new",
        "demo",
        "--template",
        str(template),
        "--defaults",
        *more,
    ]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == b""
    assert process.returncode == 1


def test_the_module_is_the_script(template: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "goldenpath",
        "new",
        "demo",
        "--template",
        str(template),
        "--defaults",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["commit"] == "v1.0.0"
    assert done.stderr == ""


def test_warnings_of_libraries_are_plain_notes(
    goldenpath: Goldenpath, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_: object) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = plain_notes()
            for _time in range(2):
                warnings.warn("Something is odd.", stacklevel=1)
        return 0

    monkeypatch.setattr(module, "_run", run)
    assert goldenpath("new", "demo").err == "goldenpath: note: Something is odd.\n"


def test_a_dirty_template_is_noted_once(template: Path) -> None:
    (template / "project/new.txt").write_text("new\n")
    command = [
        sys.executable,
        "-m",
        "goldenpath",
        "new",
        "demo",
        "--template",
        str(template),
        "--defaults",
        "-r",
        "HEAD",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "goldenpath: note: Dirty template changes included automatically.\n"
    assert Path("demo/new.txt").exists()
