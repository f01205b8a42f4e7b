"""Docs and messages of template and command use the field's standard words, so that a reader can look them up.

`WORDS` lists what we once wrote, or may write again, with the word that everybody knows. A gate's finding names its bound
with a sign, as `accuracy is 0.85, required ≥ 0.9` does; "required ≥ 0.9" in the list stands for that form, not for a share
of texts: every text keeps every line of the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from tests.questionnaire import ROOT

# A pattern of words that are not to be written, with one space between them → the words that are.
WORDS: Mapping[str, str] = {
    r"(take|taken|takes|taking|took)( it| them| what was \w+)? back": "roll back",
    r"(say|says|saying|said) yes": "approve",
    r"wishes": "desired state",
    r"(train|trains|trained|training)( and \w+| it| them| those)? (anew|again)": "retrain",
    r"anew": "again",
    r"turn(ed|s) out to be true": "ground-truth labels",
    r"(known )?holes|weakness(es)?": "vulnerabilities",
    r"(each|every|a) column( is|'s)? worth": "permutation importance",
    r"asked for \{": "required ≥ 0.9",
    r"to (gain|lose) at (least|most) \{": "required ≥ 0.9",
    r", at (least|most) \{": "required ≥ 0.9",
    r"the word is in": "the verdict is in",
}
# What a project has of its own, what others wrote, and what tells of the past.
LEFT_OUT = re.compile(
    r"template/(partials/constraints\.toml|questions/reserved\.yml)|LICENSE|\.csv$|docs/(decisions|schemas)/"
)
TEXTS = ("*.md", "docs", "copier.yml", "template", "src", "hooks")


def texts() -> dict[str, str]:
    """The docs and messages: whole files, in which comments are what a reader of the code is told."""
    paths = [path for pattern in TEXTS for path in ROOT.glob(pattern)]
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    named = {
        file.relative_to(ROOT).as_posix(): file for file in files if file.is_file() and file.suffix != ".pyc"
    }
    return {
        name: file.read_text("utf-8")
        for name, file in named.items()
        if name != "CHANGELOG.md" and not LEFT_OUT.search(name)
    }


def odd_words(text: str) -> Iterator[str]:
    """What a text should say otherwise; a phrase may go on in the next line, behind the sign of a comment."""
    joined = re.sub(r"\n\s*(#|//|\*|-)?\s*|\s+", " ", text)
    for pattern, wanted in WORDS.items():
        yield from (
            f"'{found[0]}': write {wanted}"
            for found in re.finditer(rf"(?<!\w)(?:{pattern})", joined, re.IGNORECASE)
        )


def test_docs_and_messages_use_standard_words() -> None:
    read = texts()
    assert {
        "README.md",
        "copier.yml",
        "template/project/README.md.jinja",
        "src/goldenpath/main.py",
    } <= read.keys()
    assert [f"{name}: {odd}" for name, text in read.items() for odd in odd_words(text)] == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("What does worse is taken back at once.", "roll back"),
        ("# A version is taken\n# back by itself.", "roll back"),
        ("A person says yes.", "approve"),
        ("the wishes of the supervisor", "desired state"),
        ("trains those\nanew that have drifted", "retrain"),
        ("Training again, with its reason", "retrain"),
        ("What turned out to be true of them", "ground-truth labels"),
        ("known holes in dependencies", "vulnerabilities"),
        ("what each column is worth", "permutation importance"),
        ('f"{name} is {value}, asked for {low} to {high}"', "required ≥ 0.9"),
        ('f"{name} is {value}, at most {limit}"', "required ≥ 0.9"),
    ],
)
def test_an_odd_word_is_found(text: str, wanted: str) -> None:
    assert wanted in [odd.partition(": write ")[2] for odd in odd_words(text)]
