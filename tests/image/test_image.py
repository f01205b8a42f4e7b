"""`make image` in new repositories: the checks run in it, and the image answers, read-only and as nobody in particular."""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.proof.container import BASE, Engine, engine
from tests.support import commit_all, environment, generate, make, run

pytestmark = pytest.mark.image

SECRET = "machine packages.example.com login me password s3cr3t-of-the-index"
LOCKED_DOWN = ["--read-only", "--cap-drop=all", "--network=none", "--pull=never"]


@pytest.fixture(scope="module")
def engines() -> Iterator[Engine]:
    made = engine()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """A new repository with a trained model and, from `make setup`, a uv.lock."""
    folder = generate(tmp_path_factory.mktemp("image") / "project")
    commit_all(folder, "start")
    make(folder, env, "setup", "pipeline")
    assert (folder / "uv.lock").exists()
    return folder


@pytest.fixture(scope="module")
def built(project: Path, engines: Engine, env: dict[str, str]) -> str:
    """What `make image` printed."""
    return make(
        project, env, "image", f"DOCKER={engines.docker()}", f"BASE_IMAGE={BASE}", "IMAGE=localhost/app:1"
    )


@pytest.fixture(scope="module")
def service(built: str, project: Path, engines: Engine) -> Iterator[str]:
    """The name of a running container with the trained model."""
    (model,) = project.glob("build/*/model")
    engines.podman(
        "run", "--detach", "--name=service", *LOCKED_DOWN, f"--volume={model}:/model:ro", "localhost/app:1"
    )
    yield "service"
    print(engines.podman("logs", "service"))
    engines.podman("rm", "--force", "--time=0", "service")


def inside(engines: Engine, container: str, code: str) -> str:
    """Run Python in a running container."""
    return engines.podman("exec", container, "python", "-c", code).strip()


def test_the_checks_ran_in_the_image(built: str) -> None:
    assert "make setup check" in built
    assert " passed" in built
    assert "Success: no issues found" in built


def test_the_healthcheck_passes(service: str, engines: Engine) -> None:
    deadline = time.monotonic() + 30
    while "exit" in (words := engines.podman("healthcheck", "run", service, expect=None)) or words.strip():
        assert time.monotonic() < deadline, words
        time.sleep(0.5)


def test_the_healthcheck_fails_when_nothing_answers(built: str, engines: Engine) -> None:
    engines.podman(
        "run",
        "--detach",
        "--name=silent",
        *LOCKED_DOWN,
        "--entrypoint=python",
        "localhost/app:1",
        "-c",
        "import time; time.sleep(600)",
    )
    try:
        assert engines.podman("healthcheck", "run", "silent", expect=None).strip()
    finally:
        engines.podman("rm", "--force", "--time=0", "silent")


def test_it_answers(service: str, project: Path, engines: Engine) -> None:
    row = first_row(project)
    code = (
        "import json, urllib.request as u\n"
        f"body = json.dumps({{'rows': [{row!r}]}}).encode()\n"
        "print(u.urlopen(u.Request('http://127.0.0.1:8000/predict', body, {'content-type': 'application/json'})).read().decode())"
    )
    answer = json.loads(inside(engines, service, code))
    assert len(answer["predictions"]) == 1
    assert (
        inside(
            engines,
            service,
            "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/ready').status)",
        )
        == "200"
    )


def first_row(project: Path) -> dict[str, Any]:
    """A row of the sample as a client sends it."""
    (model,) = project.glob("build/*/model/model.json")
    columns = json.loads(model.read_text())["columns"]
    with (project / "data/sample.csv").open() as file:
        rows = (row for row in csv.DictReader(file) if all(row[name] for name in columns))
        return {name: number_or_text(value) for name, value in next(rows).items() if name in columns}


def number_or_text(value: str) -> float | str:
    """A cell of a CSV file."""
    try:
        return float(value)
    except ValueError:
        return value


