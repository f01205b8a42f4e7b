"""What happens in CircleCI once something is trained: delivery, approval, rollback, watch. Each check says it by its name."""

from __future__ import annotations

from typing import Any

from tests.proof.circleci_flows import RELEASED, released, staged, trained
from tests.proof.circleci_play import Table, called, ran
from tests.proof.circleci_run import Forge
from tests.proof.flows import FLOWS
from tests.proof.stub import RELEASE, Stub

DRIFT = "mkdir -p reports/cat; echo drift > reports/cat/monitor.verdict; mkdir -p reports/dog_eu; "
DRIFT += "echo stable > reports/dog_eu/monitor.verdict; exit 1"
DELIVERY = Table()


@DELIVERY
def approval_waits(on: Stub, forge: Forge) -> None:
    """Nothing reaches production before a person has said yes, nor after a no."""
    by_hand: dict[str, Any] = {"flow": "deliver", "model": "cat", "version": "1a2b", "strategy": "canary"}
    for answer, word in ((None, "W"), (False, "C")):
        run = forge.pipeline("api", approve=answer, **by_hand)
        ran(run, plan="S", staging="S", ask=word, approval="N", production="N")
        called(on, "train.plan", *staged("cat"))
    ran(forge.pipeline("api", approve=True, **by_hand), plan="S", staging="S", **RELEASED)
    calls = called(on, "train.plan", *staged("cat"), *released("cat"))
    assert [call.get("VERSION") for call in calls[3:]] == ["1a2b"] * 6 + [None] * 2 + ["1a2b"] + [
        None
    ] * 2 + ["1a2b"] * 3
    assert calls[-2]["STRATEGY"] == "canary"
    assert calls[11]["BY"] == "who approved in CircleCI"


@DELIVERY
def accepted_version(on: Stub, forge: Forge) -> None:
    """What was accepted is what is approved and rolled out, also where no version was named."""
    ran(forge.pipeline("api", approve=True, flow="deliver", model="cat"), plan="S", staging="S", **RELEASED)
    calls = called(on, "train.plan", *staged("cat"), *released("cat"))
    assert [call.get("VERSION") for call in calls[9:]] == [
        None,
        None,
        "1a2b",
        None,
        None,
        "1a2b",
        "1a2b",
        "1a2b",
    ]


@DELIVERY
def automatic(on: Stub, forge: Forge) -> None:
    """Where the policy says so, nobody is asked."""
    on.on("preflight", RELEASE.format("automatic"))
    ran(forge.pipeline("api", flow="deliver", model="cat"), plan="S", staging="S", production="S")
    called(on, "train.plan", *staged("cat"), *released("cat", asked=False))


@DELIVERY
def one_asks(on: Stub, forge: Forge) -> None:
    """A person is asked as soon as one of the models needs it."""
    asks = RELEASE.format("automatic") + '; [ "$MODEL" != cat ] || echo approval > reports/release.verdict'
    on.on("preflight", asks)
    run = forge.pipeline("api", flow="deliver")
    ran(run, plan="S", staging="S", ask="W", approval="N", production="N")


@DELIVERY
def accept_fails(on: Stub, forge: Forge) -> None:
    """What is not accepted goes no further, and staging is taken down."""
    on.fails("accept")
    run = forge.pipeline("api", flow="deliver", model="cat", approve=True)
    ran(run, plan="S", staging="F")
    called(on, "train.plan", *staged("cat"))
    assert "reports/release.verdict" in run.artifacts("staging")


@DELIVERY
def rollout_fails(on: Stub, forge: Forge) -> None:
    """A rollout that fails promotes nothing."""
    on.fails("rollout")
    run = forge.pipeline("api", flow="deliver", model="cat", approve=True)
    ran(run, plan="S", staging="S", ask="S", approval="S", production="F")
    called(on, "train.plan", *staged("cat"), *released("cat")[:-1])


@DELIVERY
def rollback(on: Stub, forge: Forge) -> None:
    """One click takes a release back; not where nothing is kept."""
    forge.contexts["my-model-release"]["PROPOSE"] = "gh pr create --fill --head"
    ran(forge.pipeline("api", flow="rollback", model="cat"), rollback="S")
    *_, call = called(on, "deliver.rollback")
    wanted = {"MODEL": "cat", "ENV": "production", "BY": "ann", "PROPOSE": "gh pr create --fill --head"}
    assert {key: call.get(key) for key in wanted} == wanted
    assert call["NOTE"].endswith("/build/1")
    forge.contexts["my-model-store"].clear()
    ran(forge.pipeline("api", flow="rollback", model="cat"), rollback="H")
    called(on)


@DELIVERY
def watch(on: Stub, forge: Forge) -> None:
    """Stable: nothing. Drift: that model is trained, for that reason, and delivered. No store: nothing to look at."""
    monitored = list(FLOWS["watch"]["monitor"])
    ran(forge.pipeline("scheduled_pipeline", flow="watch"), monitor="S", train="H", staging="H")
    called(on, *monitored)
    on.on("monitor", DRIFT)
    run = forge.pipeline("scheduled_pipeline", flow="watch", approve=True)
    ran(run, monitor="S", train="S", staging="S", **RELEASED)
    calls = called(on, *monitored, *trained("cat"), *staged("cat"), *released("cat"))
    assert {call["GOLDENPATH_REASON"] for call in calls[6:15]} == {"drift"}
    assert {call["MODEL"] for call in calls if "MODEL" in call} == {"cat"}
    assert "reports/cat/monitor.verdict" in run.artifacts("monitor")
    forge.contexts["my-model-store"].clear()
    ran(forge.pipeline("scheduled_pipeline", flow="watch"), monitor="H", train="H", staging="H")
    called(on)


@DELIVERY
def watch_fails(on: Stub, forge: Forge) -> None:
    """A monitor that ends without a verdict is a failure."""
    on.fails("monitor")
    ran(forge.pipeline("api", flow="watch"), monitor="F", train="N", staging="N")
