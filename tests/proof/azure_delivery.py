"""What has to happen, and what must not, from a registered version to production, back, and while it is watched."""

from __future__ import annotations

from pathlib import Path

from tests.proof.azure import Organization
from tests.proof.azure_play import Table, called, change, names, ran
from tests.proof.flows import FLOWS
from tests.proof.stub import RELEASE, Stub
from tests.support import git

CHECK, TRAIN, DELIVER = FLOWS["check"], FLOWS["train"], FLOWS["deliver"]
DELIVERY = Table()


@DELIVERY
def nothing_is_delivered_without_a_store(made: Stub, forge: Organization) -> None:
    forge.variables.clear()
    (run,) = forge.start("train", parameters={"model": "cat"})
    ran(run, plan="S", train__cat="S")
    (watch,) = forge.week("watch")
    ran(watch)
    assert watch.result == "Skipped"
    called(made, *TRAIN["plan"], *TRAIN["train"])


@DELIVERY
def production_waits_for_a_yes(made: Stub, forge: Organization) -> None:
    words = {"model": "cat", "version": "abc", "strategy": "ab"}
    (run,) = forge.start("deliver", parameters=words)
    ran(run, staging="S", ask="W")
    staged = called(made, *DELIVER["staging"])
    run.answer = "approved"
    forge.proceed(run)
    ran(run, staging="S", ask="S", approval="S", production="S")
    settings = called(made, *DELIVER["approval"], *DELIVER["production"])
    assert staged[-1]["VERSION"] == "abc"
    wanted = {"MODEL": "cat", "VERSION": "1a2b", "STRATEGY": "ab", "CLIENTS": "4"}
    assert all(wanted.items() <= one.items() for one in settings), settings
    yes = settings[2]
    assert yes["BY"] == "run 1 of Azure Pipelines"
    assert yes["NOTE"].startswith("https://dev.azure.com/my-org/1f0c9c55")
    assert yes["NOTE"].endswith("/_build/results?buildId=1")
    assert settings[5]["ENV"] == "production"
    assert settings[7]["PROPOSE"].startswith("az repos pr create")


@DELIVERY
def a_no_stops(made: Stub, forge: Organization) -> None:
    (run,) = forge.start("deliver")
    run.answer = "rejected"
    forge.proceed(run)
    ran(run, staging="S", ask="F")
    called(made, *DELIVER["staging"])


@DELIVERY
def a_policy_can_do_without_a_person(made: Stub, forge: Organization) -> None:
    made.on("preflight", RELEASE.format("automatic"))
    (run,) = forge.start("deliver")
    ran(run, staging="S", production="S")
    settings = called(made, *DELIVER["staging"], *DELIVER["production"])
    assert not [one for one in settings if {"STRATEGY", "MODEL", "BY"} & set(one)]
    assert [one.get("VERSION") for one in settings] == [None] * 6 + ["1a2b"] * 5


@DELIVERY
def a_policy_that_is_unknown_asks(made: Stub, forge: Organization) -> None:
    made.on("preflight", RELEASE.format("perhaps"))
    (run,) = forge.start("deliver")
    ran(run, staging="S", ask="W")


@DELIVERY
def a_policy_that_says_nothing_stops(made: Stub, forge: Organization) -> None:
    made.on("preflight", "mkdir -p reports; echo 1a2b > reports/release.version")
    (run,) = forge.start("deliver")
    ran(run, staging="F")
    called(made, "setup", "sign-in", "preflight", "down")


@DELIVERY
def a_failing_test_stops_delivery_and_staging_is_stopped(made: Stub, forge: Organization) -> None:
    made.fails("accept")
    made.on("preflight", RELEASE.format("automatic"))
    (run,) = forge.start("deliver")
    ran(run, staging="F")
    called(made, *DELIVER["staging"])


@DELIVERY
def a_failing_rollout_promotes_nothing(made: Stub, forge: Organization) -> None:
    made.fails("rollout")
    made.on("preflight", RELEASE.format("automatic"))
    (run,) = forge.start("deliver")
    ran(run, staging="S", production="F")
    called(made, *DELIVER["staging"], "setup", "sign-in", "reconcile", "rollout")


