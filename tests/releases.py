"""The released versions, from `releases.toml`, and what the repository held then."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass

from tests.questionnaire import ROOT
from tests.support import Files


@dataclass(frozen=True)
class Release:
    """A version that users may have, and the commit that it was made from."""

    version: str
    commit: str

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


UNRELEASED = Release("0.0.0", "HEAD")
NEWEST = "v999.0.0"
"""The tag that tests give to the present state."""


def releases() -> list[Release]:
    """All releases, oldest first."""
    listed = tomllib.loads((ROOT / "releases.toml").read_text("utf-8")).get("release", [])
    return [Release(**entry) for entry in listed]


def stored_at(release: Release) -> Files:
    """The goldens of a release. Raises AssertionError where its commit is not in this clone."""
    require(release)
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", f"{release.commit}:tests/golden"],
        capture_output=True,
        check=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in files.items() if file}


def require(release: Release) -> None:
    """Raise AssertionError where the commit of a release is missing: an update from it could not be tested."""
    known = subprocess.run(
        ["git", "-C", str(ROOT), "cat-file", "-e", f"{release.commit}^{{commit}}"], check=False
    )
    assert known.returncode == 0, (
        f"releases.toml: the commit {release.commit} of {release.version} is not in this clone; "
        "fetch the whole history (git fetch --unshallow)"
    )
