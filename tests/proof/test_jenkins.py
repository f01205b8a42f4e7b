"""The flows of Jenkins, run by our interpreter with a make that notes what it is asked: jobs, targets and their settings."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.proof import jenkins
from tests.proof.flows import FLOWS
from tests.proof.jenkins_controller import Built, Controller
from tests.proof.stub import MODELS, RELEASE, Stub, stub
from tests.support import commit_all, generate, git, render
from tests.template.cases import profile

EVE = {"user": "eve", "groups": ["ml-approvers"]}
STORE = {
    "GOLDENPATH_STORE": "s3://bucket/models",
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/ci",
    "IDENTITY_CREDENTIAL": "identity",
}
SECRETS = {
    "git": {"user": "bot", "password": "x"},
    "identity": {"content": "token"},
    "index": {"user": "reader", "password": "hidden"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stub:
    return stub(tmp_path_factory.mktemp("jenkins"), ci="jenkins", approvers="@my-org/ml-approvers")


@pytest.fixture
def here(made: Stub, tmp_path: Path) -> Iterator[Stub]:
    """The repository as it was made, and targets that do what they do by default."""
    kept = shutil.copytree(made.folder, tmp_path / "kept")
    yield Stub(shutil.copytree(made.project, tmp_path / "project"), made.folder)
    shutil.rmtree(made.folder)
    shutil.copytree(kept, made.folder)


@pytest.fixture
def ci(here: Stub, tmp_path: Path) -> Controller:
    """A Jenkins with a store that outlives jobs."""
    return Controller(here.project, tmp_path / "ci", {**STORE}, {**SECRETS})


def change(project: Path, path: str, branch: str = "main") -> None:
    """Commit a change of a file, on a branch that is made if need be."""
    git(project, "checkout", "--quiet", *(["-B", branch] if branch != "main" else [branch]))
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    with (project / path).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    commit_all(project, f"change {path}")
    git(project, "checkout", "--quiet", "main")


def flows(builds: list[Built]) -> list[tuple[str, str]]:
    return [(built.job, built.result) for built in builds]


def asked(here: Stub, target: str, *names: str) -> list[tuple[str, ...]]:
    """The settings of these names that each call of a target had."""
    return [
        tuple(call.settings.get(name, "") for name in names) for call in here.calls if call.target == target
    ]


def test_parity() -> None:
    files = render({"ci": "jenkins"})
    assert jenkins.calls(files) == {
        flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()
    }
    alone = jenkins.calls(render({"ci": "jenkins", "registry": "none"}))
    assert alone == {"check": {job: list(targets) for job, targets in FLOWS["check"].items()}}


@pytest.mark.parametrize(
    "answers",
    [{}, {"registry": "none"}, {**profile()}, {"preset": "minimal"}, {"store": "/srv/store"}],
    ids=str,
)
def test_judges_are_content(answers: dict[str, Any], tmp_path: Path) -> None:
    project = generate(tmp_path / "project", **{**answers, "ci": "jenkins"})
    assert jenkins.declarative(project) == (True, "")
    assert jenkins.policy(project) == (True, "")
    if (project / jenkins.JOBS).exists():
        assert jenkins.jobs(project) == (True, "")


@pytest.mark.prove
def test_a_third_party_is_content(tmp_path: Path) -> None:
    answers = {**profile(), "store": "/srv/store", "ci": "jenkins"}
    content, words = jenkins.groovy_lint(generate(tmp_path / "project", **answers))
    assert content, words


def test_a_push_checks_publishes_trains_and_delivers(here: Stub, ci: Controller) -> None:
    here.on("publish", "mkdir -p build; echo registry.example.com/m@sha256:1a > build/image.digest")
    builds = ci.push()
    assert flows(builds) == [
        ("check", "SUCCESS"),
        ("train", "SUCCESS"),
        ("deliver", "PAUSED"),
        ("deliver", "PAUSED"),
        ("deliver", "SUCCESS"),
    ], ci.log()
    check, train = builds[:2]
    assert check.stages == ["what changed?", "check", "scan", "publish"]
    assert check.archived == ["summary.md"]
    ran = here.targets
    wanted = [*FLOWS["check"]["check"], *FLOWS["check"]["scan"], "publish", *FLOWS["train"]["plan"]]
    assert ran[: len(wanted)] == wanted
    one = list(FLOWS["train"]["train"])
    assert ran[len(wanted) : len(wanted) + 2 * len(one)] == one * 2
    digest = "registry.example.com/m@sha256:1a"
    assert asked(here, "register", "MODEL", "GOLDENPATH_REASON", "GOLDENPATH_IMAGE") == [
        (model, "ci", digest) for model in MODELS
    ]
    assert train.archived == [
        f"reports/{model}/{name}" for model in MODELS for name in ("data.verdict", "summary.md")
    ]
    assert asked(here, "deploy", "MODEL", "ENV") == [(model, "staging") for model in MODELS]
    assert "promote" not in ran
    assert {"abortPrevious": False} in [value for entry in check.noted("option") for value in entry["values"]]


def test_the_next_pushes_do_what_they_have_to(here: Stub, ci: Controller) -> None:
    ci.push()
    for path, then, stages in (
        ("README.md", [], []),
        ("tests/test_more.py", [], ["check", "publish"]),
        ("Dockerfile", [], ["check", "scan", "publish"]),
        ("params.yaml", ["train", "deliver", "deliver"], ["check", "publish"]),
        ("environments/production.yaml", ["deliver"], ["check", "publish"]),
    ):
        change(here.project, path)
        builds = ci.push()
        assert [built.job for built in builds] == ["check", *then], path
        assert builds[0].stages == ["what changed?", *stages], path
    assert builds[1].given == {"ACTION": "reconcile"}
    assert builds[1].stages == ["reconcile"]
    assert here.targets[-3:] == ["setup", "sign-in", "reconcile"]
    assert asked(here, "reconcile", "ENV")[-1] == ("production",)


def test_what_changed_is_counted_from_the_last_good_build(here: Stub, ci: Controller) -> None:
    ci.push()
    change(here.project, "params.yaml")
    here.fails("check")
    assert flows(ci.push()) == [("check", "FAILURE")]
    here.on("check", "true")
    change(here.project, "tests/test_mended.py")
    assert [built.job for built in ci.push()] == ["check", "train", "deliver", "deliver"]


def test_a_failing_check_publishes_and_trains_nothing(here: Stub, ci: Controller) -> None:
    here.fails("smoke")
    builds = ci.push()
    assert flows(builds) == [("check", "FAILURE")]
    assert here.targets == ["setup", "check", "smoke", "setup", "scan"]


def test_a_tag_is_published(here: Stub, ci: Controller) -> None:
    git(here.project, "tag", "v1")
    (built,) = ci.tag("v1")
    assert (built.result, built.stages) == ("SUCCESS", ["what changed?", "check", "scan", "publish"])


def test_other_branches_wait_for_their_pull_request(here: Stub, ci: Controller) -> None:
    change(here.project, "params.yaml", "topic")
    assert ci.push("topic") == []


def test_the_week_only_scans(here: Stub, ci: Controller) -> None:
    (built,) = ci.clock("check")
    assert (built.result, built.stages) == ("SUCCESS", ["what changed?", "scan"])
    assert here.targets == ["setup", "scan"]
    assert [entry["kind"] for entry in built.noted("trigger")] == ["cron"]
    change(here.project, "params.yaml", "topic")
    (other,) = ci.pull_request("topic")
    assert [entry["spec"] for entry in other.noted("trigger")] == [""], (
        "only the default branch has a schedule"
    )


def test_a_pull_request_trains_and_publishes_nothing(here: Stub, ci: Controller) -> None:
    ci.variables["PACKAGE_INDEX_CREDENTIAL"] = "index"
    change(here.project, "params.yaml", "topic")
    (built,) = ci.pull_request("topic")
    assert (built.result, built.stages) == ("SUCCESS", ["what changed?", "check", "model"])
    assert here.targets == [*FLOWS["check"]["check"], *FLOWS["check"]["model"]]
    assert set(asked(here, "pipeline", "GOLDENPATH_STORE")) == {("s3://bucket/models",)}
    assert built.bound == {"index"}
    change(here.project, "tests/test_more.py", "other")
    (built,) = ci.pull_request("other")
    assert built.stages == ["what changed?", "check"]


def test_a_pull_request_with_a_worse_model_is_red(here: Stub, ci: Controller) -> None:
    here.on("pipeline", "mkdir -p reports/cat; echo worse > reports/cat/gate.json; exit 1")
    change(here.project, "src/model.py", "topic")
    (built,) = ci.pull_request("topic")
    assert built.result == "FAILURE"
    assert "make pipeline" in built.error
    assert "reports/cat/gate.json" in built.archived


def test_a_fork_gets_no_secret_and_no_store(here: Stub, ci: Controller) -> None:
    ci.variables["PACKAGE_INDEX_CREDENTIAL"] = "index"
    change(here.project, "params.yaml", "topic")
    assert ci.pull_request("topic", fork=True) == [], "somebody has to look at it and start it"
    (built,) = ci.pull_request("topic", fork=True, started=True)
    assert (built.result, built.stages) == ("SUCCESS", ["what changed?", "check", "model"])
    assert built.bound == set()
    assert not [call for call in here.calls if "GOLDENPATH_STORE" in call.settings]
    outside = [entry["script"] for entry in built.noted("sh") if not entry["on"].startswith("container")]
    assert not [script for script in outside if not script.startswith("git diff")], (
        "a stranger's code, beside the container"
    )


def test_a_store_that_is_a_folder_is_seen_by_containers(here: Stub, ci: Controller) -> None:
    ci.variables["GOLDENPATH_STORE"] = "/srv/store"
    change(here.project, "params.yaml", "topic")
    builds = [*ci.clock("watch"), *ci.pull_request("topic", fork=True, started=True)]
    seen = [
        {"--volume /srv/store:/srv/store" in entry["args"] for entry in built.noted("container")}
        for built in builds
    ]
    assert seen == [{True}, {False}]


def test_a_gate_stops_its_model_alone(here: Stub, ci: Controller) -> None:
    here.on("gate", '[ "$MODEL" != cat ]')
    train, deliver = ci.clock("train")
    assert (train.result, deliver.given) == ("FAILURE", {"MODEL": "dog_eu"})
    assert asked(here, "register", "MODEL") == [("dog_eu",)]
    assert "reports/cat/data.verdict" in train.archived


def test_a_gate_that_fails_for_all_delivers_nothing(here: Stub, ci: Controller) -> None:
    here.fails("gate")
    assert flows(ci.hand("train")) == [("train", "FAILURE")]
    assert "register" not in here.targets


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [("clock", "schedule"), ("hand", "manual"), ("webhook", "webhook"), ("data", "data"), ("unknown", None)],
)
def test_triggers_of_training(trigger: str, reason: str | None, here: Stub, ci: Controller) -> None:
    start = {
        "clock": lambda: ci.clock("train"),
        "hand": lambda: ci.hand("train", MODEL="cat"),
        "webhook": lambda: ci.webhook("train", {"model": "cat"}),
        "data": lambda: ci.webhook("train", {"reason": "data", "model": "cat; reboot"}),
        "unknown": lambda: ci.webhook("train", {"reason": "drift"}),
    }
    ci.variables.clear()
    builds = start[trigger]()
    models = {"clock": MODELS, "hand": ("cat",), "webhook": ("cat",)}.get(trigger, ())
    if trigger == "data":  # what is no name is taken out, and there is no such model
        assert asked(here, "matrix", "MODEL") == [("catreboot",)]
    assert flows(builds) == ([("train", "SUCCESS")] if reason else [])
    assert asked(here, "register", "MODEL", "GOLDENPATH_REASON") == [(model, reason) for model in models]


def test_unchanged_data_train_nothing(here: Stub, ci: Controller) -> None:
    here.on("data", 'mkdir -p "reports/$MODEL"; echo unchanged > "reports/$MODEL/data.verdict"')
    assert flows(ci.webhook("train", {"reason": "data", "model": "cat"})) == [("train", "SUCCESS")]
    assert here.targets == [*FLOWS["train"]["plan"], "setup", "sign-in", "data"]
    assert [built.job for built in ci.hand("train", MODEL="cat")] == ["train", "deliver"], "a person means it"


def test_a_missing_setting_stops_training(here: Stub, ci: Controller) -> None:
    here.fails("preflight")
    assert flows(ci.clock("train")) == [("train", "FAILURE")]
    assert here.targets == ["setup", "preflight"]


def test_without_a_store_nothing_is_delivered_or_watched(here: Stub, ci: Controller) -> None:
    ci.variables.clear()
    assert flows(ci.push()) == [("check", "SUCCESS"), ("train", "SUCCESS")]
    before = len(here.calls)
    (watch,) = ci.clock("watch")
    assert (watch.stages, len(here.calls)) == ([], before)


def test_a_delivery_waits_for_a_person(here: Stub, ci: Controller) -> None:
    (built,) = ci.hand("deliver", MODEL="cat", VERSION="1a2")
    assert (built.result, built.stages) == ("PAUSED", ["staging"])
    assert asked(here, "deploy", "MODEL", "VERSION") == [("cat", "1a2")]
    assert [entry["submitter"] for entry in built.noted("input")] == ["my-org*ml-approvers,ml-approvers"]
    ci.approver = {"user": "mallory"}
    assert flows(ci.hand("deliver", MODEL="cat")) == [("deliver", "PAUSED")], "not of the approvers"
    assert "approve" not in here.targets


def test_an_approved_delivery_goes_on(here: Stub, ci: Controller) -> None:
    ci.approver = EVE
    (built,) = ci.hand("deliver", MODEL="cat", STRATEGY="canary")
    assert (built.result, built.stages) == ("SUCCESS", ["staging", "approval", "production"]), ci.log()
    jobs = FLOWS["deliver"]
    assert here.targets == [*jobs["staging"], *jobs["approval"], *jobs["production"]]
    assert asked(here, "approve", "MODEL", "VERSION", "BY") == [("cat", "1a2b", "eve")]
    assert asked(here, "approve", "NOTE")[0][0].startswith("https://")
    assert asked(here, "rollout", "VERSION", "STRATEGY", "CLIENTS") == [("1a2b", "canary", "4")]
    assert asked(here, "reconcile", "ENV") == [("production",)]
    assert asked(here, "promote", "VERSION", "CLIENTS")[0] == ("1a2b", "4")
    assert asked(here, "promote", "PROPOSE")[0][0]
    assert built.bound == {"identity", "git"}
    assert [entry["stage"] for entry in built.noted("bound") if entry["id"] == "git"] == ["production"]


def test_a_refused_delivery_stops(here: Stub, ci: Controller) -> None:
    ci.approver = {**EVE, "refuses": True}
    (built,) = ci.hand("deliver")
    assert (built.result, built.stages) == ("ABORTED", ["staging"])
    assert here.targets == list(FLOWS["deliver"]["staging"])


def test_an_automatic_delivery_asks_nobody(here: Stub, ci: Controller) -> None:
    here.on("preflight", RELEASE.format("automatic"))
    (built,) = ci.hand("deliver")
    assert (built.result, built.stages, built.noted("input")) == ("SUCCESS", ["staging", "production"], [])
    assert "approve" not in here.targets


def test_a_failing_acceptance_stops_and_cleans_up(here: Stub, ci: Controller) -> None:
    here.fails("accept")
    ci.approver = EVE
    (built,) = ci.hand("deliver")
    assert (built.result, built.stages) == ("FAILURE", ["staging"])
    assert here.targets == list(FLOWS["deliver"]["staging"])
    assert asked(here, "down", "ENV") == [("staging",)]


def test_a_failing_rollout_promotes_nothing(here: Stub, ci: Controller) -> None:
    here.fails("rollout")
    ci.approver = EVE
    assert flows(ci.hand("deliver")) == [("deliver", "FAILURE")]
    assert here.targets[-1] == "rollout"


def test_a_rollback_is_one_click(here: Stub, ci: Controller) -> None:
    (built,) = ci.hand("deliver", ACTION="rollback", MODEL="cat")
    assert (built.result, built.stages) == ("SUCCESS", ["rollback"])
    assert here.targets == list(FLOWS["deliver"]["rollback"])
    assert asked(here, "rollback", "MODEL", "ENV", "BY") == [("cat", "production", "eve")]
    assert asked(here, "rollback", "PROPOSE")[0][0]
    assert built.bound == {"identity", "git"}


def test_a_quiet_week(here: Stub, ci: Controller) -> None:
    assert flows(ci.clock("watch")) == [("watch", "SUCCESS")]
    assert here.targets == list(FLOWS["watch"]["monitor"])


def test_drift_trains_what_has_drifted(here: Stub, ci: Controller) -> None:
    verdicts = "mkdir -p reports/cat reports/dog_eu; echo stable > reports/cat/monitor.verdict; "
    here.on("monitor", verdicts + "echo drift > reports/dog_eu/monitor.verdict; exit 1")
    watch, train, deliver = ci.clock("watch")
    assert (watch.result, train.given) == ("SUCCESS", {"MODEL": "dog_eu", "GOLDENPATH_REASON": "drift"})
    assert asked(here, "register", "MODEL", "GOLDENPATH_REASON") == [("dog_eu", "drift")]
    assert deliver.given == {"MODEL": "dog_eu"}
    assert "reports/dog_eu/monitor.verdict" in watch.archived


def test_a_monitor_without_a_verdict_is_red(here: Stub, ci: Controller) -> None:
    here.fails("monitor")
    assert flows(ci.clock("watch")) == [("watch", "FAILURE")]


def test_every_job_is_alone(here: Stub, ci: Controller) -> None:
    """Fresh clone, fresh HOME, and its processes end with it."""
    pids = here.folder / "pids"
    once = f'[ ! -e left ] && [ ! -e "$HOME/left" ]; touch left "$HOME/left"; sleep 300 & echo $! >> {pids}'
    here.on("setup", once)
    assert flows(ci.push())[0] == ("check", "SUCCESS"), ci.log()
    started = pids.read_text().split()
    assert len(started) >= len(FLOWS["check"]) - 1
    end = time.monotonic() + 10  # what is killed is gone a moment later; it would sleep for minutes
    while running := [pid for pid in started if is_running(pid)]:
        assert time.monotonic() < end, running
        time.sleep(0.05)


def is_running(pid: str) -> bool:
    """Whether a process is there, and not only waits to be counted by its parent."""
    try:
        return Path("/proc", pid, "stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_answers_of_an_organization_reach_every_job(tmp_path: Path) -> None:
    made = stub(tmp_path / "made", **{**profile(), "ci": "jenkins"})
    git(made.project, "branch", "--move", "main", "trunk")
    on = Controller(made.project, tmp_path / "ci", {**STORE}, {**SECRETS}, EVE)
    builds = on.push("trunk")
    assert on.push("main") == []
    assert {built.job for built in builds} == {"check", "train", "deliver"}
    places = {entry["on"] for built in builds for entry in built.noted("sh")}
    image = profile()["base_image"]
    assert places == {"agent self-hosted && linux", f"container {image}"}
