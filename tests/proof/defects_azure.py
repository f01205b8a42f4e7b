"""Defects in Azure's files and who finds each: a judge of azure_judges, the table of flows (parity), or a check by its name."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

CHECK = Path("azure-pipelines.yml")
MAKE, TRAIN, DELIVER, PRODUCTION, WATCH, WEBHOOK = (
    Path(f".azuredevops/{name}.yml")
    for name in ("make", "train", "deliver", "production", "watch", "webhook")
)
PUSH = "a_push_is_checked_published_trained_and_delivered"
GATE = "a_failing_gate_stops_registering_and_delivery"
YES = "production_waits_for_a_yes"
PHASE = "first phase"


class Defect(NamedTuple):
    """`old` becomes `new`, once, in a rendered file; `judge` must then complain with `words`."""

    what: str
    path: Path
    old: str
    new: str
    judge: str
    words: str = ""


# fmt: off
DEFECTS = [
    # What a reader of YAML and Microsoft's schema find.
    Defect("no YAML", CHECK, "jobs:\n", "jobs: [\n", "language", "flow"),
    Defect("unknown key of a job", CHECK, "timeoutInMinutes: 30", "timeoutMinutes: 30", "language", "timeoutMinutes"),
    Defect("unknown key of a step", CHECK, "clean: true", "clen: true", "language", "clen"),
    Defect("unknown key of a step, compiled", MAKE, "displayName: make summary", "display: make summary", "schema", "display"),
    Defect("unknown task", DELIVER, "ManualValidation@1", "ManualValidation@7", "language", "Value is not accepted"),
    Defect("unknown input of a task", DELIVER, "instructions:", "instruction:", "language", "instruction"),
    Defect("no list", DELIVER, "dependsOn: staging", "dependsOn: {on: staging}", "language", "Incorrect type"),
    Defect("unknown lock", DELIVER, "lockBehavior: sequential", "lockBehavior: queue", "language", "sequential"),
    # What only the first phase of an interpreter finds.
    Defect("unknown job", CHECK, "dependsOn: check", "dependsOn: chek", PHASE, "unknown chek"),
    Defect("cycle", TRAIN, "- job: plan\n", "- job: plan\n    dependsOn: train\n", PHASE, "a cycle"),
    Defect("two jobs of one name", CHECK, "- job: scan", "- job: model", PHASE, "stands twice"),
    Defect("a key twice", CHECK, "    timeoutInMinutes: 5\n", "    timeoutInMinutes: 5\n    timeoutInMinutes: 6\n", PHASE, "twice"),
    Defect("no such template", TRAIN, "template: make.yml", "template: mak.yml", PHASE, "no file"),
    Defect("unknown parameter", CHECK, "{targets: [setup, scan]}", "{target: [setup, scan]}", PHASE, "no parameter"),
    Defect("parameter of a wrong type", CHECK, "{targets: [setup, scan]}", "{targets: setup}", PHASE, "is no list"),
    Defect("broken braces", MAKE, "make ${{ target }}\n", "make ${{ target }\n", PHASE, "braces"),
    Defect("unknown function", MAKE, "if eq(target, 'summary')", "if equals(target, 'summary')", PHASE, "no function equals"),
    Defect("unknown name", MAKE, "if eq(target, 'summary')", "if eq(traget, 'summary')", PHASE, "'traget' is unknown"),
    Defect("too early", MAKE, "if eq(variables['Build.Reason'], 'PullRequest')", "if eq(variables['System.PullRequest.IsFork'], 'True')", PHASE, "not known in a template"),
    Defect("output that nobody sets", CHECK, "outputs['files.model']", "outputs['files.modle']", PHASE, "nothing sets"),
    Defect("output of a step without name", TRAIN, "        name: models\n", "", PHASE, "nothing sets"),
    Defect("result of what is not waited for", DELIVER, "dependsOn: [staging, approval]", "dependsOn: [staging]", PHASE, "does not depend"),
    Defect("impossible time", WATCH, '"29 3 * * 3"', '"29 3 * * 8"', PHASE, "cron"),
    Defect("time with four fields", TRAIN, '"43 2 * * 2"', '"43 2 * 2"', PHASE, "cron"),
    Defect("unknown image", CHECK, "ubuntu-latest", "ubuntu-lates", PHASE, "no image"),
    Defect("unknown key of a pool", CHECK, "vmImage:", "image:", PHASE, "pool"),
    Defect("no end in time", TRAIN, "    timeoutInMinutes: 180\n", "", PHASE, "timeoutInMinutes"),
    Defect("silence is a yes", DELIVER, "onTimeout: reject", "onTimeout: resume", PHASE, "silence"),
    Defect("a person asked on an agent", DELIVER, "            pool: server\n", "", PHASE, "on an agent"),
    Defect("production without its environment", PRODUCTION, "    environment: production\n", "", PHASE, "environment"),
    Defect("two deliveries at once", DELIVER, "lockBehavior: sequential", "# lockBehavior", PHASE, "at once"),
    Defect("every branch delivers", DELIVER, "pr: none\n", "", PHASE, "without pr"),
    Defect("a check that can push", CHECK, "fetchTags: true", "persistCredentials: true", PHASE, "only deployments push"),
    Defect("an unclean clone", CHECK, "        clean: true\n", "", PHASE, "clean"),
    Defect("unquoted word", TRAIN, '$(cat "reports/$MODEL/data.verdict")"', '"$(cat reports/$MODEL/data.verdict)', "shellcheck", "SC2086"),
    # What the table of flows finds.
    Defect("missing target", TRAIN, "evaluate, report, gate, register", "evaluate, report, register", "parity"),
    Defect("order of targets", TRAIN, "gate, register", "register, gate", "parity"),
    Defect("misspelt target", CHECK, "smoke, package", "smoek, package", "parity"),
    # What only a run finds.
    Defect("gate that never blocks", MAKE, "make ${{ target }}\n            d", "make ${{ target }} || true\n            d", GATE),
    Defect("registered whatever the gate says", TRAIN, "and(succeeded(), ne(variables.DATA, 'unchanged'))\n      - template", "and(always(), ne(variables.DATA, 'unchanged'))\n      - template", GATE),
    Defect("a worse model passes", MAKE, "make ${{ target }}\n            d", "make ${{ target }} ; true\n            d", "a_worse_model_stops_the_pull_request"),
    Defect("broken condition", CHECK, "or(eq(variables['Build.SourceBranch'], 'refs/heads/main'),", "or(eq(variables['Build.SourceBranch'], 'refs/heads/main',", PUSH, "eq()"),
    Defect("error in the middle", TRAIN, "          set -e\n", "", "a_list_of_models_that_fails_stops_training"),
    Defect("error in the middle of watch", WATCH, "          set -e\n", "", "a_list_of_drifted_models_that_fails_goes_red"),
    Defect("no token", TRAIN, "          AZURE_DEVOPS_EXT_PAT: $(System.AccessToken)\n", "          NONE: ''\n", PUSH),
    Defect("misspelt variable", TRAIN, "$(System.AccessToken)", "$(Sytem.AccessToken)", PUSH, "Sytem.AccessToken"),
    Defect("token for every step", MAKE, "${{ if eq(target, 'sign-in') }}", "${{ if ne(target, 'x') }}", "only_what_needs_the_token_of_the_job_gets_it"),
    Defect("starts what is not there", TRAIN, "--name my-model-deliver", "--name my-model-delivery", PUSH, "az:"),
    Defect("parameter of another pipeline", WATCH, "model={}", "modle={}", "drift_trains_that_model", "no parameter"),
    Defect("reason that is not allowed", WATCH, "reason=drift", "reason=drifted", "drift_trains_that_model", "not one of"),
    Defect("wrong reason", TRAIN, "GOLDENPATH_REASON: ci", "GOLDENPATH_REASON: manual", PUSH),
    Defect("payload that is not read", WEBHOOK, "parameters.order.reason", "parameters.ordr.reason", "every_reason_to_train_is_told"),
    Defect("weekly, but not without a change", CHECK, "    always: true # also when nothing was pushed\n", "", "the_weekly_scan_runs_alone"),
    Defect("a watch that sleeps", WATCH, "    always: true # also when nothing was pushed\n", "", "what_is_stable_is_left_alone"),
    Defect("no tag for training", CHECK, "##vso[build.addbuildtag]model", "model", PUSH),
    Defect("every push is trained", TRAIN, "        tags: [model]", "        # tags", "a_push_that_does_not_touch_the_model_is_not_trained"),
    Defect("shallow clone", CHECK, "fetchDepth: 2", "fetchDepth: 1", "a_push_that_does_not_touch_the_model_is_not_trained"),
    Defect("words start a build", CHECK, '  paths: {exclude: ["**/*.md"]}\n', "", "a_push_of_words_starts_nothing"),
    Defect("every branch is published", CHECK, 'include: ["main"]}\n  tags', 'include: ["*"]}\n  tags', "a_branch_starts_nothing"),
    Defect("a pull request publishes", CHECK, "or(eq(variables['Build.SourceBranch'], 'refs/heads/main'),", "or(true,", "a_pull_request_trains_its_model_and_publishes_nothing"),
    Defect("tags publish nothing", CHECK, "'refs/tags/'", "'refs/tag/'", "a_tag_is_published_and_not_trained"),
    Defect("no tags to describe", CHECK, "        fetchTags: true\n", "", "a_tag_is_published_and_not_trained"),
    Defect("a fork has the store", MAKE, "variable=GOLDENPATH_STORE", "variable=GOLDENPATH_STOREY", "a_fork_gets_no_store_and_no_secret"),
    Defect("nobody is asked", DELIVER, "ne(dependencies.staging", "eq(dependencies.staging", YES),
    Defect("a no is no no", DELIVER, "in(dependencies.approval.result, 'Succeeded', 'Skipped')", "in(dependencies.approval.result, 'Succeeded', 'Skipped', 'Failed')", "a_no_stops"),
    Defect("automatic never arrives", DELIVER, "'Succeeded', 'Skipped')", "'Succeeded')", "a_policy_can_do_without_a_person"),
    Defect("the newest instead of the approved", DELIVER, "              VERSION: $[ stage", "              VERSIN: $[ stage", YES),
    Defect("the newest instead of the tested", PRODUCTION, "        VERSION:", "        VERSIN:", "a_policy_can_do_without_a_person"),
    Defect("no version is a version", DELIVER, "                  set -e\n", "", "a_policy_that_says_nothing_stops"),
    Defect("an unknown policy is a yes", DELIVER, "ne(dependencies.staging.outputs['staging.release.verdict'], 'automatic')", "eq(dependencies.staging.outputs['staging.release.verdict'], 'approval')", "a_policy_that_is_unknown_asks"),
    Defect("staging goes on running", DELIVER, ", condition: always()", "", "a_failing_test_stops_delivery_and_staging_is_stopped"),
    Defect("nobody has approved", DELIVER, "              BY: run", "              BUY: run", YES),
    Defect("strategy is dropped", DELIVER, "    STRATEGY:", "    STRATGY:", YES),
    Defect("no credentials to push", PRODUCTION, "              persistCredentials: true # to push that branch\n", "", "a_promotion_asks_for_a_merge"),
    Defect("no proposal", PRODUCTION, "      PROPOSE:", "      PROPOSAL:", YES),
    Defect("environments are not reconciled", DELIVER, "include: [environments]", "include: [environment]", "a_merged_environment_is_made_so"),
    Defect("no verdict is a verdict", WATCH, "|| cat reports/*/monitor.verdict", "|| true", "a_watch_without_a_verdict_goes_red"),
    Defect("watching without a store", WATCH, "or(false, ne(variables.GOLDENPATH_STORE, ''))", "true", "nothing_is_delivered_without_a_store"),
    Defect("unchanged data are trained", TRAIN, "eq(variables.GOLDENPATH_REASON, 'data')", "eq(variables.GOLDENPATH_REASON, 'date')", "unchanged_data_stop_after_data"),
    Defect("reports are lost with the gate", TRAIN, "reports-$(MODEL)-$(System.JobAttempt)\n        condition: always()", "reports-$(MODEL)-$(System.JobAttempt)", GATE),
    Defect("data are published", TRAIN, "publish: build/$(MODEL)/model", "publish: build/$(MODEL)", PUSH),
    Defect("one name for two artefacts", TRAIN, "artifact: model-$(MODEL)", "artifact: model", PUSH),
]
# fmt: on
