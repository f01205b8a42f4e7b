"""`goldenpath diff`: how a project differs from what its template wrote, and from what the newest version would."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from goldenpath import engine, git
from goldenpath.monorepo import projects
from goldenpath.planning.untouched import untouched
from goldenpath.project import Project, typed
from goldenpath.project.files import Files, on_disk, with_ignored
from goldenpath.showing import show
from goldenpath.tree import File, same


@dataclass(frozen=True)
class Options:
    """The arguments of the command, named as on the command line."""

    path: Path
    to: str | None
    json: bool
    trust: bool
    skip_tasks: bool
    answers_file: str | None
    seeds: bool


def run(options: Options) -> int:
    """Print the differences and return 0.

    Raises:
        GoldenpathError: They cannot be told.
    """
    git.check_installed()
    found = projects.open_project(options.path, options.answers_file)
    files = on_disk(found)
    source = engine.source(found.template, found.root)
    refs = [options.to] if options.to else list(dict.fromkeys([found.commit, source.newest()]))
    versions = [
        engine.open_version(source, source.commit(ref), trust=options.trust, skip_tasks=options.skip_tasks)
        for ref in refs
    ]
    color = sys.stdout.isatty() and not options.json
    patches, seeds = {}, {}
    for version in versions:
        pure, whole = untouched(found, files, version)
        seeds[version.described] = sorted(whole.keys() - pure.keys())
        compared = whole if options.seeds else pure
        patches[version.described] = _patches(found, compared, files, color=color)
    if options.json:
        told = {"project": str(found.root), "template": found.template, "differences": patches}
        print(json.dumps({**told, "seeds": seeds}, indent=2))
        return 0
    print("\n".join(_text(version, each) for version, each in patches.items()))
    left_aside = {} if options.seeds else dict.fromkeys(path for paths in seeds.values() for path in paths)
    if left_aside:
        to = f" --to {shlex.quote(options.to)}" if options.to else ""
        command = typed(f"diff --seeds{to}", found, options.path)
        print(f"Not compared, as they are written once and then yours: {len(left_aside)}; type: {command}")
    return 0


def _patches(found: Project, pure: Mapping[str, File], files: Files, *, color: bool) -> dict[str, str]:
    files = with_ignored(found, files, set(pure))
    return {
        path: show.patch(path, file, path, files.get(path), color=color)
        for path, file in pure.items()
        if path != found.answers_file and not same(file, files.get(path))
    }


def _text(version: str, patches: dict[str, str]) -> str:
    if not patches:
        return f"The project has every file as {version} of its template writes it."
    return f"{len(patches)} files differ from {version} of the template:\n\n" + "".join(patches.values())
