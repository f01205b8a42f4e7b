"""Builds and runs images on this machine with buildah and podman, without a daemon and without pulling anything.

The pinned base cannot be had here, so a Debian with Python takes its place. What that base needs to know of this
machine, its certificates and where its packages are, is in the base and never in the image's recipe.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.proof import tools

BASE = "localhost/base:1"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
INDEXES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
# crun and systemd are not to be had in a container; a job has no more than its own limits.
CONF = """[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
"""


@dataclass(frozen=True)
class Engine:
    """A store of images and containers below `folder`, which ends with it."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """What buildah and podman must know."""
        return os.environ | {"CONTAINERS_CONF": str(self.folder / "containers.conf")}

    @property
    def _store(self) -> list[str]:
        return ["--root", str(self.folder / "root"), "--runroot", str(self.folder / "run")]

    def podman(self, *arguments: str, expect: int | None = 0) -> str:
        """Run podman and return what it printed; AssertionError for another exit code."""
        done = subprocess.run(
            ["podman", "--log-level=fatal", *self._store, *arguments],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(
                f"podman {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout[-4000:]}"
            )
        return done.stdout

    def docker(self) -> Path:
        """A program that takes `docker build ARGUMENTS` and has buildah do it on the base that is here.

        So `make image DOCKER=…` runs the very lines of the repository.
        """
        script = self.folder / "docker"
        build = ["buildah", *self._store, "build", "--format=docker", "--isolation=chroot", "--network=host"]
        build += [
            "--pull-never",
            "--layers",
            f"--volume={CERTIFICATES}:{CERTIFICATES}:ro",
            f"--build-arg=BASE_IMAGE={BASE}",
        ]
        script.write_text(f'#!/bin/sh\n[ "$1" = build ] || exit 2\nshift\nexec {" ".join(build)} "$@"\n')
        script.chmod(0o755)
        return script

    def remove(self) -> None:
        """Stop what runs and delete the store; storage keeps mounts of its own, which are let go first."""
        self.podman("rm", "--all", "--force", "--time=0", expect=None)
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
        for mount in reversed([mount for mount in mounts if mount.startswith(str(self.folder))]):
            subprocess.run(["umount", mount], check=True, capture_output=True)
        shutil.rmtree(self.folder)


def engine() -> Engine:
    """A new engine that has the base image and nothing else. Needs root."""
    tools.require("buildah", "podman", "runc", "mmdebstrap", "catatonit")
    made = Engine(Path(tempfile.mkdtemp(prefix="goldenpath-engine-")))
    (made.folder / "containers.conf").write_text(CONF)
    known = [f"SSL_CERT_FILE={CERTIFICATES}", f"PIP_CERT={CERTIFICATES}"]
    known += [f"{name}={os.environ[name]}" for name in INDEXES if name in os.environ]
    changes = [f"--change=ENV {setting}" for setting in known]
    made.podman("import", *changes, str(_base_archive()), BASE)
    return made


def _base_archive() -> Path:
    """The base's files, made once: a Debian as slim as that of the pinned image."""
    archive = tools.cache_folder() / "base-bookworm.tar"
    if not archive.exists():
        partial = archive.with_suffix(".partial.tar")
        command = ["mmdebstrap", "--variant=apt", f"--include={PACKAGES}", "bookworm", str(partial)]
        subprocess.run(command, check=True, capture_output=True)
        partial.rename(archive)
    return archive
