"""What happens in CircleCI, trigger by trigger: which jobs run, how they end, which targets they call with which settings.

circleci_delivery.py has the checks of what follows a training.
"""

from __future__ import annotations

from tests.proof.circleci_play import STORE, Table, called, change, ran
from tests.proof.circleci_run import Forge
from tests.proof.flows import FLOWS
from tests.proof.stub import Stub
from tests.support import git

FLOW_CHECKS = Table()
PUSHED = {
    "check": "S",
    "scan": "H",
    "publish": "S",
    "plan": "S",
    "train": "S",
    "staging": "S",
    "reconcile": "H",
}
RELEASED = {"ask": "S", "approval": "S", "production": "S"}
MODEL = [target for target in FLOWS["train"]["train"] if target not in ("setup", "sign-in", "summary")]
STAGED = ["preflight", "deploy", "accept", "down"]
DIGEST = "registry.example.com/model@sha256:" + "0" * 64
UNCHANGED = 'mkdir -p "reports/$MODEL"; echo unchanged > "reports/$MODEL/data.verdict"'
PRODUCTION = ["reconcile", "rollout", "promote"]


def trained(*models: str) -> list[str]:
    """The targets of a training of so many models."""
    return ["setup", "sign-in", *MODEL * len(models), "summary"]


def staged(*models: str) -> list[str]:
    """The targets of staging."""
    return ["setup", "sign-in", *STAGED * len(models)]


def released(*models: str, asked: bool = True) -> list[str]:
    """The targets of a release, with a person or without."""
    approval = ["setup", "sign-in", *["approve"] * len(models)] if asked else []
    return [*approval, "setup", "sign-in", *PRODUCTION * len(models)]


@FLOW_CHECKS
def push(on: Stub, forge: Forge) -> None:
    """A push that changes what models are made of is checked, published, trained, delivered."""
    on.on("publish", f"mkdir -p build; echo {DIGEST} > build/image.digest")
    on.on("sign-in", 'echo "signed in with $GOLDENPATH_ID_TOKEN"')
    change(on, "params.yaml")
    run = forge.pipeline(approve=True)
    ran(run, **PUSHED, **RELEASED)
    both = ("cat", "dog_eu")
    jobs = ["check.check", "check.publish", "train.plan", *trained(*both), *staged(*both), *released(*both)]
    calls = called(on, *jobs)
    reasons = [call["GOLDENPATH_REASON"] for call in calls if "GOLDENPATH_REASON" in call]
    assert reasons == ["ci"] * len(trained(*both))
    assert [call.get("GOLDENPATH_IMAGE") for call in calls[8:]].count(DIGEST) == len(MODEL) * 2
    models = [call["MODEL"] for call in calls if "MODEL" in call]
    assert models == [each for n in (len(MODEL), 4, 1, 3) for each in ["cat"] * n + ["dog_eu"] * n]
    said = [call for call in calls if call.get("BY")]
    assert {call.get("NOTE") for call in said} >= {"https://circleci.com/build/1"}
    assert [call["VERSION"] for call in calls if call.get("CLIENTS") == "4" and "VERSION" in call] == [
        "1a2b"
    ] * 6
    assert {call.get("PROPOSE") for call in calls[-3:]} == {"echo merge"}
    stores = [call.get("GOLDENPATH_STORE") for call in calls]
    assert stores == [None] * 7 + [STORE] * (len(calls) - 7)
    tokens = [line for line in run.printed.splitlines() if line.startswith("signed in")]
    assert tokens == ["signed in with token-for-aud:sts.amazonaws.com"] * 4, tokens
    assert "summary.md" in run.artifacts("train")
    assert "reports/cat/data.verdict" in run.artifacts("train")


@FLOW_CHECKS
def push_of_text(on: Stub, forge: Forge) -> None:
    """A push of texts alone starts nothing that matters."""
    change(on, "README.md", "docs/ci.md")
    jobs = dict.fromkeys(("check", "scan", "publish", "plan", "train", "staging", "reconcile"), "H")
    ran(forge.pipeline(), **jobs)
    called(on)


@FLOW_CHECKS
def push_of_other_code(on: Stub, forge: Forge) -> None:
    """A push that leaves the models alone trains nothing, and asks nobody."""
    change(on, "notes.txt", "Dockerfile")
    ran(forge.pipeline(), **{**PUSHED, "scan": "S", "plan": "H", "train": "H", "staging": "H"})
    called(on, "check.check", "check.scan", "check.publish")


@FLOW_CHECKS
def push_of_environments(on: Stub, forge: Forge) -> None:
    """A merged change of environments/ is made so."""
    change(on, "environments/production.yaml")
    ran(forge.pipeline(), **{**PUSHED, "plan": "H", "train": "H", "staging": "H", "reconcile": "S"})
    calls = called(on, "check.check", "check.publish", "deliver.reconcile")
    assert calls[-1]["ENV"] == "production"
    forge.contexts["my-model-store"].clear()
    ran(forge.pipeline(), **{**PUSHED, "plan": "H", "train": "H", "staging": "H"})
    called(on, "check.check", "check.publish")


@FLOW_CHECKS
def push_that_fails(on: Stub, forge: Forge) -> None:
    """What is red is neither published nor trained."""
    on.fails("check")
    change(on, "params.yaml")
    red = dict.fromkeys(("publish", "plan", "train", "staging"), "N")
    ran(forge.pipeline(), check="F", scan="H", reconcile="H", **red)
    called(on, "setup", "check")


@FLOW_CHECKS
def tag(on: Stub, forge: Forge) -> None:
    """A tag is checked, scanned and published, and not trained."""
    git(on.project, "tag", "v1")
    ran(forge.pipeline(tag="v1"), check="S", scan="S", publish="S")
    called(on, "check.check", "check.scan", "check.publish")


