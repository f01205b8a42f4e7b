"""`--verify`: the project's own checks, run before and after an update in clones of it."""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from goldenpath import git, tree
from goldenpath.errors import GoldenpathError
from goldenpath.plan import Plan
from goldenpath.project import Project

_TARGETS = ("setup", "check")
_OURS = {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
_SHOWN = 30  # last lines of what a failed check printed


@dataclass(frozen=True)
class Verdict:
    """Whether `make check` was green before and after, and the end of what it printed where it was not."""

    before: bool
    after: bool
    output: str

    def as_json(self) -> dict[str, object]:
        """Return the verdict as JSON values."""
        return {"before": self.before, "after": self.after, "broken": self.before and not self.after}

    def text(self) -> str:
        """Return the verdict in words."""
        words = {
            (True, True): "make check is green before and after.",
            (True, False): "make check was green and is RED after the update:",
            (False, True): "make check was red and is green after the update.",
            (False, False): "make check was red before the update and still is:",
        }
        return f"Verified: {words[self.before, self.after]}" + (f"\n{self.output}" if not self.after else "")


def compare(project: Project, plan: Plan) -> Verdict:
    """Run `make setup check` of the project without and with the update; the project itself is not touched.

    Raises:
        GoldenpathError: There is nothing to run, or no disk to run it on.
    """
    if not (project.root / "Makefile").is_file():
        raise GoldenpathError(f"--verify runs `make check`, but '{project.root}' has no Makefile.")
    with TemporaryDirectory(prefix="goldenpath-") as temporary:
        clone = Path(temporary, "before")
        git.run(project.root, "clone", "--quiet", "--no-hardlinks", project.repository.workdir, str(clone))
        print("goldenpath: make setup check, without the update ...", file=sys.stderr)
        before, _ = _make(clone / project.prefix)
        _write(clone / project.prefix, plan)
        print("goldenpath: make setup check, with the update ...", file=sys.stderr)
        after, output = _make(clone / project.prefix)
    return Verdict(before, after, output)


def _write(folder: Path, plan: Plan) -> None:
    for change in plan.writes:
        target = folder / change.path
        target.unlink(missing_ok=True)
        with suppress(OSError):  # a folder that is not empty
            for parent in target.relative_to(folder).parents[:-1]:
                (folder / parent).rmdir()
    for change in plan.writes:
        if change.after:
            (folder / change.path).parent.mkdir(parents=True, exist_ok=True)
            tree.write_file(change.after, folder / change.path)


def _make(folder: Path) -> tuple[bool, str]:
    # Nothing of the environment that this command itself runs in must leak into the project's.
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    done = subprocess.run(
        ["make", *_TARGETS],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode == 0, "\n".join(done.stdout.splitlines()[-_SHOWN:])
