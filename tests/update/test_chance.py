"""Texts that say something else each time: a project meets the template's own changes alone, and a preview holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from platformdirs import user_cache_path

from goldenpath import engine
from goldenpath.engine import chance
from goldenpath.main import main
from tests.update.story import Story
from tests.update.test_real_life import NAMED, begin

TEXTS = {
    "a number": "{{ range(99999) | random }}",
    "Ansible's number": "{{ 99999 | ans_random }}",
    "an order": "{{ range(20) | shuffle | join }}",
    "an address": "{{ '52:54' | random_mac }}",
    "words": "{{ lipsum(n=1, html=False) }}",
    "a secret": "{{ make_secret() }}",
    "letters": "{% for _ in range(9) %}{{ 'abcdefgh' | random }}{% endfor %}",
    "by name": "{{ [[1, 2, 3, 4, 5, 6, 7], 'abcdefg'] | map('random') | join }}",
    "the time": "{{ '%s' | strftime }}",
    "Copier's time": "{{ now() }}",
    "a text": "{{ ('{}' ~ range(99999)) | random }}{% include 'picked.inc' %}",
    "a macro": "{% from 'macro.inc' import pick %}{{ pick() }}-{{ pick() }}",
}
SHARED = {
    "picked.inc": "{{ range(99999) | random }}",
    "macro.inc": "{% macro pick() %}{{ range(99999) | random }}{% endmacro %}",
}
QUESTIONS = NAMED + "_exclude: ['*.inc', copier.yml, .git]\n"
TASK = "_tasks: ['true']\n"
LANES = pytest.mark.parametrize("lane", ["fast", "plain"])


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, as on a machine that has never run the command; return where its secret will be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    chance._secret.cache_clear()
    return user_cache_path("goldenpath", appauthor=False) / "chance"


def _began(story: Story, text: str, lane: str) -> None:
    questions = QUESTIONS + (TASK if lane == "plain" else "")
    begin(story, {**SHARED, "old name.txt.jinja": f"one\n\n{text}\n\nlast\n"}, questions)


@LANES
@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_the_template_does_not_change_stays_as_it_was_drawn(
    kind: str, lane: str, story: Story, machine: Path
) -> None:
    _began(story, TEXTS[kind], lane)
    drawn = story.read("old name.txt").split("\n\n")[1]
    moves = {"template/moves.yml": '"2": {"old name.txt": new.txt}\n', "old name.txt.jinja": None}
    story.release("v2.0.0", {**moves, "new.txt.jinja": f"ONE\n\n{TEXTS[kind]}\n\nlast\n"})
    done = story.update("--trust")
    assert (done.code, done.json["lane"]) == (0, lane)
    assert story.read("new.txt") == f"ONE\n\n{drawn}\n\nlast\n"


@LANES
@pytest.mark.parametrize("kind", [kind for kind in TEXTS if "time" not in kind])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_is_new_is_drawn_as_the_preview_says(kind: str, lane: str, story: Story, machine: Path) -> None:
    _began(story, "nothing", lane)
    story.release("v2.0.0", {"added.txt.jinja": f"{TEXTS[kind]}\n"})
    plans = []
    for _ in range(2):
        engine.forget()
        chance._secret.cache_clear()  # as another process has it
        plans.append(story.update("--trust", "--dry-run").json["changes"])
    assert plans == [story.update("--trust").json["changes"]] * 2
    assert machine.stat().st_mode & 0o777 == 0o600


def test_no_two_draws_of_a_file_are_one(story: Story, machine: Path) -> None:
    _began(story, "nothing", "fast")
    story.release(
        "v2.0.0", {"a.txt.jinja": "{% for _ in range(9) %}{{ 999999999 | ans_random }} {% endfor %}"}
    )
    assert story.update().code == 0
    assert len(set(story.read("a.txt").split())) == 9


def test_no_two_machines_and_no_two_projects_draw_alike(
    story: Story, machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    story.release("v1.0.0", {}, "name: {type: str, default: demo}\n")
    drawn = set()
    for folder in ("one", "two"):
        for home in ("here", "there"):
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / home))
            chance._secret.cache_clear()
            with chance.drawing(folder):
                drawn.add(chance._seed("a secret"))
    assert len(drawn) == 4


def test_a_project_that_begins_draws_anew(story: Story, machine: Path, tmp_path: Path) -> None:
    story.release("v1.0.0", {"a.txt.jinja": "{{ 999999999999 | ans_random }}\n"}, NAMED)
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        where = str(tmp_path / place / "demo")
        assert main(["new", where, "--template", str(story.template), "--defaults"]) == 0
    assert (tmp_path / "one/demo/a.txt").read_text() != (tmp_path / "two/demo/a.txt").read_text()
    assert not machine.exists()


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 99])
def test_a_damaged_secret_is_of_one_process(content: bytes, machine: Path) -> None:
    machine.parent.mkdir(parents=True)
    machine.write_bytes(content)
    first = chance._secret()
    assert (chance._secret(), len(first)) == (first, 32)


def test_where_nothing_can_be_kept_a_process_has_its_own(machine: Path) -> None:
    machine.parent.parent.mkdir(parents=True)
    machine.parent.write_text("a file in the way")
    assert len(chance._secret()) == 32
