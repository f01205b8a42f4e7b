"""What moves: the answers file of a project, which its template may put elsewhere, and the template itself."""

from contextlib import suppress
from pathlib import Path

from goldenpath import engine
from goldenpath.engine import UPDATE, Answered, Version
from goldenpath.errors import GoldenpathError
from goldenpath.merging.rules import Files, Policy, Rules
from goldenpath.merging.trees import merge_trees
from goldenpath.plan import Change, Kind
from goldenpath.project import ANSWERS, Found, Project, open_project, some
from goldenpath.project.discovery import Place, is_answers
from goldenpath.sources import Source
from goldenpath.sources.addresses import is_path
from goldenpath.tree import same


def replay(project: Project, version: Version, policy: Policy) -> Answered:
    """Return what a project answered to the version that it is at, and where its answers file lies by that.

    It lies where the template says, or where the user has it: if a command named it, or this version would have put
    it elsewhere.

    Raises:
        GoldenpathError: The answers do not fit.
    """
    # Copier has to be told of every other name, and what it was told stays.
    told = project.found is Found.NAMED or (not policy.beyond_copier and project.answers_file != ANSWERS)
    if not told:
        answered = version.replay(project.root, project.answers, project.answers_file, stays=False)
        if _is_home(project, version, answered):
            return answered
    return version.replay(project.root, project.answers, project.answers_file)


def _is_home(project: Project, version: Version, answered: Answered) -> bool:
    name = project.answers_file
    # Some templates have no name for it, but a file of their own that says the answers.
    return answered.answers_file == name or name in version.render(answered, UPDATE).files


def settled(root: Path, place: Place) -> Place:
    """Return whose an answers file is that has neither name nor folder of its own: of the folder whose template writes it so."""
    parts = place.path.split("/")
    for end in range(len(parts) - 1, -1, -1) if not place.usual else ():
        other = Place("/".join(parts[:end]), "/".join(parts[end:]))
        # What cannot be told, for its template is gone or not trusted, is of the folder that it lies in.
        with suppress(GoldenpathError):
            if _writes(open_project(root / other.folder, other.name)):
                return other
    return place


def _writes(project: Project) -> bool:
    source = engine.source(project.template, project.root)
    version = engine.open_version(source, source.commit(project.commit), trust=False, skip_tasks=True)
    answered = version.replay(project.root, project.answers, project.answers_file, stays=False)
    return _is_home(project, version, answered)


def target(project: Project, answered: Answered, theirs: Files) -> str:
    """Return where the new version, whose files are `theirs`, has the answers file of a project."""
    if answered.answers_file in theirs:
        return answered.answers_file
    others = [
        path for path in theirs if path.endswith((".yml", ".yaml")) and is_answers(theirs[path].content)
    ]
    return others[0] if len(others) == 1 else project.answers_file


def merge(project: Project, base: Files, ours: Files, theirs: Files, rules: Rules) -> list[Change]:
    """Merge trees, also where the template moves the answers file.

    Raises:
        GoldenpathError: The project has a file of its own where the answers file goes.
    """
    old, new = project.answers_file, rules.answers
    if old == new:
        return merge_trees(base, ours, theirs, rules)
    mine, after = ours.get(new), theirs[new]
    if rules.policy.beyond_copier and mine is not None and not same(mine, after):
        raise GoldenpathError(
            f"The template moves its answers file to '{new}', where the project has another file.",
            f"Move yours, or leave the answers file where it is: --answers-file {old}",
        )
    rest = [{path: tree[path] for path in tree if path not in {old, new}} for tree in (base, ours, theirs)]
    changes = [
        *merge_trees(rest[0], rest[1], rest[2], rules),
        Change(new, Kind.MOVE, mine, after, f"The template moved the answers file from {old}", source=old),
        Change(old, Kind.REMOVE, ours.get(old), None, f"The template moved the answers file to {new}"),
    ]
    return sorted(changes, key=lambda change: change.path)


def check_history(project: Project, source: Source) -> None:
    """Refuse another address of the template that does not have the version that the project is at.

    Raises:
        GoldenpathError: It says which version is missing, or another one under its name.
    """
    if source.address == project.template:
        return
    hint = f"Push that version to it, with its tag, or name another address; it has: {some(source.releases[::-1])}"
    what = f"The template '{source.address}' has not the history of '{project.template}': "
    try:
        commit = source.commit(project.commit)
    except GoldenpathError as error:
        raise GoldenpathError(
            f"{what}there is no version '{project.commit}', where the project is.", hint
        ) from error
    if is_path(project.template):
        # One that is here still can tell more than a name.
        with suppress(GoldenpathError):
            before = engine.source(project.template, project.root).commit(project.commit)
            commit = commit if before == commit else ""
    if not commit:
        raise GoldenpathError(f"{what}its version '{project.commit}' is another one.", hint)
