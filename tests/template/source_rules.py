"""The rules that the template's sources keep. Each takes the root of a checkout and returns what breaks it.

CONTRIBUTING.md and the decisions say why; test_grammar.py holds the checkout to each, and shows for each a defect that it finds.
"""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.questionnaire import (
    EFFECTIVE,
    Spec,
    choices,
    computed,
    effective,
    entries,
    includes,
    questions,
    settings,
)
from tests.template import jinja, layer_rules, target_rules

# What Copier runs, loads or obeys only with --trust.
TRUSTED = ("_tasks", "_migrations", "_jinja_extensions", "_external_data")
# Names that are not the questionnaire's: Copier's own, and seeds and answers of the running operation.
COPIER = re.compile(r"_copier_(answers|conf|operation)")
PINS = "template/partials/constraints.toml"
MOST_ASKED = 8
MOST_JINJA_FILES = 20
# CI files are rendered: see docs/decisions/0002. Each system has as many as it has flows, its settings, and what they share.
MOST_JINJA_FILES_OF_A_CI_SYSTEM = 8
REFUSED_BY_WINDOWS = re.compile(
    r'[<>:"\\|?*\x00-\x1f]|[ .]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE
)


def includes_are_an_explicit_list(root: Path) -> Iterator[str]:
    listed = includes(root)
    present = {path.relative_to(root).as_posix() for path in (root / "template" / "questions").iterdir()}
    yield from (f"{path}: a pattern, whose order nobody knows" for path in listed if set(path) & set("*?["))
    yield from (f"{path}: listed twice" for path in set(listed) if listed.count(path) > 1)
    yield from (
        f"{path}: in the folder or in copier.yml, not in both" for path in sorted(present ^ set(listed))
    )


def questions_are_complete(root: Path) -> Iterator[str]:
    for name, spec in questions(root).items():
        if "default" not in spec:
            yield f"{name}: no default, so --defaults fails"
        if not spec.get("help"):
            yield f"{name}: no help text"
        elif spec.get("ask", True) is not False and not re.search(r"\?( \(.+\))?$", spec["help"]):
            yield f"{name}: its help text is no question"
        if not choices(spec) and not spec.get("validator"):
            yield f"{name}: takes any text, without a validator"
        if any(isinstance(label, bool) for label in spec.get("choices", [])):
            yield f"{name}: a label that YAML takes for true or false; quote it"
        if spec["type"] == "bool":
            yield f"{name}: a yes or no instead of choices"
        if "when" in spec:
            yield f"{name}: `when` would lose a given answer; use `ask`"


def few_questions_are_asked(root: Path) -> Iterator[str]:
    if len(found := asked(root)) > MOST_ASKED:
        yield f"{len(found)} questions on the default path, more than {MOST_ASKED}: {', '.join(found)}"


def asked(root: Path, **answers: object) -> list[str]:
    """The questions that a user is asked who takes every default but these answers."""
    context = {name: spec.get("default") for name, spec in questions(root).items()} | answers
    return [name for name, spec in questions(root).items() if _is_asked(spec, context)]


def _is_asked(spec: Spec, context: dict[str, object]) -> bool:
    return jinja.PARSER.from_string(str(spec.get("ask", True))).render(context) == "True"


# A default of these is no release's to move: they name what is there already (see docs/decisions/0013).
STAY = {"default_branch", "store", "placement", "package_name"}


def defaults_that_move_are_empty(root: Path) -> Iterator[str]:
    """What nobody is asked, and what follows from other answers, is empty and resolved below: else updates store it."""
    resolved = effective(root)
    for name, spec in questions(root).items():
        follows = spec.get("ask") is False or "{" in str(spec.get("default"))
        if name in resolved or (follows and name not in STAY):
            if spec.get("default") not in ("", []):
                yield f"{name}: its default would be stored, and a release could not move it; leave it empty"
            if name not in resolved:
                yield f"{name}: nothing says what an empty answer stands for; add {EFFECTIVE}{name}"
    for name in sorted(resolved.keys() - questions(root).keys()):
        yield f"{EFFECTIVE}{name}: resolves no question"


def answers_that_may_be_empty_are_resolved(root: Path) -> Iterator[str]:
    """Who reads such a question reads its `effective_` line."""
    names = effective(root).keys()
    for where, text in jinja.sources(root):
        owner = where.split(":")[0].removeprefix(EFFECTIVE)
        for name in sorted(jinja.names(text) & names - {owner}):
            yield f"{where}: reads '{name}', which may be empty; read {EFFECTIVE}{name}"


READ_BY_COMMAND = {"set_once", "shared"}


def names_are_known_and_used(root: Path) -> Iterator[str]:
    used: set[str] = set()
    for where, text in jinja.sources(root):
        found = jinja.names(text)
        used |= found
        unknown = {name for name in found - entries(root).keys() if not COPIER.fullmatch(name)}
        yield from (f"{where}: '{name}' is nobody's name" for name in sorted(unknown))
    yield from (
        f"{name}: computed for nobody"
        for name in sorted(computed(root).keys() - used - READ_BY_COMMAND)
        if not name.startswith(EFFECTIVE)
    )