def test_it_runs_as_nobody_and_cannot_write(service: str, engines: Engine) -> None:
    assert inside(engines, service, "import os; print(os.getuid(), os.getgid())") == "10001 10001"
    assert (
        inside(engines, service, "import os; print(os.access('/app', os.W_OK), os.access('/model', os.W_OK))")
        == "False False"
    )


def test_nothing_of_training_is_in_it(service: str, engines: Engine) -> None:
    absent = ["pandas", "sklearn", "scipy", "onnx", "pandera", "dvc", "pytest", "mypy", "uv"]
    code = f"import importlib.util as u; print([name for name in {absent} if u.find_spec(name)])"
    assert inside(engines, service, code) == "[]"
    assert inside(engines, service, "import os; print(sorted(os.listdir('/app')))") == "['.venv']"


def test_a_failing_test_gives_no_image(
    built: str, project: Path, engines: Engine, env: dict[str, str], tmp_path: Path
) -> None:
    copy = shutil.copytree(
        project, tmp_path / "project", symlinks=True, ignore=shutil.ignore_patterns(".venv", "build")
    )
    (copy / "tests/test_broken.py").write_text(
        '"""A test that fails."""\n\n\ndef test_broken() -> None:\n    """Fails."""\n    assert not __name__\n'
    )
    with pytest.raises(AssertionError, match="test_broken"):
        make(
            copy,
            env,
            "image",
            f"DOCKER={engines.docker()}",
            f"BASE_IMAGE={BASE}",
            "IMAGE=localhost/app:broken",
        )
    assert "app:broken" not in engines.podman("images", "--format={{.Repository}}:{{.Tag}}").replace(
        "localhost/", ""
    )


def test_the_password_of_an_index_is_used_and_not_kept(
    project: Path, engines: Engine, tmp_path: Path
) -> None:
    copy = shutil.copytree(
        project,
        tmp_path / "project",
        symlinks=True,
        ignore=shutil.ignore_patterns(".venv", "build", "uv.lock"),
    )
    assert not (copy / "uv.lock").exists(), "this is also the build of a repository without a lock"
    recipe = (copy / "Dockerfile").read_text()
    assert "make .uv/bin/uv \\" in recipe
    (copy / "Dockerfile").write_text(
        recipe.replace("make .uv/bin/uv \\", "grep s3cr3t /root/.netrc && make .uv/bin/uv \\", 1)
    )
    (tmp_path / "netrc").write_text(SECRET)
    secret = f"--secret=id=netrc,src={tmp_path}/netrc"
    command = [str(engines.docker()), "build", secret, "--target=build", "--tag=localhost/app:secret", "."]
    assert SECRET in run(command, copy, engines.env)
    engines.podman("save", "--output", str(tmp_path / "image.tar"), "localhost/app:secret")
    shutil.unpack_archive(tmp_path / "image.tar", tmp_path / "layers", filter="data")
    kept = [
        path
        for path in (tmp_path / "layers").rglob("*")
        if path.is_file() and b"s3cr3t-of-the-index" in path.read_bytes()
    ]
    assert not kept


def test_prepare_brings_make_and_git(engines: Engine, tmp_path: Path) -> None:
    script = generate(tmp_path / "project", ci="gitlab") / "ci/prepare.sh"
    mount = f"--volume={script}:/prepare.sh:ro"
    before = engines.podman(
        "run", "--rm", "--pull=never", BASE, "sh", "-c", "command -v make git", expect=None
    )
    assert not before.strip(), "the base already has them, so this test shows nothing"
    run = ["run", "--rm", "--pull=never", "--network=host", mount, BASE, "sh", "-c"]
    after = engines.podman(*run, "sh /prepare.sh && make --version && git --version && sh /prepare.sh")
    assert "GNU Make" in after
    assert "git version" in after
    assert after.count("ci/prepare.sh: installing") == 1
