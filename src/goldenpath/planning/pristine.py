"""A project as nobody has edited it, rendered because it is not kept."""

from contextlib import AbstractContextManager, suppress
from pathlib import Path

from goldenpath import engine
from goldenpath.engine import Version
from goldenpath.errors import TrustError
from goldenpath.planning.untouched import pure_files
from goldenpath.project import Project, kept, open_project
from goldenpath.project.drift import Told, differing
from goldenpath.project.files import Files, committed
from goldenpath.project.kept import Entry
from goldenpath.sources import Source

_UNTASKED = (
    "The template's tasks were not run: files that they write or change may differ. To run them: --trust"
)


def source(project: Project) -> Source:
    """Return the repository of a project's template.

    Raises:
        GoldenpathError: It is gone, or cannot be reached.
    """
    return engine.source(project.template, project.root)


def told(project: Project, files: Files, of: Source, *, trust: bool, skip_tasks: bool) -> Told:
    """Return what differs from the template, as far as that can be told without trust, and what was left out.

    Raises:
        GoldenpathError: It cannot be told.
    """
    commit = of.commit(project.commit)
    try:
        version = engine.open_version(of, commit, trust=trust, skip_tasks=skip_tasks)
        return _told(project, files, version, [])
    except TrustError:
        pass
    try:
        version = engine.open_version(of, commit, trust=False, skip_tasks=True)
        return _told(project, files, version, [_UNTASKED])
    except TrustError as refusal:
        return Told(
            {}, {}, [f"What differs from the template is not told. {refusal.message}\n{refusal.hint}"]
        )


def _told(project: Project, files: Files, version: Version, notes: list[str]) -> Told:
    entry = _kept(project, files, version)
    return Told(differing(project, files, entry.files), entry.chosen, notes)


def _at_no_risk() -> AbstractContextManager[None]:
    # The project is written: whatever happens here must not look as if it were not.
    return suppress(Exception, KeyboardInterrupt)


def keep_new(root: Path, version: Version) -> None:
    """Keep what a new project is, so that its first status need not render it."""
    with _at_no_risk():
        project = open_project(root)
        _kept(project, committed(project), version)


def keep_updated(before: Project) -> None:
    """Keep what an updated project is, where it was kept before: then somebody asks for its status."""
    with _at_no_risk():
        project = open_project(before.root, before.answers_file)
        of = source(project)
        version = engine.open_version(of, of.commit(project.commit), trust=False)
        _kept(project, committed(project), version)


def _kept(project: Project, files: Files, version: Version) -> Entry:
    pure, chosen, settled = pure_files(project, files, version)
    entry = Entry(version.commit, version.source.url, pure, chosen)
    if settled:
        kept.keep(project, files, entry, engine.settings_file())
    return entry
