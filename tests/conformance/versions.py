"""The versions of a template: each one changes the one before at random."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import PurePosixPath
from random import Random

import yaml

from tests.conformance.families import Family, Questions
from tests.conformance.lines import change
from tests.conformance.repository import EXECUTABLE, PLAIN, File, Tree, text

WORDS = ("alpha", "beta", "gamma", "delta")


@dataclass
class Source:
    """A template while it is changed."""

    family: Family
    questions: Questions
    files: dict[str, File]
    rng: Random
    count: int = 0

    @property
    def tree(self) -> Tree:
        """All files of this version."""
        settings = {**self.family.settings, **self.questions}
        return {"copier.yml": File(yaml.safe_dump(settings, sort_keys=False).encode()), **self.files}

    def pick(self, wanted: Callable[[str, File], bool] = lambda path, file: True) -> str | None:
        """One of the files that may change: all but the one that writes the answers."""
        chosen = [
            path for path, file in self.files.items() if "_copier_conf" not in path and wanted(path, file)
        ]
        return self.rng.choice(chosen) if chosen else None

    def fresh(self, word: str) -> str:
        """A name that was never used."""
        self.count += 1
        return f"{word}{self.count}"


def versions(family: Family, rng: Random) -> dict[str, Tree]:
    """Two or three versions by their tags."""
    source = Source(family, deepcopy(family.questions), dict(family.tree), rng)
    made = {"v1.0.0": source.tree}
    for tag in ("v1.1.0", "v2.0.0")[: rng.choice((1, 2))]:
        for path, file in list(source.files.items()):
            if "_copier_conf" not in path and not file.binary and rng.random() < 0.6:
                source.files[path] = _edited(file, rng)
        for step in rng.sample(STEPS, k=rng.randint(4, 8)):
            step(source)
        made[tag] = source.tree
    return made


def _edited(file: File, rng: Random) -> File:
    for _ in range(rng.choice((1, 1, 2, 3))):
        file = change(file, rng.choice(WORDS), rng)
    return file


def _add(source: Source) -> None:
    folder = source.rng.choice(
        ("", "docs/", "src/deep/er/", *(f"{_name(source, one)}/" for one in source.family.layers))
    )
    ending = source.rng.choice((".txt", ".yml", ".md", source.family.suffix))
    lines = [f"{source.rng.choice(WORDS)}\n" for _ in range(source.rng.randint(0, 6))]
    path = f"{source.family.root}{folder}{source.fresh('new')}{'.txt' * (ending == source.family.suffix)}{ending}"
    source.files[path] = text(lines, source.rng.choice((PLAIN, PLAIN, EXECUTABLE)))


def _name(source: Source, question: str) -> str:
    return source.family.variable.replace(" $ ", question)


def _remove(source: Source) -> None:
    if path := source.pick():
        del source.files[path]


def _rename(source: Source) -> None:
    """Another name, or another folder, and at times a changed line with it."""
    if not (path := source.pick()):
        return
    old = PurePosixPath(path)
    here = source.fresh("r") + old.name
    name = old.with_name(here) if source.rng.random() < 0.7 else old.parent / source.fresh("moved") / old.name
    file = source.files.pop(path)
    source.files[str(name)] = (
        _edited(file, source.rng) if source.rng.random() < 0.4 and not file.binary else file
    )


def _mode(source: Source) -> None:
    if path := source.pick():
        file = source.files[path]
        source.files[path] = File(file.data, PLAIN if file.mode == EXECUTABLE else EXECUTABLE)


def _binary(source: Source) -> None:
    if path := source.pick(lambda _, file: file.binary):
        file = source.files[path]
        source.files[path] = File(file.data + source.fresh("v").encode(), file.mode)


def _ask(source: Source) -> None:
    """A new question with a default, used in a file."""
    name = source.fresh("q")
    source.questions[name] = {"type": "str", "default": source.rng.choice(WORDS)}
    if path := source.pick(lambda path, _: path.endswith(source.family.suffix)):
        lines = source.files[path].lines
        written = source.family.variable.replace("$", name)
        lines.insert(source.rng.randint(0, len(lines)), f"{written}\n")
        source.files[path] = text(lines, source.files[path].mode)


def _unask(source: Source) -> None:
    """A question that only lines of files use goes, and those lines go with it."""
    computed = " ".join(str(spec["default"]) for spec in source.questions.values() if "when" in spec)
    named = " ".join(source.files)
    chosen = [
        name
        for name, spec in source.questions.items()
        if "when" not in spec and name not in computed and name not in named
    ]
    if not chosen:
        return
    name = source.rng.choice(chosen)
    del source.questions[name]
    used = source.family.variable.replace("$", name)
    for path, file in source.files.items():
        if path.endswith(source.family.suffix):
            source.files[path] = text([line for line in file.lines if used not in line], file.mode)


def _default(source: Source) -> None:
    chosen = [
        name
        for name, spec in source.questions.items()
        if spec.get("type") == "str" and "when" not in spec and "choices" not in spec
    ]
    if chosen:
        spec = source.questions[source.rng.choice(chosen)]
        spec["default"] = source.fresh("other")


def _layer(source: Source) -> None:
    """What an option switches on lands in a folder of its own, or one of its files in every project."""
    name = source.rng.choice(source.family.layers)
    if source.rng.random() < 0.3:
        spec = source.questions[name]
        spec["default"] = spec["default"].replace("'.'", "'apart'")
        return
    folder = f"{source.family.root}{_name(source, name)}/"
    if path := source.pick(lambda path, _: path.startswith(folder)):
        inside = path.removeprefix(folder)
        if sum(other.endswith(f"/{inside}") for other in source.files) == 1:
            source.files[f"{source.family.root}{inside}"] = source.files.pop(path)


STEPS = [
    _add,
    _add,
    _remove,
    _remove,
    _rename,
    _rename,
    _mode,
    _mode,
    _binary,
    _ask,
    _unask,
    _default,
    _layer,
]
