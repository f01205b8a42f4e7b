"""The rules about layers: the folders of `template/project` that are written or skipped as a whole.

Each rule takes the root of a checkout and returns what breaks it; test_grammar.py holds the checkout to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

from pathspec import GitIgnoreSpec

from tests.questionnaire import EFFECTIVE, choices, computed, questions, settings

LAYER = re.compile(r"\{\{(\w+)\}\}")
# A layer is written under a condition; most are one choice of one question.
CONDITIONAL = re.compile(r"\{\{ '\.' if .+ \}\}")
LAYER_DEFAULT = re.compile(r"\{\{ '\.' if (?:(\w+) == '(\w+)'|'(\w+)' in (\w+))(?: and .+)? \}\}")


def layers_have_a_line_and_a_choice(root: Path) -> Iterator[str]:
    lines = _lines(root).keys()
    folders = rendered_names(root).keys() - {""}
    yield from (f"{name}: a folder without a line in computed.yml" for name in sorted(folders - lines))
    yield from (f"{name}: a line in computed.yml without a folder" for name in sorted(lines - folders))
    for path in project_files(root):
        yield from (
            f"{path}: a layer inside another folder" for part in path.parts[1:-1] if part[2:-2] in lines
        )
    for name in sorted(lines):
        if not CONDITIONAL.fullmatch(computed(root)[name]["default"]):
            yield f"{name}: its value is not \"{{{{ '.' if CONDITION }}}}\""


def layers_are_the_choices_of_a_question(root: Path) -> Iterator[str]:
    lines = _lines(root)
    layered: dict[str, set[str]] = {}
    for name, (question, choice) in layers(root).items():
        layered.setdefault(question, set()).add(choice)
        if not name.endswith(f"_{choice}"):
            yield f"{name}: not named after its choice '{choice}'"
    for question, named in layered.items():
        offered = set(choices(questions(root)[question])) - {""}
        yield from (
            f"{question}: a layer for '{choice}', which it does not offer"
            for choice in sorted(named - offered)
        )
        # One choice may be the plain one, which adds nothing; mostly it is called none. Another one's layer may be on for more.
        if len(plain := sorted(each for each in offered - named if f"{question}_{each}" not in lines)) > 1:
            yield f"{question}: of the choices {', '.join(plain)} only one can go without a layer"


def seeds_reach_every_repository(root: Path) -> Iterator[str]:
    """An update brings no seeds, so one in a layer would be missing where its option is switched on later.

    A seed stands in the base, or in the layers of every choice of one question: then each repository began with one.
    """
    patterns = [
        pattern.replace("{{ package_name }}", "example") for pattern in computed(root)["seeds"]["default"]
    ]
    seeds = GitIgnoreSpec.from_lines(patterns)
    for layer, names in rendered_names(root).items():
        for name in sorted(filter(seeds.match_file, names)):
            if layer and not in_every_choice(root, layer, name):
                yield f"{layer}: the seed {name} is not in the layer of every choice"
    everywhere = [name for names in rendered_names(root).values() for name in names]
    for pattern in patterns:
        if not any(GitIgnoreSpec.from_lines([pattern]).match_file(name) for name in everywhere):
            yield f"seeds: {pattern} is no file"


def rendered_paths_are_unique(root: Path) -> Iterator[str]:
    """Two sources with one rendered path make Copier stop, unless no answer chooses both."""
    names = rendered_names(root)
    for first, second in combinations(sorted(names), 2):
        if second not in layers_beside(root, first):
            yield from (
                f"{name}: in '{first}' and in '{second}'"
                for name in sorted(set(names[first]) & set(names[second]))
            )
    for layer, found in names.items():
        yield from (
            f"{name}: twice in '{layer}'" for name in sorted({n for n in found if found.count(n) > 1})
        )


def project_files(root: Path) -> Iterator[Path]:
    """The files of `template/project`, relative to it; what Copier leaves out is left out."""
    project = root / "template" / "project"
    skipped = GitIgnoreSpec.from_lines(
        pattern for pattern in settings(root)["_exclude"] if "{" not in pattern
    )
    paths = (path.relative_to(project) for path in sorted(project.rglob("*")) if not path.is_dir())
    return (path for path in paths if not skipped.match_file(path))


@cache
def rendered_names(root: Path) -> dict[str, list[str]]:
    """The rendered paths of each layer, for a package called `example`; the base layer is called ""."""
    names: dict[str, list[str]] = {}
    for path in project_files(root):
        match = LAYER.fullmatch(path.parts[0])
        layer = match[1] if match and path.parts[1:] else ""
        inside = path.relative_to(path.parts[0]) if layer else path
        name = inside.as_posix().replace("{{package_name}}", "example").removesuffix(".jinja")
        names.setdefault(layer, []).append(name)
    return names


def in_every_choice(root: Path, layer: str, name: str) -> bool:
    """Whether a rendered path of a layer is in the layers of all choices of its question."""
    siblings = [other for other in layers_beside(root, layer) if name in rendered_names(root).get(other, [])]
    return bool(siblings) and len(siblings) == len(choices(questions(root)[layers(root)[layer][0]]))


def _lines(root: Path) -> dict[str, str]:
    """The conditions under which layers are written, by the layers' names."""
    return {
        name: spec["default"]
        for name, spec in computed(root).items()
        if spec["type"] == "str" and not name.startswith(EFFECTIVE)
    }


def layers_beside(root: Path, layer: str) -> list[str]:
    """The layers of the same question, where no answer chooses two of them; else nothing."""
    known = layers(root)
    if layer not in known or questions(root)[known[layer][0]].get("multiselect"):
        return []
    return [name for name, (question, _) in known.items() if question == known[layer][0]]


def layers(root: Path) -> dict[str, tuple[str, str]]:
    """For each layer in computed.yml its question and choice; those with another condition are left out."""
    found = {name: LAYER_DEFAULT.fullmatch(default) for name, default in _lines(root).items()}
    known = {
        name: ((match[1] or match[4]).removeprefix(EFFECTIVE), match[2] or match[3])
        for name, match in found.items()
        if match
    }
    return {name: pair for name, pair in known.items() if pair[0] in questions(root)}
