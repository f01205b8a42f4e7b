"""The CI files, the bot files and the Dockerfile: public linters are content, and the runners of CI systems run them.

The live tests generate a repository as plain Copier does, push it nowhere, clone it, and let act and gitlab-ci-local
run it on a machine on which nobody has run anything.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.proof import gitlab
from tests.proof.github import FORK, REPOSITORY, run_workflow
from tests.proof.github_rules import complaints
from tests.proof.linters import PIPELINE, judges, zizmor
from tests.proof.machine import committed, machine
from tests.proof.systems import CI_FILES
from tests.questionnaire import ROOT, choices, computed, questions
from tests.support import commit_all, environment, generate, git, render, run
from tests.template.cases import CASES, pairs, profile

FLOW = ["make setup", "make check", "make smoke", "make package"]
SHOWN = 'make --silent summary >> "$GITHUB_STEP_SUMMARY"'
OWN = ("example.com", "circleci.com")  # the organization, and the CI system itself
CI_SYSTEMS = [choice for choice in choices(questions()["ci"]) if choice != "none"]
LABELS = ["self-hosted", "linux"]


@pytest.fixture(scope="module", params=CASES)
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each case of the template, as files on disk."""
    return generate(tmp_path_factory.mktemp("case") / "project", **CASES[request.param])


def test_linters_are_content(rendered: Path) -> None:
    said = {name: judge(rendered) for name, judge in judges(rendered).items()}
    assert not [words for content, words in said.values() if not content]


