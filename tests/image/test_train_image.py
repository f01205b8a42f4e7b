"""`make train-image`: what retrains in a container gives the version that a training outside gives."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.image.test_image import engines, env
from tests.proof.container import BASE, Engine
from tests.support import commit_all, generate, git, make

__all__ = ["engines", "env"]
pytestmark = pytest.mark.image

IMAGE = "localhost/app:1"
LOCKED_DOWN = ["--rm", "--read-only", "--cap-drop=all", "--network=none", "--pull=never"]
WRITABLE = {"build": "/app/build", "reports": "/app/reports", "home": "/home/trainer", "store": "/store"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """A new repository with all that `make setup` leaves, committed."""
    folder = generate(tmp_path_factory.mktemp("train") / "project")
    make(folder, env, "setup")
    commit_all(folder, "start")
    return folder


@pytest.fixture(scope="module")
def outside(project: Path, env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a training outside."""
    store = tmp_path_factory.mktemp("outside")
    make(project, env | {"GOLDENPATH_STORE": str(store)}, "retrain", "REASON=schedule")
    return store


@pytest.fixture(scope="module")
def image(project: Path, engines: Engine, env: dict[str, str]) -> str:
    make(project, env, "train-image", f"DOCKER={engines.docker()}", f"BASE_IMAGE={BASE}", f"IMAGE={IMAGE}")
    return f"{IMAGE}-train"


def _retrain(engines: Engine, image: str, folder: Path, *options: str, expect: int = 0) -> str:
    """Retrain as nobody in particular, where only what is mounted from `folder` can be written; what it printed."""
    for name in WRITABLE:
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    mounts = [f"--volume={folder / name}:{place}" for name, place in WRITABLE.items()]
    store = "--env=GOLDENPATH_STORE=/store"
    return engines.podman(
        "run", *LOCKED_DOWN, *mounts, *options, store, image, "retrain", "REASON=schedule", expect=expect
    )


def test_a_version_from_the_image_is_that_from_outside(
    image: str, outside: Path, project: Path, engines: Engine, tmp_path: Path
) -> None:
    _retrain(engines, image, tmp_path)
    (here,) = (tmp_path / "store").glob("*/versions/*")
    (there,) = outside.glob("*/versions/*")
    assert here.name == there.name
    assert (here / "model.onnx").read_bytes() == (there / "model.onnx").read_bytes()
    infos = [json.loads((folder / "model.json").read_text()) for folder in (here, there)]
    for info in infos:
        del info["lineage"]["trained_at"]
    assert infos[0] == infos[1]
    assert infos[0]["lineage"]["commit"] == git(project, "rev-parse", "HEAD").strip()
    assert infos[0]["lineage"]["uncommitted_changes"] is False


def test_it_is_nobody_who_writes_nowhere_else(image: str, engines: Engine) -> None:
    code = "import os; print(os.getuid(), [p for p in ('/app', '/app/src', '/app/.venv', '/app/build', '/app/reports', os.environ['HOME']) if os.access(p, os.W_OK)])"
    said = engines.podman("run", "--rm", "--cap-drop=all", "--entrypoint=.venv/bin/python", image, "-c", code)
    assert said.strip() == "10001 ['/app/build', '/app/reports', '/home/trainer']"


def test_a_change_that_is_not_committed_is_told(
    project: Path, engines: Engine, env: dict[str, str], tmp_path: Path
) -> None:
    copy = shutil.copytree(
        project, tmp_path / "project", symlinks=True, ignore=shutil.ignore_patterns(".venv")
    )
    (copy / "params.yaml").write_text((copy / "params.yaml").read_text() + "# a remark\n")
    make(
        copy,
        env,
        "train-image",
        f"DOCKER={engines.docker()}",
        f"BASE_IMAGE={BASE}",
        "IMAGE=localhost/app:changed",
    )
    said = engines.podman("run", "--rm", "--entrypoint=env", "localhost/app:changed-train")
    assert "GOLDENPATH_CHANGES=yes" in said.split()


def test_rows_that_are_not_in_the_image_are_refused_before_training(
    image: str, project: Path, engines: Engine, tmp_path: Path
) -> None:
    params = (project / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(re.sub(r"source: \S+", "source: data/rows.csv", params))
    changed = f"--volume={tmp_path / 'params.yaml'}:/app/params.yaml:ro"
    said = _retrain(engines, image, tmp_path, changed, expect=2)
    assert (
        "data/rows.csv: not found; it is named in params.yaml under data; an image has no rows of its own"
        in said
    )
    assert not list((tmp_path / "store").iterdir())