@FLOW_CHECKS
def pull_request(on: Stub, forge: Forge) -> None:
    """A branch that changes what a model is made of runs the whole pipeline; a later push of texts does not hide that."""
    change(on, "src/model.py", branch="topic")
    run = forge.pipeline(branch="topic")
    ran(run, check="S", scan="H", model="S")
    calls = called(on, "check.check", "check.model")
    assert not [call for call in calls if "GOLDENPATH_STORE" in call]
    git(on.project, "checkout", "--quiet", "topic")
    change(on, "README.md")
    git(on.project, "branch", "--force", "later", "topic")
    ran(forge.pipeline(branch="topic"), check="S", scan="H", model="S")


@FLOW_CHECKS
def pull_request_of_other_code(on: Stub, forge: Forge) -> None:
    """A branch that leaves the models alone does not."""
    change(on, "notes.txt", branch="topic")
    ran(forge.pipeline(branch="topic"), check="S", scan="H", model="H")
    called(on, "check.check")


@FLOW_CHECKS
def pull_request_with_a_worse_model(on: Stub, forge: Forge) -> None:
    """The gate of the pipeline makes the pull request red, and its report is kept."""
    on.on("pipeline", "mkdir -p reports/cat; echo worse > reports/cat/gate.verdict; exit 1")
    change(on, "params.yaml", branch="topic")
    run = forge.pipeline(branch="topic")
    ran(run, check="S", scan="H", model="F")
    called(on, "check.check", "check.model")
    assert {"summary.md", "reports/cat/gate.verdict"} <= set(run.artifacts("model"))


@FLOW_CHECKS
def pull_request_of_a_fork(on: Stub, forge: Forge) -> None:
    """A stranger gets no store, no token and no password."""
    on.on("setup", 'echo "known: ${UV_INDEX_ORGANIZATION_PASSWORD:-nothing} ${CIRCLE_OIDC_TOKEN_V2:-none}"')
    change(on, "params.yaml", branch="topic")
    run = forge.pipeline(branch="topic", fork=True)
    ran(run, check="S", scan="H", model="S")
    assert run.printed.count("known: nothing none") == 2
    assert not [call for call in called(on, "check.check", "check.model") if "GOLDENPATH_STORE" in call]
    run = forge.pipeline(branch="topic")
    assert run.printed.count("known: a-password none") == 2, (
        "the same branch of the repository itself gets the password"
    )


@FLOW_CHECKS
def weekly(on: Stub, forge: Forge) -> None:
    """The weekly schedule scans, whatever has changed."""
    ran(forge.pipeline("scheduled_pipeline"), scan="S")
    called(on, "check.scan")


@FLOW_CHECKS
def train_triggers(on: Stub, forge: Forge) -> None:
    """By hand, by webhook, by schedule, on new data: each with its reason; without a store nothing is delivered."""
    forge.contexts["my-model-store"].clear()
    for source, reason in (
        ("api", "webhook"),
        ("scheduled_pipeline", "schedule"),
        ("scheduled_pipeline", "data"),
    ):
        ran(forge.pipeline(source, flow="train", reason=reason), plan="S", train="S", staging="H")
        calls = called(on, "train.plan", *trained("cat", "dog_eu"))
        assert [call["GOLDENPATH_REASON"] for call in calls[3:]] == [reason] * len(calls[3:])
    ran(forge.pipeline("api", flow="train", model="dog_eu"), plan="S", train="S", staging="H")
    calls = called(on, "train.plan", *trained("dog_eu"))
    assert {call["GOLDENPATH_REASON"] for call in calls[3:]} == {"manual"}
    assert {call["MODEL"] for call in calls if "MODEL" in call} == {"dog_eu"}


@FLOW_CHECKS
def elsewhere(on: Stub, forge: Forge) -> None:
    """No flow but check runs on another branch, whoever asks for it."""
    change(on, "params.yaml", branch="topic")
    for flow in ("train", "deliver", "rollback", "watch"):
        assert forge.pipeline("api", branch="topic", flow=flow).jobs == {}
    called(on)


@FLOW_CHECKS
def data_unchanged(on: Stub, forge: Forge) -> None:
    """Announced data that are the old ones: nothing is trained or delivered, and nobody is asked. Another reason trains."""
    on.on("data", UNCHANGED)
    ran(forge.pipeline("api", flow="train", reason="data"), plan="S", train="S", staging="H")
    called(on, "train.plan", "setup", "sign-in", "data", "data", "summary")
    ran(
        forge.pipeline("api", flow="train", model="cat"),
        plan="S",
        train="S",
        staging="S",
        ask="W",
        approval="N",
        production="N",
    )


@FLOW_CHECKS
def missing_setting(on: Stub, forge: Forge) -> None:
    """A missing setting ends a training before it begins."""
    on.fails("preflight")
    ran(forge.pipeline("api", flow="train"), plan="F", train="N", staging="N")
    called(on, "setup", "preflight")


@FLOW_CHECKS
def gate_fails(on: Stub, forge: Forge) -> None:
    """The gate stops its model, not the other one; and what follows."""
    on.on("gate", '[ "$MODEL" != cat ]')
    run = forge.pipeline("api", flow="train")
    ran(run, plan="S", train="F", staging="N")
    stopped = MODEL[: MODEL.index("gate") + 1]
    calls = called(on, "train.plan", "setup", "sign-in", *stopped, *MODEL, "summary")
    assert calls[-2]["MODEL"] == "dog_eu"
    assert {"summary.md", "reports/cat/data.verdict"} <= set(run.artifacts("train"))
