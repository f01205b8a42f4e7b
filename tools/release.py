"""`make release VERSION=x.y.z` and `make tags`: releases are recorded in releases.toml, since a clone may lack tags."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = "releases.toml"


class ReleaseError(Exception):
    """Why no release is made, and what to do next."""


def main(arguments: list[str], root: Path = ROOT) -> int:
    """`VERSION` makes a release, `--tags` the tags that are missing; 1 with a message when that cannot be."""
    try:
        print(make_tags(root) if arguments == ["--tags"] else release("".join(arguments), root))
    except ReleaseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def release(version: str, root: Path) -> str:
    """Record the present commit as a version, commit the record, and tag the version; what was done."""
    check(version, root)
    commit = git(root, "rev-parse", "HEAD")
    record = root / RECORD
    entry = f'\n[[release]]\nversion = "{version}"\ncommit = "{commit}"\n'
    record.write_text(record.read_text("utf-8") + entry, "utf-8")
    git(root, "commit", "--quiet", "-m", f"Record release {version}", "--", RECORD)
    git(root, "tag", f"v{version}", commit)
    return f"{version} is {commit[:9]}, recorded and tagged; now: git push origin HEAD v{version}"


def check(version: str, root: Path) -> None:
    """Raise ReleaseError for anything that stands in the way of a release."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ReleaseError("name the version: make release VERSION=1.2.3")
    known = [entry["version"] for entry in recorded(root)]
    if known and number(version) <= number(known[-1]):
        raise ReleaseError(f"{version} is not newer than {known[-1]}, the last release")
    named = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if named != version:
        raise ReleaseError(f"pyproject.toml says {named}: set its version to {version} and commit")
    changes = (root / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## \[?v?{re.escape(version)}\b", changes, re.MULTILINE):
        raise ReleaseError(
            f"CHANGELOG.md has no section '## {version}': write what changes for users, and commit"
        )
    if changed := git(root, "status", "--porcelain"):
        raise ReleaseError(
            f"a release is made of committed files; commit or remove these and try again:\n{changed}"
        )


def make_tags(root: Path) -> str:
    """Make the tags that this clone lacks; their names. Raises ReleaseError where a commit is missing."""
    present = git(root, "tag", "--list").split()
    missing = [entry for entry in recorded(root) if f"v{entry['version']}" not in present]
    for entry in missing:
        git(root, "cat-file", "-e", f"{entry['commit']}^{{commit}}")
        git(root, "tag", f"v{entry['version']}", entry["commit"])
    return (
        "made: " + " ".join(f"v{entry['version']}" for entry in missing) if missing else "no tag is missing"
    )


def recorded(root: Path) -> list[dict[str, str]]:
    """The releases in the record, oldest first."""
    entries: list[dict[str, str]] = tomllib.loads((root / RECORD).read_text("utf-8")).get("release", [])
    return entries


def number(version: str) -> tuple[int, ...]:
    """A version in a form that can be compared."""
    return tuple(int(part) for part in version.split("."))


def git(root: Path, *arguments: str) -> str:
    """What a git command prints. Raises ReleaseError with git's message when it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
