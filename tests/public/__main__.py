"""`python -m tests.public FOLDER` updates projects of public templates, whose mirrors are in FOLDER, by both commands.

FOLDER has a bare repository with tags for each template, as OWNER+NAME/repo. Tasks and extensions of the templates run:
where the user is root, in a name space in which all but a folder of their own is read-only.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path

from tests.public import edits
from tests.public.machine import Machine, installed
from tests.public.report import as_json, markdown, total
from tests.public.run import Update, updates
from tests.public.templates import TEMPLATES, Pair, Template

Job = tuple[Template, Pair]


def main() -> int:
    """Print the tables; 1 if anything is wrong."""
    chosen = _arguments()
    work = Path(tempfile.mkdtemp(prefix="goldenpath-public-")).resolve()
    found: list[Update] = []
    try:
        for update in _run(chosen, work):
            found = in_order([*found, update])
            _write(chosen, found)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{total(found)}\n\n{(used.ru_utime + used.ru_stime) / 60:.1f} CPU-minutes")
    return int(any(update.wrong or update.unusable for update in found))


def in_order(found: Iterable[Update]) -> list[Update]:
    """The updates of one template together, in the order of the table."""
    places = {template.name: place for place, template in enumerate(TEMPLATES)}
    return sorted(found, key=lambda update: places[update.template])


def _write(chosen: argparse.Namespace, found: list[Update]) -> None:
    """Write all that is known by now: a run that is cut off has not been in vain."""
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(found), indent=1))
    if chosen.markdown:
        chosen.markdown.write_text(markdown(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.public", description=__doc__)
    parser.add_argument("folder", type=Path, help="the mirrors")
    parser.add_argument(
        "--only", action="append", default=[], help="templates whose name has this; repeatable"
    )
    parser.add_argument("--pairs", type=int, default=9, help="at most so many pairs of each template")
    parser.add_argument("--pair", metavar="OLD:NEW", help="this pair, of the table or not")
    parser.add_argument("--edits", default="all", help="all, each, or some of: " + ", ".join(edits.EDITS))
    parser.add_argument("--quick", action="store_true", help="one pair of each template, all edits at once")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write all that was found here")
    parser.add_argument("--markdown", type=Path, help="write the tables and every difference here")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.pairs, chosen.edits = 1, "quick"
    return chosen


def _run(chosen: argparse.Namespace, work: Path) -> Iterator[Update]:
    jobs = list(_jobs(chosen))
    missing = sorted({template.name for template, _ in jobs if not template.mirror(chosen.folder).is_dir()})
    if missing or not jobs:
        sys.exit(f"Not in {chosen.folder}: {', '.join(missing) or 'any template of that name'}")
    packages = {package for template, _ in jobs for package in template.packages}
    with installed(work, packages, chosen.folder.resolve()) as machine:
        yield from _judged(chosen, machine, jobs)


def _judged(chosen: argparse.Namespace, machine: Machine, jobs: list[Job]) -> Iterator[Update]:
    sources = {name: _source(machine, template, chosen.folder) for name, template in _named(jobs).items()}

    def judged(job: Job) -> list[Update]:
        template, pair = job
        source = sources[template.name]
        return list(updates(machine, template, pair, source, list(edits.variants(chosen.edits))))

    with ThreadPoolExecutor(chosen.jobs) as pool:
        for some in pool.map(judged, jobs):
            for update in some:
                print(_line(update), file=sys.stderr, flush=True)
                yield update


def _jobs(chosen: argparse.Namespace) -> Iterator[Job]:
    """The first pair of every template, then the second of every one, and so on."""
    named = [each for each in TEMPLATES if not chosen.only or any(name in each.name for name in chosen.only)]
    if chosen.pair:
        old, new = chosen.pair.split(":")
        for template in named:
            known = {f"{pair.old}:{pair.new}": pair for pair in template.pairs}
            yield template, known.get(chosen.pair) or Pair(old, new, "asked for")
        return
    for some in zip_longest(*(template.pairs[: chosen.pairs] for template in named)):
        yield from ((template, pair) for template, pair in zip(named, some, strict=True) if pair)


def _named(jobs: list[Job]) -> dict[str, Template]:
    return {template.name: template for template, _ in jobs}


def _source(machine: Machine, template: Template, folder: Path) -> Path:
    """A clone that the commands may use as they like."""
    source = machine.work / "templates" / template.name.replace("/", "+")
    machine.git(machine.work, "clone", "--quiet", str(template.mirror(folder).resolve()), str(source))
    return source


def _line(update: Update) -> str:
    kinds = ", ".join(sorted({wrong.kind for wrong in update.wrong}))
    ours = update.unusable or kinds or update.safe.refusal or "well"
    return f"{update.template} {update.pair} {update.edits}: {ours}"


if __name__ == "__main__":
    sys.exit(main())
