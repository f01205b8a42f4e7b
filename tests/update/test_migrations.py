"""Migrations, by Copier's own rule: those of the new version alone, between the old version and the new one."""

from __future__ import annotations

import pytest

from tests.update.story import Story, numbered
from tests.update.test_lanes import NAMED, begin

# Copier says so of the old form, which templates still have.
pytestmark = pytest.mark.filterwarnings("ignore:This migration configuration is deprecated")

MARK = "touch migrated.txt"
DUE = {
    "of every update": f"_migrations: ['{MARK}']\n",
    "of this version": f"_migrations: [{{version: v2.0.0, command: '{MARK}'}}]\n",
    "of a version between": f"_migrations: [{{version: '1.5', command: '{MARK}'}}]\n",
    "before": f"_migrations: [{{version: v2.0.0, command: '{MARK}', when: \"{{{{ _stage == 'before' }}}}\"}}]\n",
    "as a list of words": "_migrations: [[touch, migrated.txt]]\n",
    "in the old form": f"_migrations: [{{version: v2.0.0, after: ['{MARK}']}}]\n",
}
NOT_DUE = {
    "of the old version": f"_migrations: [{{version: v1.0.0, command: '{MARK}'}}]\n",
    "of an older one": f"_migrations: [{{version: v0.9.0, command: '{MARK}'}}]\n",
    "of one to come": f"_migrations: [{{version: v3.0.0, command: '{MARK}'}}]\n",
    "by a condition": f"_migrations: [{{command: '{MARK}', when: \"{{{{ name == 'other' }}}}\"}}]\n",
    "in the old form": f"_migrations: [{{version: v1.0.0, before: ['{MARK}'], after: ['{MARK}']}}]\n",
    "none": "_migrations: []\n",
}


def released(story: Story, migrations: str) -> None:
    begin(story, {"a.txt": numbered()})
    story.edit({"a.txt": numbered(l2="mine")})
    story.release("v2.0.0", {"a.txt": numbered(l11="theirs")}, migrations + NAMED)


@pytest.mark.parametrize("trust", [[], ["--trust"]], ids=["", "trusted"])
@pytest.mark.parametrize("kind", DUE)
def test_one_that_copier_would_run_is_named(kind: str, trust: list[str], story: Story) -> None:
    released(story, DUE[kind])
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert (copiers.project / "migrated.txt").exists()
    done = story.update(*trust)
    assert done.code == 1
    assert MARK in done.json["error"]["message"]
    assert "copier update --trust --vcs-ref v2.0.0" in done.json["error"]["hint"]
    assert story.status() == ""
    assert story.run("status", "--json").json["newest"] == "v2.0.0"


@pytest.mark.parametrize("kind", NOT_DUE)
def test_one_that_copier_would_not_run_is_no_hindrance(kind: str, story: Story) -> None:
    released(story, NOT_DUE[kind])
    copiers = story.copy("copiers")
    copiers.by_copier()
    assert not (copiers.project / "migrated.txt").exists()
    assert story.update().code == 0
    assert story.read("a.txt") == copiers.read("a.txt") == numbered(l2="mine", l11="theirs")


def test_those_of_the_old_version_never_count(story: Story) -> None:
    begin(story, {"a.txt": numbered()}, DUE["of every update"] + NAMED)
    story.release("v2.0.0", {"a.txt": numbered(l11="theirs")}, NAMED)
    assert story.update().code == 0


def test_a_broken_one_is_an_error(story: Story) -> None:
    released(story, "_migrations: [{version: [], command: x}]\n")
    assert story.update().code == 1
    assert story.status() == ""


@pytest.mark.parametrize(
    "code", ["_tasks: ['touch made.txt']\n", "_jinja_extensions: [jinja2.ext.do]\n", DUE["of every update"]]
)
def test_status_needs_no_trust(code: str, story: Story) -> None:
    begin(story, {"a.txt": numbered()}, code + NAMED)
    story.edit({"a.txt": numbered(l2="mine")})
    story.release("v2.0.0", {"a.txt": numbered(l11="theirs")})
    told = story.run("status", "--json")
    assert (told.code, told.json["commit"], told.json["newest"]) == (4, "v1.0.0", "v2.0.0")
    assert story.run("status").code == 4
    if "extensions" in code:
        assert told.json["drift"] == {}
        assert "Jinja extension: jinja2.ext.do" in told.json["notes"][0]
    else:
        assert told.json["drift"] == {"a.txt": "edited"}
    assert not (story.template / "made.txt").exists()