# What only one system's repositories may hold of the runtime: its variables, and where its tokens come from.
MARKS = {
    "github": ('"github"', "ACTIONS_ID_TOKEN", "token.actions.githubusercontent.com"),
    "gitlab": ('"gitlab"', "project_path:"),
    "azure": ("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "TF_BUILD", "vstoken.dev.azure.com"),
    "jenkins": ('"jenkins"', "JENKINS_URL", "{jenkins}"),
    "circleci": ('"circleci"', "oidc.circleci.com"),
}
FORMATS = (
    "src/goldenpath_runtime/matrix.py"  # some of what `make matrix FORM=` prints is named after a system
)


@pytest.mark.parametrize("ci", CI_SYSTEMS)
def test_the_runtime_knows_its_own_system_alone(ci: str) -> None:
    files = render({"ci": ci})
    read = [path for path in files if path.startswith(("src/goldenpath_runtime/", "make/ci.mk", "tests/"))]
    strangers = [mark for name in CI_SYSTEMS if name != ci for mark in MARKS[name]]
    found = [(path, mark) for path in read for mark in strangers if mark.encode() in files[path]]
    assert [path for path, _ in found if path != FORMATS] == []
    assert all(mark.encode() in files["src/goldenpath_runtime/ci/system.py"] for mark in MARKS[ci][:1])


def test_every_pin_has_its_sources(rendered: Path) -> None:
    """docs/pins.md lists each action that is used, at its commit and version, and the base image of the template."""
    listed = (ROOT / "docs/pins.md").read_text("utf-8")
    used = re.findall(r"'(.+@sha256:\w+)'", computed()["effective_base_image"]["default"])
    assert used
    for path in rendered.glob(".github/workflows/*.yml"):
        lines = [
            line
            for line in path.read_text("utf-8").splitlines()
            if "uses:" in line and "/workflows/" not in line
        ]
        uses = [re.search(r"uses: (\S+)@([0-9a-f]{40}) # (v\S+)$", line) for line in lines]
        used += [f"| {pin[1]} | {pin[2]} | {pin[3]} |" if pin else str(path) for pin in uses]
    assert not [pin for pin in used if pin not in listed]


def test_images_are_pinned(rendered: Path) -> None:
    """By digest, in the Dockerfile and for GitLab's jobs: no linter asks for it there."""
    images = []
    if (rendered / "Dockerfile").exists():
        images += re.findall(
            r"^FROM (\S+) AS pinned$", (rendered / "Dockerfile").read_text("utf-8"), re.MULTILINE
        )
        assert images
    if (rendered / PIPELINE).exists():
        images.append(yaml.safe_load((rendered / PIPELINE).read_text("utf-8"))["default"]["image"])
    assert not [image for image in images if not re.fullmatch(r"\S+:\S+@sha256:[0-9a-f]{64}", image)]


@pytest.mark.parametrize("network", ["open", "closed"])
def test_the_workflows_are_thin_and_bounded(network: str, tmp_path: Path) -> None:
    """What no linter holds: steps call make, every job ends in time, what a stranger can start gets no right and no secret."""
    repository = generate(tmp_path / "project", network=network)
    assert complaints(repository) == []
    for path in repository.glob(".github/workflows/*.yml"):
        text = path.read_text("utf-8")
        assert "secrets." not in text
        assert text.count("persist-credentials: false") == text.count("uses: actions/checkout@")


def test_a_closed_network_is_not_left(tmp_path: Path) -> None:
    """With an index, a registry and runners of one's own, and no marketplace, nothing outside is named."""
    answers = {**profile(), "network": "closed", "store": "/srv/models"}
    named = []
    for ci in CI_SYSTEMS:
        files = render({**answers, "ci": ci})
        for path, content in files.items():
            if path.startswith(CI_FILES) and path != "ci/settings.yml":
                hosts = re.findall(
                    r"https?://([\w.-]+)|(?:uses|image|orb): *([\w./-]+@\S+)", content.decode()
                )
                named += [
                    (path, host) for pair in hosts for host in pair if host and "example.com" not in host
                ]
    assert not named


@pytest.mark.live
@pytest.mark.parametrize("event", ["push", "pull_request"])
def test_github_runs_a_new_repository(event: str, tmp_path: Path) -> None:
    on = machine(tmp_path)
    jobs = run_workflow(committed(tmp_path), event, on)
    assert {"check", "scan"} <= set(jobs)
    steps = jobs["check"].steps
    assert [name for name in steps if name.startswith("make")] == [*FLOW, "make image", SHOWN]
    assert set(steps.values()) == {"success"}, steps
    assert jobs["check"].result == "success"
    builds = [call for call in on.calls if call.startswith("docker build")]
    assert len(builds) == 2
    assert "--target check" in builds[0]
    # Everything is new in a first commit, so it is scanned.
    assert [name for name in jobs["scan"].steps if name.startswith("make")] == ["make setup", "make scan"]
    assert jobs["scan"].result == "success", jobs["scan"].steps


@pytest.mark.live
def test_github_goes_red_when_a_test_fails(tmp_path: Path) -> None:
    project = committed(tmp_path)
    break_a_test(project)
    job = run_workflow(project, "push", machine(tmp_path))["check"]
    assert job.result == "failure"
    assert job.steps["make setup"] == "success"
    assert job.steps["make check"] == "failure"
    assert "FAILED tests/test_broken.py::test_broken" in job.printed
    assert not {"make smoke", "make package", "make image"} & {
        n for n, how in job.steps.items() if how == "success"
    }


@pytest.mark.live
def test_github_scans_each_week_and_what_changed(tmp_path: Path) -> None:
    project = committed(tmp_path, stub=True)
    weekly = run_workflow(project, "schedule", machine(new(tmp_path / "weekly")))
    assert weekly["scan"].steps["make scan"] == "success"
    assert "check" not in weekly or not weekly["check"].steps

    commit_all(project, "an empty change")
    quiet = run_workflow(project, "push", machine(new(tmp_path / "quiet")))
    assert quiet["scan"].result == "success"
    assert "success" not in {quiet["scan"].steps.get(step) for step in ("make setup", "make scan")}

    with (project / "pyproject.toml").open("a") as file:
        file.write("# A new dependency.\n")
    commit_all(project, "a dependency")
    assert (
        run_workflow(project, "push", machine(new(tmp_path / "loud")))["scan"].steps["make scan"] == "success"
    )


@pytest.mark.live
@pytest.mark.parametrize(("head", "label"), [(REPOSITORY, LABELS[0]), (FORK, "ubuntu-latest")])
def test_own_runners_never_run_the_code_of_a_fork(head: str, label: str, tmp_path: Path) -> None:
    project = committed(tmp_path, stub=True, runner_labels=LABELS)
    ran = run_workflow(project, "pull_request", machine(new(tmp_path / "right")), head=head, label=label)
    assert {name: job.result for name, job in ran.items()} == dict.fromkeys(
        ("changes", "check", "scan", "model"), "success"
    )
    other = "ubuntu-latest" if label == LABELS[0] else LABELS[0]
    refused = run_workflow(project, "pull_request", machine(new(tmp_path / "wrong")), head=head, label=other)
    assert not [job for job in refused.values() if job.steps]


@pytest.mark.live
@pytest.mark.parametrize("source", ["push", "merge_request_event"])
def test_gitlab_runs_a_new_repository(source: str, tmp_path: Path) -> None:
    on = machine(tmp_path)
    results, log = gitlab.run_pipeline(gitlab.clone(committed(tmp_path, ci="gitlab"), on), source, on)
    also = {"publish": "PASS"} if source == "push" else {}
    assert results == {"check": "PASS", "build-image": "PASS", **also}, log
    assert gitlab.commands(log, "check") == ["sh ci/prepare.sh", *FLOW, "make --silent summary > summary.md"]
    assert [call.split()[0:2] for call in on.calls] == [["buildah", "build"]] * 2
    assert "--target check" in on.calls[0]


@pytest.mark.live
def test_gitlab_goes_red_when_a_test_fails(tmp_path: Path) -> None:
    project = committed(tmp_path, ci="gitlab")
    break_a_test(project)
    on = machine(tmp_path)
    results, log = gitlab.run_pipeline(gitlab.clone(project, on), "push", on)
    assert results["check"] == "FAIL"
    assert gitlab.commands(log, "check")[-1] == "make check"
    assert "FAILED tests/test_broken.py::test_broken" in log


@pytest.mark.live
def test_gitlab_starts_each_job_when_it_should(tmp_path: Path) -> None:
    on = machine(tmp_path)
    project = gitlab.clone(committed(tmp_path, stub=True, ci="gitlab"), on)
    assert gitlab.planned(project, "push", on) >= {"check", "build-image"}
    assert gitlab.planned(project, "schedule", on) == {"scan"}
    assert gitlab.planned(project, "push", on, IMAGE_JOB="off") >= {"check"}
    assert "build-image" not in gitlab.planned(project, "push", on, IMAGE_JOB="off")
    assert "build-image" not in gitlab.planned(project, "push", on, CI_SERVER_HOST="git.example.com")
    assert "build-image" in gitlab.planned(
        project, "push", on, CI_SERVER_HOST="git.example.com", IMAGE_JOB="on"
    )

    (project / "Dockerfile").unlink()
    assert "build-image" not in gitlab.planned(project, "push", on, IMAGE_JOB="on")


@pytest.mark.live
def test_gitlab_starts_one_pipeline_for_each_change(tmp_path: Path) -> None:
    """gitlab-ci-local does not read `workflow`, so its rules are put on a job, where it does."""
    on = machine(tmp_path)
    project = gitlab.clone(committed(tmp_path, stub=True, ci="gitlab"), on)
    rules = yaml.safe_load((project / PIPELINE).read_text("utf-8"))["workflow"]["rules"]
    rules = [
        {key: value for key, value in rule.items() if key != "auto_cancel"} for rule in rules
    ]  # not of jobs
    (project / PIPELINE).write_text(json.dumps({"probe": {"script": ["true"], "rules": rules}}))
    assert gitlab.planned(project, "push", on) == {"probe"}
    assert gitlab.planned(project, "schedule", on) == {"probe"}
    git(project, "checkout", "--quiet", "-b", "topic")
    assert gitlab.planned(project, "push", on) == set(), "a merge request has a pipeline of its own"
    assert gitlab.planned(project, "merge_request_event", on) == {"probe"}
    assert gitlab.planned(project, "push", on, CI_COMMIT_TAG="v1") == {"probe"}


def new(folder: Path) -> Path:
    """An empty folder."""
    folder.mkdir()
    return folder


def break_a_test(project: Path) -> None:
    """Commit a unit test that fails."""
    (project / "tests/test_broken.py").write_text(
        '"""A test that fails."""\n\n\ndef test_broken() -> None:\n    """Fails."""\n    assert not __name__\n'
    )
    commit_all(project, "break a test")


@pytest.mark.parametrize("ci", CI_SYSTEMS)
def test_the_scan_takes_nothing_for_a_secret(ci: str, tmp_path: Path) -> None:
    """The line of `make scan` that looks for secrets, in a new repository of an organization, with its real program."""
    project = generate(tmp_path / "project", **{**profile(), "ci": ci})
    (project / ".venv").mkdir()
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    env = environment(tmp_path / "home")
    (line,) = [
        each for each in run(["make", "-n", "scan"], project, env).splitlines() if "detect-secrets" in each
    ]
    run(["sh", "-c", line], project, env)
    (project / "leak.py").write_text("password = 'correct horse battery staple'\n")
    git(project, "add", "--all")
    assert "leak.py:1" in run(["sh", "-c", line], project, env, expect=None)


@pytest.mark.prove
@pytest.mark.parametrize("pair", range(len(pairs())))
def test_no_combination_of_answers_has_a_finding(pair: int, tmp_path: Path) -> None:
    answers = {**pairs()[pair], "ci": "github", "placement": "root"}
    content, words = zizmor(generate(tmp_path / "project", **answers))
    assert content, words
