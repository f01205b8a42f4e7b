"""Defects in the files of Jenkins, and who finds each: a judge of jenkins.py, the table of flows, or a test of test_jenkins.py."""

from __future__ import annotations

from tests.proof.jenkins import FILES, JOBS

CHECK, TRAIN, DELIVER, WATCH = FILES["check"], FILES["train"], FILES["deliver"], FILES["watch"]
TIMER = "            not { triggeredBy 'TimerTrigger' }\n            expression { changes.code }\n"
RELEASED = """        anyOf {
          branch 'main'
          buildingTag()
        }
"""

# what, path, old, new, judge, words
Row = tuple[str, str, str, str, str, str]
# fmt: off
WRITTEN: tuple[Row, ...] = (
    ("a brace too few", TRAIN, "stages {", "stages", "declarative", "unexpected token|expecting"),
    ("unknown section", TRAIN, "  stages {", "  stagez {", "declarative", "stagez"),
    ("unknown step", CHECK, "deleteDir()", "deleteDirs()", "declarative", "deleteDirs"),
    ("unknown option", WATCH, "withFolderProperties()", "withFolderProperty()", "declarative", "option withFolderProperty"),
    ("unknown condition", CHECK, "changeRequest()", "pullRequest()", "declarative", "condition pullRequest"),
    ("unknown cause", CHECK, "TimerTrigger'", "TimerTriger'", "declarative", "cause TimerTriger"),
    ("unknown argument", TRAIN, "allowEmptyArchive: true", "allowEmpty: true", "test_a_gate_stops_its_model_alone", "allowEmpty"),
    ("unknown argument of a step", DELIVER, "allowEmptyArchive", "allowEmpty", "declarative", "no argument allowEmpty"),
    ("unknown unit", WATCH, "'HOURS'", "'HOUR'", "declarative", "unit cannot be HOUR"),
    ("text for a number", TRAIN, "time: 12", "time: '12'", "declarative", "time cannot be 12"),
    ("unknown condition of post", DELIVER, "cleanup {", "finally {", "declarative", "finally|unexpected token"),
    ("a stage without steps", DELIVER, "      steps {\n        sh 'sh ci/prepare.sh'", "      stepz {\n        sh 'sh ci/prepare.sh'", "declarative", "stepz"),
    ("two stages of one name", CHECK, "stage('scan')", "stage('model')", "declarative", "used twice"),
    ("Groovy outside script", WATCH, "script {\n          sh(", "[1].each {\n          sh(", "declarative", "goes into script"),
    ("agent around parallel stages", CHECK, "      parallel {", "      agent any\n      parallel {", "declarative", "around parallel"),
    ("a question without words", DELIVER, "message '", "id '", "declarative", "input has no message"),
    ("a container without image", WATCH, "image IMAGE; ", "", "declarative", "no image"),
    ("a computed environment", DELIVER, "BY = person()", "BY = causes", "declarative", "environment: only"),
    ("injection by interpolation", TRAIN, "sh 'make evaluate'", 'sh "make evaluate MODEL=${model}"', "declarative", "injection"),
    ("injection by addition", DELIVER, "sh 'make rollout'", "sh 'make rollout STRATEGY=' + params.STRATEGY", "declarative", "injection"),
    ("no end", TRAIN, "    timeout(time: 12, unit: 'HOURS')\n", "", "policy", "no timeout"),
    ("two deliveries at once", DELIVER, "    disableConcurrentBuilds()\n", "", "policy", "no disableConcurrentBuilds"),
    ("builds that pile up", WATCH, "    buildDiscarder(logRotator(numToKeepStr: '50'))\n", "", "policy", "no buildDiscarder"),
    ("an agent that waits for a person", DELIVER, "  agent none", "  agent any", "policy", "agent is held"),
    ("unpinned image", WATCH, "slim@sha256:", "slim-", "policy", "not pinned"),
    ("impossible time", CHECK, "H(2-5)", "H(2-25)", "policy", "hour"),
    ("nobody knows who approved", DELIVER, "        submitterParameter 'BY'\n", "", "policy", "who approved"),
    ("files of root stay", TRAIN, "                      sh 'find . -mindepth 1 -delete'\n", "", "policy", "stays behind"),
    ("a job of a file that is not there", JOBS, "ci/jenkins/${file}", "ci/${file}", "jobs", "is not its pipeline"),
    ("another name for a parameter", JOBS, "stringParam('GOLDENPATH_REASON'", "stringParam('REASON'", "jobs", "used and not declared"),
    ("unknown trait", JOBS, "gitHubForkDiscovery", "gitHubForksDiscovery", "jobs", "gitHubForksDiscovery"),
    ("unknown trigger", JOBS, "genericTrigger", "genericTriger", "jobs", "genericTriger"),
    ("impossible day", JOBS, "* * 7", "* * 8", "jobs", "day of the week"),
    ("a job less", JOBS, "pipelineJob('watch')", "pipelineJob('wach')", "jobs", "wach"),
    ("unknown job started", CHECK, "'../train'", "'../trian'", "jobs", "no job trian"),
    ("unknown parameter given", CHECK, "name: 'GOLDENPATH_IMAGE'", "name: 'IMAGE'", "jobs", "no parameter IMAGE"),
    ("unknown target", CHECK, "make smoke", "make smoek", "parity", "smoek"),
    ("a step forgotten", TRAIN, "                      sh 'make gate'\n", "", "parity", "register"),
    ("steps in another order", DELIVER, "make rollout", "make promote", "parity", "promote"),
    ("a job of another name", CHECK, "stage('scan')", "stage('scans')", "parity", "scan"),
)
LINTED: tuple[Row, ...] = (
    ("a variable for nothing", TRAIN, "def models = []", "def models = []\ndef unused = ''", "groovy_lint", "UnusedVariable"),
    ("an assignment for a comparison", TRAIN, "== 'data'", "= 'data'", "groovy_lint", "Assignment|unexpected|Unexpected"),
)
RUN: tuple[Row, ...] = (
    ("a gate that never blocks", TRAIN, "make gate'", "make gate || true'", "test_a_gate_stops_its_model_alone", ""),
    ("a failing pipeline is green", CHECK, "make pipeline'", "make pipeline || true'", "test_a_pull_request_with_a_worse_model_is_red", ""),
    ("secret for a fork", CHECK, " && !env.CHANGE_FORK ?", " ?", "test_a_fork_gets_no_secret_and_no_store", ""),
    ("store for a fork", CHECK, "env.CHANGE_FORK ? '' : ", "", "test_a_fork_gets_no_secret_and_no_store", ""),
    ("code of a fork outside", CHECK, "!env.CHANGE_FORK }", "true }", "test_a_fork_gets_no_secret_and_no_store", ""),
    ("forks start by themselves", JOBS, "ignoreUntrustedChanges(true)", "ignoreUntrustedChanges(false)", "test_a_fork_gets_no_secret_and_no_store", ""),
    ("nobody is asked", DELIVER, "release.verdict != 'automatic'", "false", "test_a_delivery_waits_for_a_person", ""),
    ("anybody may approve", DELIVER, "        submitter 'my-org*ml-approvers,ml-approvers'\n", "", "test_a_delivery_waits_for_a_person", ""),
    ("asked in any case", DELIVER, "        beforeInput true\n", "", "test_an_automatic_delivery_asks_nobody", ""),
    ("another version is rolled out", DELIVER, 'VERSION = "${release.version}"', "VERSION = ''", "test_an_approved_delivery_goes_on", ""),
    ("staging stays after a failure", DELIVER, "        always {\n          sh 'make down", "        success {\n          sh 'make down", "test_a_failing_acceptance_stops_and_cleans_up", ""),
    ("a rollback does the rest too", DELIVER, "params.ACTION == 'deliver'", "params.ACTION != 'reconcile'", "test_a_rollback_is_one_click", ""),
    ("nobody rolls back", DELIVER, "BY = person()", "BY = ''", "test_a_rollback_is_one_click", ""),
    ("trains on every push", CHECK, "            changeRequest()\n", "", "test_a_push_checks_publishes_trains_and_delivers", ""),
    ("publishes pull requests", CHECK, RELEASED, "", "test_a_pull_request_trains_and_publishes_nothing", ""),
    ("the week does everything", CHECK, TIMER, TIMER.split("\n", 1)[1], "test_the_week_only_scans", ""),
    ("all branches scan weekly", CHECK, "env.BRANCH_NAME == 'main' ? 'H H(2-5) * * 1' : ''", "'H H(2-5) * * 1'", "test_the_week_only_scans", ""),
    ("a push aborts the one before", CHECK, "env.CHANGE_ID != null", "true", "test_a_push_checks_publishes_trains_and_delivers", ""),
    ("changes since the last push only", CHECK, "env.GIT_PREVIOUS_SUCCESSFUL_COMMIT", "'HEAD^1'", "test_what_changed_is_counted_from_the_last_good_build", ""),
    ("the digest is lost", CHECK, "value: digest", "value: ''", "test_a_push_checks_publishes_trains_and_delivers", ""),
    ("a build that waits for another", CHECK, "'../train', wait: false", "'../train', wait: true", "test_a_push_checks_publishes_trains_and_delivers", ""),
    ("which model is lost", TRAIN, '"MODEL=${model}"', '"MODELS=${model}"', "test_a_push_checks_publishes_trains_and_delivers", ""),
    ("unchanged data train", TRAIN, "== 'unchanged'", "== 'same'", "test_unchanged_data_train_nothing", ""),
    ("the reason is lost", TRAIN, "params.GOLDENPATH_REASON ?: ", "", "test_drift_trains_what_has_drifted", ""),
    ("drift is an error", WATCH, " || cat reports/*/monitor.verdict", "", "test_drift_trains_what_has_drifted", ""),
    ("any failure of the monitor is drift", WATCH, "cat reports/*/monitor.verdict", "true", "test_a_monitor_without_a_verdict_is_red", ""),
    ("all models are trained", WATCH, "DRIFTED=yes ", "", "test_drift_trains_what_has_drifted", ""),
    ("delivers what is not kept", TRAIN, "if (STORE_KEPT || env.GOLDENPATH_STORE)", "if (true)", "test_without_a_store_nothing_is_delivered_or_watched", ""),
    ("settings of the folder are lost", TRAIN, "    withFolderProperties()\n", "", "test_a_push_checks_publishes_trains_and_delivers", ""),
    ("no token for the cloud", DELIVER, "withCredentials(token()) { sh 'make sign-in' }", "sh 'make sign-in'", "test_an_approved_delivery_goes_on", ""),
    ("a branch that nobody has", JOBS, "name('main')", "name('trunk')", "test_a_push_checks_publishes_trains_and_delivers", ""),
    ("a webhook for any reason", JOBS, "^(webhook|data)$", "", "test_triggers_of_training", "unknown"),
    ("a function that Groovy knows already", TRAIN, "token()", "identity()", "test_a_push_checks_publishes_trains_and_delivers", ""),
)
