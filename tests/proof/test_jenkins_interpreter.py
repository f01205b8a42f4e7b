"""Our interpreter does what the documentation of declarative pipelines says: small files of our own, a feature each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof.jenkins import ask, cron
from tests.proof.machine import machine
from tests.support import commit_all, git

STAGE = "pipeline {{ agent any\n stages {{ stage('a') {{ {0} }} }} }}"
WHEN = """agent any
stages {
  stage('a') { when { anyOf { branch 'release/*'
    tag 'v*' } }
    steps { echo 'a' } }
  stage('b') { when { not { branch 'main' } }
    steps { echo 'b' } }
  stage('c') { when { allOf { branch 'release/1'
    expression { false } } }
    steps { echo 'c' } }
  stage('d') { when { equals expected: '7', actual: params.N }
    steps { echo 'd' } }
  stage('e') { when { environment name: 'N', value: '7' }
    steps { echo 'e' } }
}"""
CAUGHT = """agent any
stages {
  stage('a') { steps {
    catchError(buildResult: 'UNSTABLE') { error 'x' }
    retry(2) { sh 'test -e f || { touch f; exit 1; }' }
    writeFile file: 'o/p', text: 'q'
    stash name: 's', includes: 'o/*'
    deleteDir()
    unstash 's'
    script { echo readFile('o/p') }
  } }
}
post { unstable { echo 'u' } }"""
# A body of a pipeline, the situation beside the usual one, its result, and what was printed in order.
RUNS: dict[str, tuple[str, dict[str, Any], str, list[str]]] = {
    "post, in its own order": (
        "agent any\n stages { stage('a') { steps { echo 'a' } } }\n post { cleanup { echo 'c' }\n failure { echo 'f' }\n success { echo 's' }\n always { echo 'l' } }",
        {},
        "SUCCESS",
        ["a", "l", "s", "c"],
    ),
    "a failure skips what follows": (
        "agent any\n stages { stage('a') { steps { sh 'exit 3' }\n post { unsuccessful { echo 'u' } } }\n stage('b') { steps { echo 'b' } } }",
        {},
        "FAILURE",
        ["u"],
    ),
    "all parallel branches run": (
        "agent any\n stages { stage('p') { parallel { stage('a') { steps { error 'no' } }\n stage('b') { steps { echo 'b' } } } }\n stage('c') { steps { echo 'c' } } }",
        {},
        "FAILURE",
        ["b"],
    ),
    "when": (
        WHEN,
        {"env": {"BRANCH_NAME": "release/1"}, "parameters": {"N": "7"}},
        "SUCCESS",
        ["a", "b", "d", "e"],
    ),
    "environment, outer and inner": (
        "agent any\n environment { A = '1'\n B = \"${A}2\" }\n stages { stage('a') { environment { A = '3' }\n steps { echo \"${env.A} ${B}\" } }\n stage('b') { steps { echo env.A } } }",
        {},
        "SUCCESS",
        ["3 12", "1"],
    ),
    "default of a parameter": (
        "agent any\n parameters { string(name: 'P', defaultValue: 'x') }\n stages { stage('a') { steps { echo params.P\n withEnv(['P=y']) { echo env.P } } } }",
        {},
        "SUCCESS",
        ["x", "y"],
    ),
    "what a shell says": (
        "agent any\n stages { stage('a') { steps { script { def n = sh(returnStatus: true, script: 'exit 4')\n def t = sh(returnStdout: true, script: 'echo hi').trim()\n echo \"${n} ${t}\" } } } }",
        {},
        "SUCCESS",
        ["4 hi"],
    ),
    "caught, retried, stashed": (
        CAUGHT,
        {},
        "UNSTABLE",
        ["q", "u"],
    ),
    "a credential, for a block": (
        "agent any\n stages { stage('a') { steps { withCredentials([string(credentialsId: 'c', variable: 'S')]) { sh 'test \"$S\" = t' }\n sh 'test -z \"$S\"'\n echo 'ok' } } }",
        {"credentials": {"c": {"content": "t"}}},
        "SUCCESS",
        ["ok"],
    ),
    "a credential that is not there": (
        "agent any\n stages { stage('a') { steps { withCredentials([string(credentialsId: 'c', variable: 'S')]) { echo 'no' } } } }",
        {},
        "FAILURE",
        [],
    ),
    "a step without an agent": (
        "agent none\n stages { stage('a') { steps { echo 'a'\n sh 'true' } } }",
        {},
        "FAILURE",
        ["a"],
    ),
    "a person's answer": (
        "agent none\n stages { stage('a') { input { message 'go?'\n submitterParameter 'WHO' }\n steps { echo WHO } } }",
        {"approver": {"user": "eve"}},
        "SUCCESS",
        ["eve"],
    ),
    "stages within stages": (
        "agent none\n stages { stage('o') { agent any\n stages { stage('a') { steps { sh 'touch f' } }\n stage('b') { steps { sh 'test -e f'\n echo 'b' } } }\n post { always { echo 'o' } } } }",
        {},
        "SUCCESS",
        ["b", "o"],
    ),
}
REFUSED = {
    "no agent": "pipeline { stages { stage('a') { steps { echo 'a' } } } }",
    "no stages": "pipeline { agent any }",
    "no stage": "pipeline { agent any\n stages { } }",
    "no steps": STAGE.format("steps { }"),
    "two bodies": STAGE.format("steps { echo 'a' }\n stages { stage('b') { steps { echo 'b' } } }"),
    "two agents": STAGE.format("agent { label 'x'\n docker 'y' }\n steps { echo 'a' }"),
    "unknown agent": STAGE.format("agent { machine 'x' }\n steps { echo 'a' }"),
    "an option of pipelines in a stage": STAGE.format(
        "options { disableConcurrentBuilds() }\n steps { echo 'a' }"
    ),
    "empty when": STAGE.format("when { beforeAgent true }\n steps { echo 'a' }"),
    "unknown condition of post": STAGE.format("steps { echo 'a' }\n post { failed { echo 'b' } }"),
    "a loop in steps": STAGE.format("steps { for (i in 1..2) { echo 'a' } }"),
    "a name twice": STAGE.format("environment { A = '1'\n A = '2' }\n steps { echo 'a' }"),
    "parallel within parallel": STAGE.format(
        "parallel { stage('b') { parallel { stage('c') { steps { echo 'c' } } } } }"
    ),
    "a missing argument": STAGE.format("steps { archiveArtifacts allowEmptyArchive: true }"),
    "text into a shell": STAGE.format('steps { sh "echo ${env.CHANGE_TITLE}" }'),
    "no Groovy": "pipeline { agent any",
}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("jenkins")
    (folder / "project").mkdir()
    (folder / "project" / "README").write_text("a project\n")
    commit_all(folder / "project", "start")
    commit = git(folder / "project", "rev-parse", "HEAD").strip()
    known: dict[str, Any] = {
        "project": str(folder / "project"),
        "commit": commit,
        "machine": machine(folder).env,
    }
    return known | {
        "env": {},
        "parameters": {},
        "variables": {},
        "credentials": {},
        "cause": "UserIdCause",
        "seconds": 20,
    }


@pytest.mark.parametrize("feature", RUNS)
def test_it_runs(feature: str, usual: dict[str, Any], tmp_path: Path) -> None:
    body, situation, result, printed = RUNS[feature]
    file = tmp_path / "pipeline.groovy"
    file.write_text(f"pipeline {{ {body}\n }}\n")
    assert ask({"judge": str(file)}) == []
    answer = ask({**usual, **situation, "file": str(file), "folder": str(tmp_path)})
    assert answer["result"] == result, answer
    assert [entry["message"] for entry in answer["log"] if entry["what"] == "echo"] == printed


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.groovy"
    file.write_text(REFUSED[what])
    assert ask({"judge": str(file)})


@pytest.mark.parametrize(
    "spec", ["H 3 * * 1", "H(0-29)/10 * * * *", "H/15 9-16/2 * * 1-5", "0,30 8 1 1-6 *", "@weekly"]
)
def test_a_schedule(spec: str) -> None:
    assert cron(spec) == []


@pytest.mark.parametrize(
    "spec",
    [
        "60 * * * *",
        "H 24 * * *",
        "H H H H",
        "* * 0 * *",
        "H(9-2) * * * *",
        "* * * JANU *",
        "@often",
        "H/90 * * * *",
        "* * * * 8",
    ],
)
def test_no_schedule(spec: str) -> None:
    assert cron(spec)
