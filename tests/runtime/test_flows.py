"""What jobs of CI need: settings, access to a cloud, and asking for a change."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from goldenpath_runtime import config
from goldenpath_runtime.ci import cloud, trust
from goldenpath_runtime.ci.identity import System
from goldenpath_runtime.ci.preflight import preflight
from goldenpath_runtime.deliver import delivery
from goldenpath_runtime.deliver.environments import Desired, set_version
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.store.ledger import append, open_store

VARIABLES = ("AWS_ROLE_ARN", "AZURE_CLIENT_ID", "GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "GOOGLE_SERVICE_ACCOUNT")
TOKENS = ("GOLDENPATH_ID_TOKEN", "GOLDENPATH_ID_TOKEN_FILE")
FILES = ("ci/settings.yml", "environments/production.yaml", "params.yaml", "pyproject.toml")


class Somewhere(System):
    """A CI system that there is not, so that these tests are the same for all."""

    name = "somewhere"
    issuer = "https://{host}/{organization}"
    subject = "{repository}:{environment}:{flow}"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project with two versions, both accepted and approved, in a store that is kept; the name of its first model."""
    for name in (*VARIABLES, *TOKENS):
        monkeypatch.delenv(name, raising=False)
    for name in FILES:
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, tmp_path / "project" / name)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("GOLDENPATH_STORE", str(tmp_path / "store"))
    settings = yaml.safe_load(Path("ci/settings.yml").read_text(encoding="utf-8"))
    Path("ci/settings.yml").write_text(yaml.safe_dump({**settings, "variables": {}}), encoding="utf-8")
    write_policy(release="approval", models={})
    name, store = next(iter(config.read_params().models)), open_store()
    for version in ("v1", "v2"):
        store.write(f"{name}/versions/{version}/model.json", b'{"sha256": "0"}')
        for event in ("register", "accept", "approve"):
            append(store, name, event, version=version, passed=True, env="production")
    return name


@pytest.mark.usefixtures("model")
def test_what_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    settings = yaml.safe_load(Path("ci/settings.yml").read_text(encoding="utf-8"))
    settings["variables"] = {"BUCKET": {"what": "where files are", "needed_by": ["train"]}}
    Path("ci/settings.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    assert preflight(["--flow", "train"]) == 1
    assert "MISSING BUCKET, a variable of the CI system: where files are" in capsys.readouterr().out
    assert preflight(["--flow", "watch"]) == 0


@pytest.mark.usefixtures("model")
def test_a_store_that_ends_with_the_job_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDENPATH_STORE", ".store")
    assert preflight(["--flow", "train"]) == 0
    assert preflight(["--flow", "watch"]) == 1


@pytest.mark.parametrize("policy", ["approval", "automatic"])
def test_the_policy_says_whether_a_person_is_asked(policy: str, model: str) -> None:
    write_policy(release=policy)
    assert preflight(["--flow", "deliver", "--model", model]) == 0
    assert Path("reports/release.verdict").read_text(encoding="utf-8") == f"{policy}\n"
    assert Path("reports/release.version").read_text(encoding="utf-8") == "v2\n"


@pytest.mark.usefixtures("model")
def test_signing_in_leaves_a_token_that_only_this_user_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "SYSTEM", Somewhere())
    cloud.sign_in([])
    assert not Path("build").exists(), "no role, no token"
    monkeypatch.setenv("GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "projects/1/providers/jobs")
    with pytest.raises(ProjectError, match="no identity token"):
        cloud.sign_in([])
    monkeypatch.setenv("GOLDENPATH_ID_TOKEN", "a.b.c")
    cloud.sign_in([])
    token = Path("build/id-token")
    assert token.read_text(encoding="utf-8") == "a.b.c"
    assert token.stat().st_mode & 0o077 == 0
    assert str(token.absolute()) in Path("build/google.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["aws", "gcp", "azure"])
@pytest.mark.usefixtures("model")
def test_a_cloud_is_told_whom_to_trust(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trust, "SYSTEM", Somewhere())
    words = ["--cloud", kind, "repository=my-org/churn", "host=git.example.com"]
    with pytest.raises(ProjectError, match="say 'organization'"):
        trust.cloud_bootstrap(words)
    trust.cloud_bootstrap([*words, "organization=56"])
    told = capsys.readouterr().out
    assert "https://git.example.com/56" in told
    for name in yaml.safe_load(Path("ci/settings.yml").read_text(encoding="utf-8"))["environments"]:
        assert f"my-org/churn:{name}:deliver" in told


def test_a_change_is_asked_for_and_main_is_left_alone(model: str, tmp_path: Path) -> None:
    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.name", "Somebody")  # `promote` commits, and tox has no identity to hand
    git("config", "user.email", "somebody@example.com")
    git("add", "--all")
    git("commit", "--quiet", "--message=start", "--no-gpg-sign")
    git("init", "--quiet", "--bare", str(tmp_path / "origin"))
    git("remote", "add", "origin", str(tmp_path / "origin"))
    delivery.promote(["--model", model, "--propose", f"sh -c 'echo $0 > {tmp_path}/asked'"])
    branch = (tmp_path / "asked").read_text(encoding="utf-8").strip()
    assert branch == f"goldenpath/production-{model}-v2"
    assert git("for-each-ref", "--format=%(refname)", cwd=tmp_path / "origin").split() == [f"refs/heads/{branch}"]
    assert "v2" in git("show", f"{branch}:environments/production.yaml", cwd=tmp_path / "origin")


def test_what_was_rolled_back_does_not_come_back_by_itself(model: str) -> None:
    store = open_store()
    for event, version in (("promote", "v1"), ("promote", "v2"), ("rollback", "v1")):
        append(store, model, event, version=version, env="production")
    set_version("production", model, Desired(version="v2", sha256="0"), "name it")
    with pytest.raises(ProjectError, match="rolled back"):
        delivery.reconcile(["--model", model])


def write_policy(**keys: object) -> None:
    path = Path("environments/production.yaml")
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text(encoding="utf-8")), **keys}), encoding="utf-8")


def git(*words: str, cwd: Path | None = None) -> str:
    command = ["git", *words]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout  # noqa: S603
