"""A second place to deploy to is a layer with its line, and a choice; all of delivery then works with it.

The repository is made for the target `stub` (deploy_stub/) alone, so it has no module of the target `local`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.life.repository import MODEL, QUICK, Repository
from tests.questionnaire import ROOT
from tests.support import commit_all, copy_template, environment, generate
from tests.template import layer_rules, target_rules

LAYER = Path(__file__).parent / "deploy_stub"
LINES = {
    Path("template/questions/delivery.yml"): (
        "    As processes on this machine: local\n",
        "    As processes on this machine: local\n    As a test does it: stub\n",
    ),
    Path("template/questions/computed.yml"): (
        "deploy_local:",
        "deploy_stub: {type: str, when: false, default: \"{{ '.' if effective_deploy == 'stub' }}\"}\ndeploy_local:",
    ),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our template as somebody leaves it who adds a target."""
    root = copy_template(ROOT, tmp_path_factory.mktemp("template") / "stub")
    shutil.copytree(
        LAYER,
        root / "template/project/{{deploy_stub}}",
        ignore=shutil.ignore_patterns("ruff.toml", "__pycache__"),
    )
    for path, (old, new) in LINES.items():
        text = (root / path).read_text("utf-8")
        assert text.count(old) == 1, f"{path} has not one {old!r}"
        (root / path).write_text(text.replace(old, new), "utf-8")
    return root


@pytest.fixture(scope="module")
def stubbed(
    repository: Repository, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """A repository made for the stub, with the two good versions of the default one and its installed packages."""
    folder = tmp_path_factory.mktemp("stubbed")
    project = generate(folder / "project", source=template, deploy="stub")
    env = environment(folder / "home") | {
        "GOLDENPATH_RUN": str(folder / "run"),
        "USER": "tests",
        "BY": "tests",
    }
    made = Repository(project, env | {"PYTHONPATH": str(project / "src")}, repository.versions[:2])
    made.edit("environments/production.yaml", *QUICK.items())
    made.edit("environments/staging.yaml", ("seconds: 5", "seconds: 0.5"))
    (project / ".venv").symlink_to(repository.folder / ".venv")
    commit_all(project, "Start")
    store = Path(".store", MODEL)
    shutil.copytree(repository.folder / store / "versions", project / store / "versions")
    (project / store / "ledger").mkdir()
    registered = [entry for entry in repository.history() if entry["event"] == "register"]
    for entry in registered[:2]:
        path = project / store / "ledger" / f"{entry['number']:08}.json"
        path.write_text(json.dumps(entry), "utf-8")
    try:
        yield made
    finally:
        made.stop()


def test_the_rules_take_it(template: Path) -> None:
    for rule in (
        layer_rules.layers_have_a_line_and_a_choice,
        layer_rules.layers_are_the_choices_of_a_question,
        layer_rules.rendered_paths_are_unique,
        target_rules.targets_are_options_of_their_layers,
        target_rules.targets_have_every_verb,
        target_rules.nothing_else_names_a_target,
    ):
        assert list(rule(template)) == []


def test_all_of_delivery_works_with_it(stubbed: Repository) -> None:
    runtime = stubbed.folder / target_rules.RUNTIME
    assert (runtime / "stub").exists()
    assert not (runtime / "local").exists()
    old, new = stubbed.versions

    stubbed.command("deploy", "--version", old)
    told = stubbed.command("accept", "--force", "this machine may be slow")
    for rule in ("version", "GET /ready", "GET /openapi.json", "bad requests", "golden rows", "load: errors"):
        assert f"ok   {rule}: " in told
    stubbed.command("approve", "--version", old, "--note", "fine", BY="ann")
    assert "has all requests of production" in stubbed.command("rollout", "--version", old)
    stubbed.command("promote", "--version", old)
    assert stubbed.status()["running"] == {old: 100}

    stubbed.accept(new)
    told = stubbed.command("rollout", "--version", new, "--strategy", "ab", expect=1)
    assert "stub: it cannot do ab; choose STRATEGY= of direct, canary" in told
    assert stubbed.status()["running"] == {old: 100}
    assert f"canary of {new}: pass" in stubbed.command("rollout", "--version", new)
    assert stubbed.status()["running"] == {old: 50, new: 50}
    stubbed.command("promote", "--version", new)
    assert stubbed.status()["running"] == {new: 100}

    stubbed.command("rollback", "--note", "to show it")
    assert stubbed.status()["running"] == {old: 100}
    stubbed.command("down", "--env", "production")
    assert stubbed.status()["running"] == {}
    stubbed.command("reconcile")
    assert stubbed.status()["running"] == {old: 100}
    events = [entry["event"] for entry in stubbed.history() if entry["event"] != "register"]
    assert events == [
        *("deploy", "accept", "approve", "rollout", "promote"),
        *("deploy", "accept", "approve", "rollout", "promote"),
        *("rollback", "down"),
    ]


@pytest.mark.parametrize("target", ["nowhere", "local"])
def test_a_target_that_is_not_there_is_refused(stubbed: Repository, target: str) -> None:
    told = f"target: Value error, this repository has no such target; it has: stub, not '{target}'"
    stubbed.edit("environments/production.yaml", ("target: stub", f"target: {target}"))
    assert told in stubbed.command("reconcile", expect=1)
    stubbed.edit("environments/production.yaml", (f"target: {target}", "target: stub"))