@DELIVERY
def a_promotion_asks_for_a_merge(made: Stub, forge: Organization) -> None:
    push = "git push --quiet origin HEAD:refs/heads/goldenpath/x && $PROPOSE goldenpath/x"
    made.on("promote", push)
    made.on("rollback", push)
    made.on("preflight", RELEASE.format("automatic"))
    for words, job in (({}, "production"), ({"action": "rollback"}, "rollback")):
        git(made.project, "update-ref", "-d", "refs/heads/goldenpath/x")
        run = forge.start("deliver", parameters=words)[0]
        assert run.jobs[job] == "Succeeded", run.printed
        git(made.project, "rev-parse", "--verify", "refs/heads/goldenpath/x")
        assert forge.asked[-1][:3] == ["repos", "pr", "create"]
        assert forge.asked[-1][-2:] == ["--source-branch", "goldenpath/x"]


@DELIVERY
def one_click_rolls_back(made: Stub, forge: Organization) -> None:
    (run,) = forge.start("deliver", parameters={"action": "rollback", "model": "cat"})
    ran(run, rollback="S")
    settings = called(made, *DELIVER["rollback"])
    assert settings[-1]["ENV"] == "production"
    assert settings[-1]["MODEL"] == "cat"


@DELIVERY
def a_merged_environment_is_made_so(made: Stub, forge: Organization) -> None:
    change(made, "environments/production.yaml")
    runs = forge.push()
    assert names(runs) == ["check", "deliver"], names(runs)
    ran(runs[1], reconcile="S")
    settings = called(made, *CHECK["check"], *CHECK["publish"], *DELIVER["reconcile"])
    assert settings[-1]["ENV"] == "production"


@DELIVERY
def without_its_environment_nothing_reaches_production(made: Stub, forge: Organization) -> None:
    forge.environments = frozenset()
    (run,) = forge.start("deliver", parameters={"action": "rollback"})
    ran(run, rollback="F")
    called(made)


@DELIVERY
def what_is_stable_is_left_alone(made: Stub, forge: Organization) -> None:
    for _ in range(2):
        (run,) = forge.week("watch")
        ran(run, monitor="S")
        called(made, *FLOWS["watch"]["monitor"])
    assert (run.artifacts / "reports-1/cat/monitor.verdict").exists()


@DELIVERY
def drift_trains_that_model(made: Stub, forge: Organization) -> None:
    words = "for m in cat dog_eu; do mkdir -p reports/$m; echo stable > reports/$m/monitor.verdict; done; "
    made.on("monitor", words + "echo drift > reports/dog_eu/monitor.verdict; exit 2")
    runs = forge.week("watch")
    assert names(runs) == ["watch", "train", "deliver"], names(runs)
    ran(runs[0], monitor="S")
    ran(runs[1], plan="S", train__dog_eu="S")
    settings = called(made, *FLOWS["watch"]["monitor"], *TRAIN["plan"], *TRAIN["train"], *DELIVER["staging"])
    assert {(one["MODEL"], one["GOLDENPATH_REASON"]) for one in settings[6:18]} == {("dog_eu", "drift")}


@DELIVERY
def a_watch_without_a_verdict_goes_red(made: Stub, forge: Organization) -> None:
    made.fails("monitor")
    (run,) = forge.week("watch")
    ran(run, monitor="F")


@DELIVERY
def a_list_of_drifted_models_that_fails_goes_red(made: Stub, forge: Organization) -> None:
    made.fails("matrix")
    (run,) = forge.week("watch")
    ran(run, monitor="F")


@DELIVERY
def what_a_job_leaves_running_ends_with_it(made: Stub, forge: Organization) -> None:
    made.on("deploy", f"setsid sleep 600 & echo $! > '{made.folder}/left'")
    made.on("accept", f"kill -0 $(cat '{made.folder}/left')")
    (run,) = forge.start("deliver")
    ran(run, staging="S", ask="W")
    state = Path("/proc", (made.folder / "left").read_text().strip(), "stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"
