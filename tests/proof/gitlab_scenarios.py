"""What happens in GitLab, trigger by trigger: which jobs run, which targets they call with which settings, in order.

Each scenario runs a rendered repository whose make only takes notes (stub.py), with gitlab-ci-local. The defects of
defects_gitlab.py are seeded into such repositories, and a scenario that then comes out otherwise has caught one.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.proof.gitlab_play import Scenario
from tests.proof.stub import RELEASE

STORE = {"GOLDENPATH_STORE": "s3://models"}
AUTOMATIC = {"preflight": RELEASE.format("automatic")}
DRIFT = 'for m in cat dog_eu; do mkdir -p "reports/$m"; echo stable > "reports/$m/monitor.verdict"; done\n'
DRIFT += "echo drift > reports/cat/monitor.verdict; exit 1"
UNCHANGED = 'mkdir -p "reports/$MODEL"; echo unchanged > "reports/$MODEL/data.verdict"'
CHECKED = ("check.check", "=image")
DIGEST = "registry.example.com/model@sha256:" + "0" * 64
BY_HAND = {"FLOW": "deliver", "MODEL": "cat", "VERSION": "3f2a", "STRATEGY": "canary"}
RELEASED = ("deliver.staging cat", "deliver.approval cat", "deliver.production cat")


def push(*wants: str, **rest: object) -> Scenario:
    """A push to the default branch."""
    return Scenario("push", wants, **rest)  # type: ignore[arg-type]


def by_hand(*wants: str, **rest: object) -> Scenario:
    """A delivery of one version, by hand, with a store."""
    return Scenario("web", ("train.plan cat", *wants), BY_HAND, STORE, **rest)  # type: ignore[arg-type]


def trains(source: str, reason: str, *wants: str, **variables: str) -> Scenario:
    """A training without a store, for that reason: nothing is delivered."""
    told = {target: {"GOLDENPATH_REASON": reason} for target in ("data", "train", "register")}
    jobs = wants or ("train.plan", "train.train cat", "train.train dog_eu")
    return Scenario(source, jobs, {"FLOW": "train", **variables}, told=told)


SCENARIOS: Mapping[str, Scenario] = {
    "push": push(
        *CHECKED,
        "check.publish",
        "train.plan",
        *("train.train cat", "train.train dog_eu", "deliver.staging cat", "deliver.staging dog_eu"),
        *RELEASED[1:],
        *("deliver.approval dog_eu", "deliver.production dog_eu"),
        settings=STORE,
        changes=("params.yaml",),
        approved=True,
        on={"publish": f"mkdir -p build; echo {DIGEST} > build/image.digest"},
        told={
            "train": {
                "GOLDENPATH_REASON": "ci",
                "GOLDENPATH_IMAGE": DIGEST,
                "GOLDENPATH_STORE": "s3://models",
            },
            "register": {"GOLDENPATH_REASON": "ci"},
        },
    ),
    "push of something else": push(*CHECKED, "check.publish", changes=("notes.txt",), settings=STORE),
    "push of environments": push(
        "deliver.reconcile",
        *CHECKED,
        "check.publish",
        changes=("environments/production.yaml",),
        settings=STORE,
        told={"reconcile": {"ENV": "production"}},
    ),
    "push of environments, no store": push(
        *CHECKED, "check.publish", changes=("environments/production.yaml",)
    ),
    "push of a dependency": push(
        "check.check", "check.scan", "=image", "check.publish", changes=("Dockerfile",)
    ),
    "push, checks fail": push(
        "check.check<check", "=image", changes=("params.yaml",), on={"check": "exit 1"}
    ),
    "tag": push(
        *("check.check", "check.scan", "=image", "check.publish"),
        variables={"CI_COMMIT_TAG": "v1", "CI_COMMIT_BRANCH": ""},
        told={"publish": {"MODEL": "", "GOLDENPATH_STORE": ""}},
    ),
    "merge request": Scenario(
        "merge_request_event",
        ("check.check", "check.model", "=image"),
        branch="topic",
        changes=("src/model.txt",),
        told={"pipeline": {"GOLDENPATH_STORE": ""}},
        ends={"check": "PASS", "model": "PASS", "build-image": "PASS"},
    ),
    "merge request of something else": Scenario(
        "merge_request_event", CHECKED, branch="topic", changes=("notes.txt",)
    ),
    "merge request, worse model": Scenario(
        "merge_request_event",
        ("check.check", "check.model<pipeline", "=image"),
        branch="topic",
        changes=("params.yaml",),
        on={"pipeline": "exit 1"},
        ends={"check": "PASS", "model": "FAIL", "build-image": "PASS"},
    ),
    "weekly": Scenario("schedule", ("check.scan",)),
    "train by hand": trains("web", "manual", "train.plan dog_eu", "train.train dog_eu", MODEL="dog_eu"),
    "train by schedule": trains("schedule", "schedule"),
    "train by webhook": trains("trigger", "webhook"),
    "train by API": trains("api", "webhook", "train.plan cat", "train.train cat", MODEL="cat"),
    "train on new data": trains("trigger", "data", GOLDENPATH_REASON="data"),
    "unchanged data": Scenario(
        "schedule",
        ("train.plan cat", "train.train cat<data"),
        {"FLOW": "train", "MODEL": "cat", "GOLDENPATH_REASON": "data"},
        STORE,
        on={"data": UNCHANGED},
        ends=dict.fromkeys(("plan", "models", "train-cat", "staging-cat", "release-cat", "nothing"), "PASS"),
    ),
    "unchanged data, other reason": Scenario(
        "schedule",
        ("train.plan cat", "train.train cat"),
        {"FLOW": "train", "MODEL": "cat"},
        on={"data": UNCHANGED},
    ),
    "missing setting": Scenario(
        "schedule",
        ("train.plan<preflight",),
        {"FLOW": "train"},
        on={"preflight": "exit 1"},
        ends={"plan": "FAIL"},
    ),
    "gate fails": Scenario(
        "schedule",
        (
            "train.plan",
            "train.train cat<gate",
            "train.train dog_eu",
            *(job[:-3] + "dog_eu" for job in RELEASED),
        ),
        {"FLOW": "train"},
        STORE,
        on={"gate": '[ "$MODEL" != cat ]'},
        approved=True,
    ),
    "deliver, approved": by_hand(
        *RELEASED,
        approved=True,
        told={
            "deploy": {"ENV": "staging", "VERSION": "3f2a"},
            "accept": {"ENV": "staging", "VERSION": "3f2a"},
            "down": {"ENV": "staging"},
            "approve": {"BY": "ann", "VERSION": "1a2b", "CLIENTS": "", "PROPOSE": ""},
            "reconcile": {"ENV": "production"},
            "rollout": {"STRATEGY": "canary", "VERSION": "1a2b", "CLIENTS": "4"},
            "promote": {"VERSION": "1a2b", "PROPOSE": "true"},
        },
    ),
    "deliver, nobody approves": by_hand(
        RELEASED[0], says="approval is when:manual, its needed by production"
    ),
    "deliver, refused": by_hand(
        RELEASED[0],
        f"{RELEASED[1]}<approve",
        approved=True,
        on={"approve": "exit 1"},
        ends={"approval": "FAIL"},
    ),
    "deliver, automatic": by_hand(RELEASED[0], RELEASED[2], on=AUTOMATIC),
    "deliver, not accepted": by_hand(
        f"{RELEASED[0]}<accept",
        "=down cat",
        approved=True,
        on={"accept": "exit 1"},
        ends={"staging-cat": "FAIL"},
    ),
    "deliver, rollout fails": by_hand(
        RELEASED[0],
        f"{RELEASED[2]}<rollout",
        on={**AUTOMATIC, "rollout": "exit 1"},
        ends={"production": "FAIL"},
    ),
    "deliver, no store": Scenario("web", (), BY_HAND),
    "rollback": Scenario(
        "web",
        ("deliver.rollback cat",),
        {"FLOW": "rollback", "MODEL": "cat"},
        STORE,
        told={"rollback": {"ENV": "production", "PROPOSE": "true", "BY": "ann"}},
    ),
    "rollback, no store": Scenario("web", (), {"FLOW": "rollback", "MODEL": "cat"}),
    "watch, stable": Scenario(
        "schedule", ("watch.monitor",), {"FLOW": "watch"}, STORE, ends={"nothing": "PASS"}
    ),
    "watch, drift": Scenario(
        "schedule",
        ("watch.monitor", "train.train cat", "deliver.staging cat", "deliver.production cat"),
        {"FLOW": "watch"},
        STORE,
        on={"monitor": DRIFT, **AUTOMATIC},
        told={"train": {"GOLDENPATH_REASON": "drift"}, "matrix": {"DRIFTED": "yes"}},
    ),
    "watch, no verdict": Scenario(
        "schedule",
        ("watch.monitor<monitor",),
        {"FLOW": "watch"},
        STORE,
        on={"monitor": "exit 1"},
        ends={"monitor": "FAIL"},
    ),
    "watch, no store": Scenario("schedule", (), {"FLOW": "watch"}),
}
