"""What the runtime knows of a CI system stands in that system's layer: its tokens, and how a job gets one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import generate, make, run


class Known(NamedTuple):
    """What has to be said of a repository in a CI system, and what its tokens then say."""

    words: tuple[str, ...]
    issuer: str
    subject: str
    hint: str = ""


SYSTEMS = {
    "github": Known(
        (),
        "https://token.actions.githubusercontent.com",
        "repo:us/churn:environment:production",
        "# make cloud-bootstrap SET='owner_id=... repository_id=...'",
    ),
    "gitlab": Known((), "https://git.example.com", "project_path:us/churn:ref_type:branch:ref:main"),
    "azure": Known(
        ("organization_id=56", "organization=us", "project=churn"),
        "https://vstoken.dev.azure.com/56",
        "p://us/churn/my-model-deliver",
    ),
    "jenkins": Known(
        ("jenkins=https://ci", "folder=churn"), "https://ci/oidc", "https://ci/job/churn/job/deliver/"
    ),
    "circleci": Known(
        ("organization_id=56", "project_id=78"),
        "https://oidc.circleci.com/org/56",
        "org/56/project/78/*",
    ),
}
ROLE = {"AWS_ROLE_ARN": "arn:aws:iam::1:role/jobs"}
REPOSITORY = ("repository=us/churn", "host=git.example.com")


class Job(NamedTuple):
    """A repository of one system, run with what another one has installed."""

    folder: Path
    python: str
    env: dict[str, str]

    def command(self, *words: str, expect: int = 0, env: Mapping[str, str] = ROLE) -> str:
        env = {**self.env, **env, "PYTHONPATH": str(self.folder / "src")}
        return run([self.python, "-m", "goldenpath_runtime", *words], self.folder, env, expect=expect)


@pytest.fixture(scope="module")
def jobs(project: Path, env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """A repository of each system."""
    folder = tmp_path_factory.mktemp("systems")
    python = str(project / ".venv/bin/python")
    return {name: Job(generate(folder / name, ci=name), python, env) for name in SYSTEMS}


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_cloud_trusts_the_tokens_of_a_system(name: str, jobs: dict[str, Job]) -> None:
    known = SYSTEMS[name]
    told = jobs[name].command("cloud-bootstrap", "--cloud", "aws", *REPOSITORY, *known.words)
    audience = "api://AzureADTokenExchange" if name == "azure" else "sts.amazonaws.com"
    assert f"--url {known.issuer} --client-id-list {audience}" in told
    assert f'"{known.subject}"' in told
    assert known.hint in told
    for word in known.words:
        others = [each for each in known.words if each != word]
        missing = word.partition("=")[0]
        said = jobs[name].command("cloud-bootstrap", "--cloud", "aws", *REPOSITORY, *others, expect=1)
        assert f"say '{missing}': make cloud-bootstrap SET={missing}=" in said


def test_a_repository_of_github_can_have_ids_in_its_name(jobs: dict[str, Job]) -> None:
    ids = ("owner_id=12", "repository_id=34")
    told = jobs["github"].command("cloud-bootstrap", "--cloud", "aws", *REPOSITORY, *ids)
    assert '"repo:us@12/churn@34:environment:production"' in told
    assert "owner_id=..." not in told
    assert "--role-name jobs-us-churn " in told
    said = jobs["github"].command("cloud-bootstrap", "--cloud", "aws", expect=1)
    assert "say 'repository'" in said


def test_azure_refuses_subjects_that_are_not_whole(jobs: dict[str, Job]) -> None:
    words = ("cloud-bootstrap", "--cloud", "azure", *REPOSITORY)
    assert "whole subjects" in jobs["circleci"].command(*words, *SYSTEMS["circleci"].words, expect=1)
    assert "--subject 'p://us/churn/my-model-deliver'" in jobs["azure"].command(
        *words, *SYSTEMS["azure"].words
    )


@contextmanager
def service(answer: bytes) -> Iterator[tuple[str, list[str]]]:
    """A service that gives tokens; its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path} {self.headers['Authorization']}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token", asked
    server.shutdown()
    server.server_close()


def test_a_job_of_github_asks_for_its_token(jobs: dict[str, Job]) -> None:
    with service(b'{"value": "a.b.c"}') as (url, asked):
        env = {**ROLE, "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job"}
        jobs["github"].command("sign-in", env=env)
    assert asked == ["GET /token?v=2&audience=sts.amazonaws.com Bearer job"]
    assert (jobs["github"].folder / "build/id-token").read_text("utf-8") == "a.b.c"


def test_a_job_of_azure_asks_for_its_token(jobs: dict[str, Job]) -> None:
    with service(b'{"oidcToken": "d.e.f"}') as (url, asked):
        env = {**ROLE, "SYSTEM_OIDCREQUESTURI": url, "SYSTEM_ACCESSTOKEN": "job"}
        jobs["azure"].command("sign-in", env=env)
    assert asked == ["POST /token?api-version=7.1 Bearer job"]
    assert (jobs["azure"].folder / "build/id-token").read_text("utf-8") == "d.e.f"


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_token_can_be_handed_over(name: str, jobs: dict[str, Job], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("g.h.i\n", "utf-8")
    token = jobs[name].folder / "build/id-token"
    jobs[name].command("sign-in", env={**ROLE, "GOLDENPATH_ID_TOKEN_FILE": str(tmp_path / "token")})
    assert token.read_text("utf-8") == "g.h.i"
    jobs[name].command("sign-in", env={**ROLE, "GOLDENPATH_ID_TOKEN": "j.k.l"})
    assert token.read_text("utf-8") == "j.k.l"
    assert "no identity token" in jobs[name].command("sign-in", expect=1)


def test_settings_of_another_system_are_refused(jobs: dict[str, Job]) -> None:
    job = jobs["jenkins"]
    path = job.folder / "ci/settings.yml"
    before = path.read_text("utf-8")
    path.write_text(before.replace("system: jenkins", "system: gitlab"), "utf-8")
    said = job.command("preflight", "--flow", "train", expect=1)
    path.write_text(before, "utf-8")
    assert (
        "ci/settings.yml: system: Value error, the CI files of this repository are for jenkins, not 'gitlab'"
        in said
    )


def test_the_models_are_listed(project: Path, env: dict[str, str]) -> None:
    assert make(project, env, "--silent", "matrix", "FORM=list") == "my_model\n"
    assert make(project, env, "--silent", "matrix", "FORM=lines") == "my_model\n", "an older word"
    assert "matrix" not in make(project, env, "help"), "only jobs of CI call it"
