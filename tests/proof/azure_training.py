"""What has to happen, and what must not, from a push or a pull request to a registered version."""

from __future__ import annotations

from collections.abc import Callable

from tests.proof.azure import Organization
from tests.proof.azure_play import STORE, Table, called, change, made_of, names, ran, topic
from tests.proof.azure_run import Run
from tests.proof.flows import FLOWS
from tests.proof.stub import Stub
from tests.support import git

CHECK, TRAIN, DELIVER = FLOWS["check"], FLOWS["train"], FLOWS["deliver"]
TRAINING = Table()


@TRAINING
def a_push_is_checked_published_trained_and_delivered(made: Stub, forge: Organization) -> None:
    made.on("publish", "mkdir -p build; echo registry/my-model@sha256:1 > build/image.digest")
    change(made, "pyproject.toml")
    runs = forge.push()
    assert names(runs) == ["check", "train", "deliver", "deliver"], names(runs)
    ran(runs[0], check="S", changed="S", scan="S", publish="S")
    ran(runs[1], plan="S", train__cat="S", train__dog_eu="S")
    for run in runs[2:]:
        ran(run, staging="S", ask="W")
    check = [*CHECK["check"], *CHECK["scan"], *CHECK["publish"]]
    train = [*TRAIN["plan"], *TRAIN["train"], *TRAIN["train"]]
    settings = called(made, *check, *train, *DELIVER["staging"], *DELIVER["staging"])
    ours = settings[len(check) : len(check) + len(train)]
    assert {one["GOLDENPATH_REASON"] for one in ours} == {"ci"}
    assert [one.get("MODEL") for one in ours] == [None] * 3 + ["cat"] * 9 + ["dog_eu"] * 9
    assert {one.get("GOLDENPATH_IMAGE") for one in ours[3:]} == {"registry/my-model@sha256:1"}
    assert {one["GOLDENPATH_STORE"] for one in settings} == {STORE}
    assert [one.get("MODEL") for one in settings[-12:]] == ["cat"] * 6 + ["dog_eu"] * 6
    assert [one.get("ENV") for one in settings[-6:]] == [None] * 3 + ["staging"] * 3
    assert (runs[1].artifacts / "model-cat/model.onnx").exists()
    assert {"reports-cat-1", "reports-dog_eu-1"} < {one.name for one in runs[1].artifacts.iterdir()}
    assert {summary for done in runs[1].done.values() for summary in done.summaries} == {"# A model\n"}


@TRAINING
def a_push_that_does_not_touch_the_model_is_not_trained(made: Stub, forge: Organization) -> None:
    change(made, "tests/test_model.py")
    (run,) = forge.push()
    ran(run, check="S", changed="S", publish="S")
    called(made, *CHECK["check"], *CHECK["publish"])


@TRAINING
def a_push_of_words_starts_nothing(made: Stub, forge: Organization) -> None:
    change(made, "docs/notes.md")
    assert not forge.push()
    change(made, "NOTES.md")
    assert not forge.push()
    called(made)


@TRAINING
def a_branch_starts_nothing(made: Stub, forge: Organization) -> None:
    assert not forge.push("refs/heads/topic")


@TRAINING
def a_tag_is_published_and_not_trained(made: Stub, forge: Organization) -> None:
    git(made.project, "tag", "v1")
    made.on("publish", "git describe --tags --exact-match")
    (run,) = forge.push("refs/tags/v1")
    ran(run, check="S", changed="S", scan="S", publish="S")


@TRAINING
def a_failing_check_stops_publishing_and_training(made: Stub, forge: Organization) -> None:
    made.fails("check")
    change(made, "pyproject.toml")
    (run,) = forge.push()
    ran(run, check="F", changed="S", scan="S")
    assert "publish" not in made.targets
    assert "smoke" not in made.targets


@TRAINING
def a_pull_request_trains_its_model_and_publishes_nothing(made: Stub, forge: Organization) -> None:
    topic(made)
    (run,) = forge.pull_request()
    ran(run, check="S", changed="S", model="S")
    settings = called(made, *CHECK["check"], *CHECK["model"])
    assert settings[-1]["GOLDENPATH_STORE"] == STORE
    assert [one.name for one in run.artifacts.iterdir()] == ["reports-1"]


@TRAINING
def a_pull_request_of_words_trains_nothing(made: Stub, forge: Organization) -> None:
    topic(made, "docs/notes.md")
    (run,) = forge.pull_request()
    ran(run, check="S", changed="S")


@TRAINING
def a_pull_request_that_changes_a_dependency_is_scanned(made: Stub, forge: Organization) -> None:
    made.fails("scan")
    topic(made, "pyproject.toml")
    (run,) = forge.pull_request()
    ran(run, check="S", changed="S", model="S", scan="F")


@TRAINING
def a_worse_model_stops_the_pull_request(made: Stub, forge: Organization) -> None:
    made.on("pipeline", "mkdir -p reports/cat; exit 1")
    topic(made)
    (run,) = forge.pull_request()
    ran(run, check="S", changed="S", model="F")
    assert run.result == "Failed"
    called(made, *CHECK["check"], *CHECK["model"])
    assert (run.artifacts / "reports-1").is_dir()


