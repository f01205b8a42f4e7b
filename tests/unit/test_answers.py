"""Answers given beforehand. What is refused is in `test_bad_input`."""

from __future__ import annotations

from pathlib import Path

import pytest

from goldenpath.errors import UsageError
from goldenpath.project import answers


def test_pairs_go_before_the_file_and_stay_text(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text("ci: none\nreplicas: 3\n", encoding="utf-8")
    given = answers.given(["ci=a=b", "empty=", "serve=[x, y]"], file)
    assert given == {"ci": "a=b", "replicas": 3, "empty": "", "serve": "[x, y]"}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_a_file_may_say_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yml"
    file.write_text(text)
    assert answers.given([], file) == {}


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        answers.given(["description=\udcff"], None)


def test_a_condition_is_left_to_the_answers() -> None:
    questions: dict[str, dict[str, object]] = {
        "a": {"when": "{{ b }}"},
        "b": {},
        "c": {"when": False},
        "d": {"ask": False},
    }
    answers.check({"a": 1, "b": 2, "d": 3}, questions)
    with pytest.raises(UsageError, match="Nobody may set 'c'"):
        answers.check({"c": 1}, questions)
