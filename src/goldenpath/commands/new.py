"""`goldenpath new`: start a repository from the template."""

import json
import os
import re
import shlex
import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path

from goldenpath import engine, git, tree
from goldenpath.applying import hooks
from goldenpath.engine import Template
from goldenpath.errors import INTERRUPTED, GoldenpathError, UsageError
from goldenpath.planning import pristine
from goldenpath.planning.start import Plan
from goldenpath.project import answers
from goldenpath.sources import settings


class Options(Namespace):
    """The arguments of `goldenpath new`, as `main` declares and explains them."""

    destination: Path
    template: str | None
    vcs_ref: str | None
    data: list[str]
    data_file: Path | None
    defaults: bool
    yes: bool
    preview: bool
    git: bool
    trust: bool
    json: bool


_FLOWS = (("setup", "check"), ("pipeline",))
# What stands before the colon of a rule; a := and a ::= make a variable.
_RULE = re.compile(r"^([^\s#:=][^:=#\n]*?)[ \t]*::?(?![:=])", re.MULTILINE)


def next_commands(destination: Path, project: tree.Tree) -> list[str]:
    """Return what to type after `project` was written to `destination`: of `make` only what its Makefile has."""
    known = _targets(project)
    flows = ([name for name in flow if name in known] for flow in _FLOWS)
    return [
        f"cd {shlex.quote(str(destination))}",
        *(f"make {' '.join(names)}" for names in flows if names),
    ]


def _targets(project: tree.Tree) -> set[str]:
    """Return the targets that a Makefile names, itself or in the files that it may include."""
    if "Makefile" not in project.files:
        return set()
    texts = (
        file.content.decode(errors="replace")
        for path, file in project.files.items()
        if path == "Makefile" or path.endswith(".mk")
    )
    return {name for text in texts for names in _RULE.findall(text) for name in names.split()}


def run(options: Options) -> int:
    """Ask, show what will be written, write it, and return the exit code.

    Raises:
        GoldenpathError: Something stands in the way; nothing was written.
    """
    given = answers.given(options.data, options.data_file)
    address = settings.template_address(options.template, os.environ)
    destination = options.destination.resolve()
    _check_terminal(options)
    git.check_installed()
    if not options.preview:
        _check_destination(destination, address)
    with engine.open_template(address, options.vcs_ref, str(destination), trust=options.trust) as template:
        plan = _plan(template, engine.ask(template, given, defaults=options.defaults), destination, options)
        if options.preview:
            print(json.dumps(plan.as_json(contents=True), indent=2) if options.json else plan.preview())
            return 0
        _confirm(plan, options)
        with tree.staged(destination) as folder:
            tree.write(plan.tree, folder)
            if plan.branch:
                git.start(folder, plan.branch, f"Start from template version {plan.commit}")
        if plan.branch:
            pristine.keep_new(destination, template.opened)
    return _finish(plan, template, options)


def _check_terminal(options: Options) -> None:
    if options.defaults:
        return
    if options.json:
        raise UsageError(
            "With --json nothing can be asked.", "Add --defaults, and --data key=value for what differs."
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "There is no terminal to ask in.",
            "Add --defaults, and --data key=value for what differs from them.",
        )


def _check_destination(destination: Path, address: str) -> None:
    source = settings.local_path(address)
    if source and destination.is_relative_to(source):
        raise GoldenpathError(
            f"'{destination}' is inside the template '{source}'.",
            "Name a folder outside, for example ../my-model",
        )
    tree.check_destination(destination)


def _plan(template: Template, data: dict[str, object], destination: Path, options: Options) -> Plan:
    project, stored, follows = engine.render(template, data)
    branch, about = _git_plan(destination, str(stored.get("default_branch", "main")), wanted=options.git)
    return Plan(
        destination=destination,
        template=template.address,
        version=template.version,
        commit=str(stored["_commit"]),
        answers={name: value for name, value in stored.items() if not name.startswith("_")},
        tree=project,
        branch=branch,
        git=about,
        follows=follows,
    )


def _git_plan(destination: Path, branch: str, *, wanted: bool) -> tuple[str | None, str]:
    if not wanted:
        return None, "nothing is done (--no-git)"
    if around := git.work_tree(destination):
        return None, f"no repository of its own, for this is inside '{around}'"
    git.check_branch(branch)
    return branch, f"a new repository with a first commit on the branch {branch}"


def _confirm(plan: Plan, options: Options) -> None:
    if options.json:
        return
    print("\n".join([plan.summary(), *(f"Note: {note}" for note in plan.notes)]))
    if options.defaults or options.yes:
        return
    # Nothing that only a terminal needs is imported without one.
    questionary = import_module("questionary")
    if not questionary.confirm("Write these files?  [--yes]", qmark="?").unsafe_ask():
        raise GoldenpathError("Nothing was written, as you said.")


def _finish(plan: Plan, template: Template, options: Options) -> int:
    code = _set_up(template, plan.destination)
    if code:
        print(f"The set-up failed with exit code {code}; the repository itself is complete.", file=sys.stderr)
    commands = next_commands(options.destination, plan.tree)
    if options.json:
        setup = "not run" if template.hook is None else "failed" if code else "done"
        print(json.dumps(plan.as_json() | {"setup": setup, "next": commands}, indent=2))
    else:
        print("\n".join(["", "Written. Next, type:", "", *(f"  {command}" for command in commands)]))
    return code if code in (0, INTERRUPTED) else 1


def _set_up(template: Template, project: Path) -> int:
    if template.hook is None:
        return 0
    try:
        return hooks.run(template.hook, project)
    except KeyboardInterrupt:
        return INTERRUPTED