def answers_that_may_be_none_are_compared(root: Path) -> Iterator[str]:
    risky = {name for name, spec in questions(root).items() if "none" in choices(spec)}
    risky |= {EFFECTIVE + name for name in risky & effective(root).keys()}
    for where, text in jinja.sources(root):
        if where.startswith(EFFECTIVE):
            continue  # there an empty answer is told from the others
        for name in sorted(jinja.bare_tests(text) & risky):
            yield f"{where}: tests '{name}' for truth, and 'none' is true; compare it"


def computed_values_are_explained(root: Path) -> Iterator[str]:
    for path in includes(root):
        explained = False
        for block in (root / path).read_text("utf-8").split("\n\n"):
            if re.search(r"when: +false", block) and not (explained or block.startswith("#")):
                yield f"{path}: no comment above: {block.splitlines()[0]}"
            explained = all(line.startswith("#") for line in block.strip().splitlines())


def nothing_needs_trust(root: Path) -> Iterator[str]:
    yield from (f"copier.yml: {name} needs --trust" for name in TRUSTED if name in settings(root))
    yield from (f"{path}: a symlink" for path in (root / "template").rglob("*") if path.is_symlink())


def jinja_is_rare_and_flat(root: Path) -> Iterator[str]:
    template = root / "template"
    files = [
        path for path in sorted(template.rglob("*")) if path.is_file() and jinja.is_jinja(path, template)
    ]
    holding: dict[str, list[str]] = {}
    for path in files:
        if jinja.names(path.read_text("utf-8")):
            system = re.search(r"(?:ci_|flows_|partials/ci/)([a-z]+)", path.relative_to(template).as_posix())
            holding.setdefault(system[1] if system else "", []).append(path.name)
    for owner, found in holding.items():
        most = MOST_JINJA_FILES_OF_A_CI_SYSTEM if owner else MOST_JINJA_FILES
        if len(found) > most:
            yield f"{owner}: {len(found)} files with Jinja, more than {most}: {', '.join(found)}"
    yield from (f"{path.name}: Jinja in Python" for path in files if ".py" in path.suffixes)
    for path in files:
        depth, crowded = jinja.conditions(path.read_text("utf-8"))
        yield from (f"{path.name} {line}: a condition takes a whole line" for line in crowded)
        if depth > 1:
            yield f"{path.name}: conditions nest {depth} deep"
        if leaking := re.search(r"_folder_name|dst_path", path.read_text("utf-8")):
            yield f"{path.name}: {leaking[0]} differs from run to run"


def names_suit_every_system(root: Path) -> Iterator[str]:
    for path in (root / "template").rglob("*"):
        if REFUSED_BY_WINDOWS.search(path.name):
            yield f"{path.relative_to(root)}: Windows refuses this name"
        if path.name in {".gitignore", ".gitattributes", ".gitmodules"}:
            yield f"{path.relative_to(root)}: git obeys it here; give it the suffix .jinja"


def python_names_are_reserved(root: Path) -> Iterator[str]:
    taken = {*sys.stdlib_module_names, *keyword.kwlist}
    needed = {name for name in taken if name == name.lower() and not name.startswith("_")}
    yield from (f"reserved_names: '{name}' is missing" for name in sorted(needed - reserved(root)))


def dependencies_are_reserved(root: Path) -> Iterator[str]:
    """A project of that name would take the place of what it needs. Names follow the rule of package names."""
    pins = tomllib.loads((root / PINS).read_text("utf-8"))["constraint-dependencies"]
    names = {re.sub(r"[-.]+", "_", re.split("[=<>; ]", pin)[0].lower()) for pin in pins}
    yield from (f"reserved_names: '{name}' is missing" for name in sorted(names - reserved(root)))


def reserved(root: Path) -> set[str]:
    """The names that a package may not have."""
    names: list[str] = computed(root)["reserved_names"]["default"]
    return set(names)


RULES = (
    layer_rules.layers_have_a_line_and_a_choice,
    layer_rules.layers_are_the_choices_of_a_question,
    layer_rules.seeds_reach_every_repository,
    layer_rules.rendered_paths_are_unique,
    target_rules.targets_are_options_of_their_layers,
    target_rules.targets_have_every_verb,
    target_rules.nothing_else_names_a_target,
    includes_are_an_explicit_list,
    questions_are_complete,
    few_questions_are_asked,
    defaults_that_move_are_empty,
    answers_that_may_be_empty_are_resolved,
    names_are_known_and_used,
    answers_that_may_be_none_are_compared,
    computed_values_are_explained,
    nothing_needs_trust,
    jinja_is_rare_and_flat,
    names_suit_every_system,
    python_names_are_reserved,
    dependencies_are_reserved,
)
