"""How a template behaves beside rendering files: what it runs, what git knows of modes, where the answers are.

Each manner is tried with each of the families, so that no family is the one that happens to get it right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import yaml

from tests.conformance.families import Family
from tests.conformance.repository import File, Tree

_IDENTITY = "-c user.name=Somebody -c user.email=somebody@example.com"


@dataclass(frozen=True)
class Manner:
    """`tasks` are the template's. `beside` is a folder that they leave, which no update may take in.

    `comparable` is false where Copier loses edits by what its own tasks do to the project, so that it is no measure;
    `keeps_modes` is git's `core.fileMode`. `settings` and `files` are more of the template's, `bare` has every file be
    a Jinja file, whatever its name. `moved_to` is where the newest version has the answers file, if elsewhere.
    """

    name: str
    tasks: tuple[str, ...] = ()
    beside: str = ""
    comparable: bool = True
    keeps_modes: bool = True
    moved_to: str = ""
    settings: tuple[tuple[str, object], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    bare: bool = False

    @property
    def needs_trust(self) -> bool:
        """Whether the template runs code of its own."""
        return bool(self.tasks) or "_jinja_extensions" in dict(self.settings)

    def newest(self, tree: Tree) -> Tree:
        """The newest version of a template with this manner."""
        if not self.moved_to:
            return tree
        settings = yaml.safe_load(tree["copier.yml"].data) | {"_answers_file": self.moved_to}
        return {**tree, "copier.yml": File(yaml.safe_dump(settings, sort_keys=False).encode())}

    def of(self, family: Family) -> Family:
        """The family with this manner."""
        settings = (
            family.settings | dict(self.settings) | ({"_tasks": list(self.tasks)} if self.tasks else {})
        )
        added = {f"{family.root}{path}{family.suffix}": text for path, text in self.files}
        files = family.files | added
        if not self.bare:
            return replace(family, settings=settings, files=files)
        files = {path.removesuffix(family.suffix): data for path, data in files.items()}
        scripts = tuple(path.removesuffix(family.suffix) for path in family.scripts)
        return replace(family, settings=settings | {"_templates_suffix": ""}, files=files, scripts=scripts)

    def without_beside(self, tree: Tree) -> dict[str, File]:
        """A tree as an update may see it."""
        return {
            path: file for path, file in tree.items() if not (self.beside and path.startswith(self.beside))
        }


PLAIN = Manner("plain")
COMMITS = Manner(
    "commits",
    # Copier runs it in the project itself, where it stages and commits the update half-way.
    (f"git init -q && git add -A && (git {_IDENTITY} commit -q -m Start || true)",),
    comparable=False,
)
ENVIRONMENT = Manner(
    "environment",
    ("mkdir -p .venv/bin && echo '*' > .venv/.gitignore && echo made > .venv/bin/python",),
    beside=".venv/",
)
MODES = Manner("modes", keeps_modes=False)
# Copier leaves the file where it was, and the next update of the project does not find what the template says.
MOVES = Manner("moves", moved_to=".config/told.yml", comparable=False)
EXTENDS = Manner(
    "extends",
    settings=(("_jinja_extensions", ["jinja2.ext.loopcontrols", "jinja2.ext.do"]),),
    files=(
        (
            "levels.txt",
            """levels of this project
{% set found = [] %}{% for each in range(9) %}{% if each == 3 %}{% break %}{% endif %}{% do found.append(each) %}{% endfor %}
{{ found | join(" ") }}
one more a year
""",
        ),
    ),
)
BARE = Manner("bare", bare=True)

MANNERS = (PLAIN, COMMITS, ENVIRONMENT, MODES, MOVES, EXTENDS, BARE)
