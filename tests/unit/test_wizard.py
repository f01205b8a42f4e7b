"""The wizard in a terminal of its own, as a person sees it."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import copier
import pexpect
import pytest
import yaml

from tests.unit.conftest import COPIER_YML, MakeTemplate, files_of, listing

DOWN = "\x1b[B"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A run of the command in a terminal; `read` is the text so far, without control codes."""

    def __init__(self, arguments: list[str]) -> None:
        environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "goldenpath", *arguments],
            env=environment,
            encoding="utf-8",
            timeout=20,
            dimensions=(50, 160),
        )
        self.read = ""

    def expect(self, text: str | type[pexpect.EOF]) -> None:
        self.process.expect(text)
        self.read += CONTROL.sub("", f"{self.process.before}{self.process.after}")

    def send(self, keys: str) -> None:
        self.process.send(keys)

    def end(self) -> int:
        self.expect(pexpect.EOF)
        self.process.close()
        assert self.process.exitstatus is not None
        return int(self.process.exitstatus)


Start = Callable[..., Terminal]


@pytest.fixture
def start(template: Path) -> Iterator[Start]:
    started: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        started.append(Terminal(["new", "demo", "--template", str(template), *arguments]))
        return started[-1]

    yield start
    for terminal in started:
        terminal.process.close(force=True)


def test_a_whole_run(start: Start, template: Path, tmp_path: Path) -> None:
    terminal = start("--data", "replicas=2")
    terminal.expect(r"called\?  \[--data project_name=")
    terminal.send("\x15" + "9 lives\r")
    terminal.expect("cannot be a project name")
    terminal.send("\x15" + "Nine lives\r")
    terminal.expect(r"do\?  \[--data description=")
    terminal.expect("Tells cats from dogs")
    terminal.send("Counts cats\r")
    terminal.expect(r"checks\?  \[--data ci=")
    terminal.send(f"{DOWN}\r")
    terminal.expect(r"runner\?  \[--data runner=")
    terminal.send("\r")
    terminal.expect(r"used\?  \[--data serve=")
    terminal.send(" \r")  # none chosen: it does not go on
    terminal.send(f" {DOWN} \r")
    terminal.expect(r"Write these files\?  \[--yes\]")
    assert not Path("demo").exists()
    assert "serve           online, batch" in terminal.read
    assert "README.md" in terminal.read
    terminal.send("y")
    assert terminal.end() == 0
    assert terminal.read.count("make setup check") == 1
    assert "--data replicas" not in terminal.read, "what is given is not asked"
    assert "A MESSAGE THAT COPIER PRINTS" not in terminal.read
    answers = {
        "project_name": "Nine lives",
        "description": "Counts cats",
        "ci": "gitlab",
        "runner": "shared",
        "serve": ["online", "batch"],
        "replicas": 2,
    }
    copier.run_copy(str(template), tmp_path / "theirs/demo", data=answers, defaults=True, quiet=True)
    assert files_of(Path("demo")) == files_of(tmp_path / "theirs/demo")


GIVEN = ["-d", "project_name=Cats", "-d", "description=", "-d", "serve=[batch]"]


@pytest.mark.parametrize(
    ("at", "keys", "code"),
    [
        ("checks", "\x03", 130),
        ("project", "\x15\x04", 130),
        ("Write these files", "\x03", 130),
        ("Write", "n", 1),
    ],
    ids=["ctrl-c at a question", "ctrl-d at a question", "ctrl-c at the end", "no"],
)
def test_leaving_writes_nothing(start: Start, tmp_path: Path, at: str, keys: str, code: int) -> None:
    before = listing(tmp_path)
    given = {"checks": GIVEN, "project": []}.get(at, [*GIVEN, "-d", "ci=none"])
    terminal = start(*given)
    terminal.expect(at)
    terminal.send(keys)
    assert terminal.end() == code
    assert "othing was written" in terminal.read
    assert "Traceback" not in terminal.read
    assert listing(tmp_path) == before


def test_yes_asks_the_questions_but_not_the_last_one(start: Start) -> None:
    terminal = start(*GIVEN, "--yes")
    terminal.expect("checks")
    terminal.send("\r")
    assert terminal.end() == 0
    assert "Write these files" not in terminal.read
    assert yaml.safe_load(Path("demo/.copier-answers.yml").read_text())["ci"] == "github"


SLOW_FILTER = """\
#!/bin/sh
case "$PWD" in
    */work/*) touch "$HOME/slow"; sleep 60 ;;
    *) cat ;;
esac
"""


def test_ctrl_c_while_files_are_written(template: Path, machine: Path, tmp_path: Path) -> None:
    """A filter of git that does not end in the new repository stands for a slow disk."""
    filter_, attributes = machine / "filter", machine / "attributes"
    filter_.write_text(SLOW_FILTER)
    filter_.chmod(0o755)
    attributes.write_text("README.md filter=slow\n")
    (machine / ".gitconfig").write_text(
        f'[core]\n attributesFile = {attributes}\n[filter "slow"]\n clean = {filter_}\n smudge = cat\n'
    )
    before = listing(tmp_path / "work", tmp_path / "tmp")
    terminal = Terminal(["new", "demo", "--template", str(template), "--defaults"])
    while not (machine / "slow").exists():
        assert terminal.process.isalive(), terminal.process.read()
        time.sleep(0.05)
    assert listing(tmp_path / "work") != before, "some of it was there"
    terminal.process.sendintr()
    assert terminal.end() == 130, terminal.read
    assert listing(tmp_path / "work", tmp_path / "tmp") == before


def test_a_question_without_help_shows_its_name(make_template: MakeTemplate) -> None:
    template = make_template(config=f"{COPIER_YML}mood: {{type: str, default: good}}\n")
    terminal = Terminal(["new", "demo", "--template", str(template), *GIVEN, "-d", "ci=none", "--yes"])
    terminal.expect(r"mood  \[--data mood=")
    terminal.send("\r")
    assert terminal.end() == 0


KINDS = """\
level: {type: int, choices: {low: 1, middle: 2, high: 3}, default: 2}
parts: {type: str, choices: [web, cli, docs], multiselect: true, default: [cli, docs]}
place: {type: str, choices: {here: here, there: {value: there, validator: "not yet"}}, default: here}
more: {type: yaml, default: {a: 1}}
names: {type: json, default: [x, y], multiline: false}
sure: {type: bool, default: true}
note: {type: str, default: "", placeholder: a few words}
folder: {type: path, default: src}
"""


def test_every_kind_of_question_takes_its_default(make_template: MakeTemplate) -> None:
    """Questionary, which comes when somebody is asked and not before, gets all that Copier means it to have."""
    template = make_template(config=f"{COPIER_YML}{KINDS}")
    terminal = Terminal(["new", "demo", "--template", str(template), *GIVEN, "-d", "ci=none", "--yes"])
    for name in ("level", "parts", "place"):
        terminal.expect(rf"--data {name}=")
        terminal.send("\r")
    terminal.expect(r"there .*not yet")
    for name in ("more", "names", "sure", "note", "folder"):
        terminal.expect(rf"--data {name}=")
        terminal.send("\x1b\r" if name == "more" else "\r")
    assert terminal.end() == 0, terminal.read
    data = {"project_name": "Cats", "description": "", "serve": ["batch"], "ci": "none"}
    copier.run_copy(str(template), "beside", data=data, defaults=True, quiet=True)
    assert Path("demo/.copier-answers.yml").read_text() == Path("beside/.copier-answers.yml").read_text()
