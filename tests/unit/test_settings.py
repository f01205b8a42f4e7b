"""Where the template is: the order of the places, and addresses that must not be stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from goldenpath.errors import UsageError
from goldenpath.sources import settings
from tests.unit.conftest import Goldenpath, MakeTemplate

VARIABLE = "GOLDENPATH_TEMPLATE"


def write_settings(text: str) -> Path:
    file = settings.settings_file()
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def test_the_order_of_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="No template is given") as caught:
        settings.template_address(None, {})
    for place in ("--template URL", VARIABLE, str(settings.settings_file())):
        assert place in caught.value.hint
    monkeypatch.setattr(settings, "PUBLIC_TEMPLATE", "https://a.example/public")
    assert settings.template_address(None, {}) == "https://a.example/public"
    write_settings("template: https://a.example/settings\n")
    assert settings.template_address(None, {}) == "https://a.example/settings"
    variable = {VARIABLE: "https://a.example/variable"}
    assert settings.template_address(None, variable) == "https://a.example/variable"
    assert settings.template_address("https://a.example/flag", variable) == "https://a.example/flag"


def test_every_place_works_for_the_command(
    make_template: MakeTemplate, goldenpath: Goldenpath, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = goldenpath("new", "demo", "--defaults")
    assert nothing.code == 2
    assert "--template URL" in nothing.err
    write_settings(f"template: {make_template('a')}\n")
    assert goldenpath("new", "a", "--defaults", "--json").json["template"].endswith("/a")
    monkeypatch.setenv(VARIABLE, str(make_template("b")))
    assert goldenpath("new", "b", "--defaults", "--json").json["template"].endswith("/b")


@pytest.mark.parametrize("text", ["", "other: 1\n", "template:\n", "# nothing\n"])
def test_settings_may_say_nothing(text: str) -> None:
    write_settings(text)
    with pytest.raises(UsageError, match="No template is given"):
        settings.template_address(None, {})


@pytest.mark.parametrize("text", ["template: [1\n", "- template\n", "template: 1\n", "\u00fc", "just text"])
def test_settings_that_cannot_be_read_are_named(text: str) -> None:
    file = write_settings("")
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"settings\.yml"):
        settings.template_address(None, {})


@pytest.mark.parametrize(
    "address",
    [
        "https://host.example/org/repo.git",
        "git+https://host.example/org/repo",
        "gh:org/repo",
        "git@host.example:org/repo.git",
        "ssh://git@host.example/org/repo",
        "host:repo.git",
        "file:///srv/repo",
    ],
)
def test_urls_stay_as_they_are(address: str) -> None:
    assert settings.template_address(address, {}) == address
    assert settings.local_path(address) is None


def test_paths_become_absolute(tmp_path: Path, machine: Path) -> None:
    (tmp_path / "work/gh:odd").mkdir()
    for typed, meant in [
        ("x", "work/x"),
        ("../x/", "x"),
        (".", "work"),
        ("~/x", "home/x"),
        ("gh:odd", "work/gh:odd"),
    ]:
        assert settings.template_address(typed, {}) == str(tmp_path / meant)
        assert settings.local_path(str(tmp_path / meant)) == tmp_path / meant


@pytest.mark.parametrize(
    "address",
    [
        "https://me:p4ss@host/x",
        "https://t0ken@host/x",
        "HTTPS://t0ken@host/x",
        "git+https://t0ken@host/x",
        "ssh://git:p4ss@host/x",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UsageError, match="user or password") as caught:
        settings.template_address(address, {})
    assert "p4ss" not in str(caught.value)
    assert "t0ken" not in str(caught.value)


def test_broken_settings_of_copier_are_named(
    template: Path, goldenpath: Goldenpath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "copier-settings.yml"
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(file))
    for text in ("trust: 1\n", "trust: [a\n"):
        file.write_text(text)
        done = goldenpath("new", "demo", "--template", template, "--defaults")
        assert done.code == 2
        assert "Copier's settings.yml cannot be read" in done.err