@TRAINING
def a_fork_gets_no_store_and_no_secret(made: Stub, forge: Organization) -> None:
    forge.secrets["UV_INDEX_ORGANIZATION_PASSWORD"] = "secret"
    told = f"printenv UV_INDEX_ORGANIZATION_PASSWORD SYSTEM_ACCESSTOKEN >> '{made.folder}/told'; true"
    for target in ("setup", "check"):
        made.on(target, told)
    made.on("pipeline", f"mkdir -p reports/cat; {told}")
    topic(made)
    (run,) = forge.pull_request(fork=True)
    ran(run, check="S", changed="S", model="S")
    settings = called(made, *CHECK["check"], *CHECK["model"])
    assert not [one for one in settings if "GOLDENPATH_STORE" in one]
    assert (made.folder / "told").read_text() == ""


@TRAINING
def the_weekly_scan_runs_alone(made: Stub, forge: Organization) -> None:
    for _ in range(2):
        (run,) = forge.week("check")
        ran(run, scan="S")
        called(made, *CHECK["scan"])


@TRAINING
def every_reason_to_train_is_told(made: Stub, forge: Organization) -> None:
    began: dict[str, Callable[[], list[Run]]] = {
        "schedule": lambda: forge.week("train") and forge.week("train"),
        "manual": lambda: forge.start("train"),
        "webhook": lambda: forge.webhook(from_elsewhere="yes"),
        "data": lambda: forge.webhook(reason="data", model="cat"),
    }
    forge.variables.clear()
    for reason, start in began.items():
        runs = start()
        run = runs[-1]
        assert names(runs)[-1] == "train", names(runs)
        if reason == "data":
            ran(run, plan="S", train__cat="S")
        else:
            ran(run, plan="S", train__cat="S", train__dog_eu="S")
        calls = [call.settings.get("GOLDENPATH_REASON") for call in made.calls]
        assert set(calls) == {reason}, f"{reason}: {set(calls)}"
        (made.folder / "calls").unlink()


@TRAINING
def one_model_is_trained_by_hand(made: Stub, forge: Organization) -> None:
    runs = forge.start("train", parameters={"model": "dog_eu"})
    assert names(runs) == ["train", "deliver"]
    ran(runs[0], plan="S", train__dog_eu="S")
    settings = called(made, *TRAIN["plan"], *TRAIN["train"], *DELIVER["staging"])
    assert {one["MODEL"] for one in settings} == {"dog_eu"}


@TRAINING
def a_failing_gate_stops_registering_and_delivery(made: Stub, forge: Organization) -> None:
    made.fails("gate")
    runs = forge.start("train", parameters={"model": "cat"})
    assert names(runs) == ["train"]
    ran(runs[0], plan="S", train__cat="F")
    called(made, *TRAIN["plan"], *[target for target in TRAIN["train"] if target != "register"])
    assert [one.name for one in runs[0].artifacts.iterdir()] == ["reports-cat-1"]


@TRAINING
def one_failing_gate_does_not_stop_the_other_model(made: Stub, forge: Organization) -> None:
    made.on("gate", '[ "$MODEL" != cat ]')
    runs = forge.start("train")
    assert names(runs) == ["train", "deliver"]
    ran(runs[0], plan="S", train__cat="F", train__dog_eu="S")
    assert made.calls[-1].settings["MODEL"] == "dog_eu"


@TRAINING
def a_missing_setting_stops_training_at_once(made: Stub, forge: Organization) -> None:
    made.fails("preflight")
    (run,) = forge.start("train")
    ran(run, plan="F")
    called(made, "setup", "preflight")


@TRAINING
def a_list_of_models_that_fails_stops_training(made: Stub, forge: Organization) -> None:
    made.on("matrix", 'echo \'{"cat": {"MODEL": "cat"}}\'; exit 1')
    (run,) = forge.start("train")
    ran(run, plan="F")


@TRAINING
def unchanged_data_stop_after_data(made: Stub, forge: Organization) -> None:
    made.on("data", 'mkdir -p "reports/$MODEL"; echo unchanged > "reports/$MODEL/data.verdict"')
    (run,) = forge.start("train", parameters={"reason": "data", "model": "cat"})
    ran(run, plan="S", train__cat="S")
    called(made, *TRAIN["plan"], "setup", "sign-in", "data")
    assert [one.name for one in run.artifacts.iterdir()] == ["reports-cat-1"]
    forge.start("train", parameters={"model": "cat"})
    assert "register" in made.targets


@TRAINING
def only_what_needs_the_token_of_the_job_gets_it(made: Stub, forge: Organization) -> None:
    for target in ("sign-in", "train", "setup", "register"):
        made.on(
            target,
            made_of(made, target) + f"; printenv SYSTEM_ACCESSTOKEN >> '{made.folder}/{target}.has'; true",
        )
    forge.start("train", parameters={"model": "cat"})
    found = {one.stem for one in made.folder.glob("*.has") if one.read_text()}
    assert found == {"sign-in", "register"}, found  # a training outlives the first token of identity
