"""The libraries that only a terminal needs come when somebody is asked, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENGINE = "import sys, goldenpath.engine\n"
LOADED = "print(sorted({'questionary', 'prompt_toolkit', 'pygments', 'wcwidth'} & sys.modules.keys()))\n"


def printed(script: str) -> str:
    """What a new Python prints, in which nobody has imported anything."""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_without_a_terminal_there_are_none() -> None:
    assert printed(ENGINE + LOADED) == "[]"


def test_what_comes_later_gets_the_real_ones() -> None:
    assert printed(f"{ENGINE}import questionary\nprint(questionary.__file__ is not None)") == "True"


def test_what_was_there_first_stays() -> None:
    script = f"import questionary\n{ENGINE}from copier import _user_data\nprint(_user_data.Choice is questionary.Choice)"
    assert printed(script) == "True"


@pytest.mark.parametrize("name", ["select", "Choice"])
def test_another_version_of_copier_may_want_more(name: str) -> None:
    script = (
        "from goldenpath.engine.terminal import late\n"
        f"with late():\n    from questionary import {name}\n"
        f"import questionary\nprint({name} is questionary.{name})"
    )
    assert printed(script) == "True"


def test_a_question_is_asked_with_real_choices() -> None:
    """The default is one of the choices, the very same object, as questionary wants it."""
    script = (
        f"{ENGINE}from copier import _main\n"
        "from goldenpath.engine.terminal import Choice\n"
        "import questionary\n"
        "one, two = Choice('One', 1), Choice('None', None, disabled='never', checked=True)\n"
        "questionary.unsafe_prompt = lambda questions, **options: (questions, options)\n"
        "asked, options = _main.unsafe_prompt([{'name': 'n', 'choices': [one, two], 'default': one}], answers={})\n"
        "first, second = asked[0]['choices']\n"
        "assert {type(first), type(second)} == {questionary.Choice}\n"
        "assert asked[0]['default'] is first\n"
        "print(first.title, first.value, second.value, second.disabled, second.checked, options)"
    )
    assert printed(script) == "One 1 None never True {'answers': {}}"
