"""Defects to seed into CircleCI's files, and who must catch each: a judge of circleci_judges.py or a check of circleci_flows.py.

Words are alternatives, parted by "|". ESCAPES are those that nobody here can see, with the reason.
"""

from __future__ import annotations

from tests.proof.defect import Defect

CONFIG, RELEASE = ".circleci/config.yml", ".circleci/release.yml"
GO_ON, SETTINGS = "ci/continue.py", "ci/settings.yml"


DEFECTS = [
    # The schema.
    Defect(
        "unknown step key",
        CONFIG,
        "no_output_timeout: 30m",
        "no_output_timeouts: 30m",
        "schema",
        "config.yml",
    ),
    Defect("unknown moment", CONFIG, "when: always", "when: allways", "schema", "config.yml"),
    Defect("unknown type", CONFIG, "model: {type: string", "model: {type: text", "schema", "text"),
    Defect("unknown filter", CONFIG, "{branches: {ignore:", "{branches: {ignored:", "schema", "config.yml"),
    Defect("unknown logic", CONFIG, "{not: {equal:", "{nor: {equal:", "compiles", "unknown logic nor"),
    Defect(
        "a workflow without jobs",
        RELEASE,
        "    jobs:\n      - ask",
        "    job:\n      - ask",
        "schema",
        "jobs",
    ),
    # CircleCI's parser.
    Defect("unknown executor", CONFIG, "executor: engine", "executor: engin", "parser", "engin not found"),
    Defect("no executor", RELEASE, "executor: container", "executr: container", "parser", "No executor"),
    Defect(
        "unknown step",
        CONFIG,
        "- only-if-changed: {paths: env",
        "- only-if-change: {paths: env",
        "parser",
        "only-if-change",
    ),
    # shellcheck.
    Defect(
        "no end of a text",
        CONFIG,
        '"reports/$MODEL/data.verdict"',
        '"reports/$MODEL/data.verdict',
        "shell",
        "SC1009|SC1072|SC1073|SC1078",
    ),
    Defect(
        "bash given to sh",
        CONFIG,
        'if [ "$GOLDENPATH_REASON" = data ]',
        'if [[ "$GOLDENPATH_REASON" = data ]]',
        "shell",
        "SC3010",
    ),
    Defect(
        "no fi",
        CONFIG,
        '" ]; then circleci-agent step halt; fi',
        '" ]; then circleci-agent step halt',
        "shell",
        "SC1046|SC1047|SC1073",
    ),
    # Our interpreter, before anything runs.
    Defect("unknown need", CONFIG, "requires: [publish]", "requires: [publsh]", "compiles", "publsh"),
    Defect("a cycle", CONFIG, "plan: {requires: [publish]", "plan: {requires: [train]", "compiles", "cycle"),
    Defect(
        "unknown job",
        RELEASE,
        "      - production: {context",
        "      - prodction: {context",
        "compiles",
        "prodction",
    ),
    Defect(
        "unknown expression",
        CONFIG,
        "<< pipeline.parameters.model >>",
        "<< pipeline.parameters.modl >>",
        "compiles",
        "modl",
    ),
    Defect(
        "broken expression",
        CONFIG,
        "<< parameters.reason >>",
        "<< parameters.reason >",
        "compiles",
        "broken expression",
    ),
    Defect(
        "missing argument", CONFIG, "train: {reason: ci, ", "train: {", "compiles", "missing argument reason"
    ),
    Defect(
        "unknown argument", CONFIG, "train: {reason: ci", "train: {reason: ci, why: ci", "compiles", "why"
    ),
    Defect(
        "two flows at once",
        CONFIG,
        "{equal: [scheduled_pipeline, << pipeline.trigger_source >>]}]}\n    jobs: [scan]",
        "{not: {equal: [scheduled_pipeline, << pipeline.trigger_source >>]}}]}\n    jobs: [scan]",
        "compiles",
        "one workflow",
    ),
    Defect(
        "a parameter that does not come along",
        RELEASE,
        '  flow: {type: string, default: ""}\n',
        "",
        "compiles",
        "flow",
    ),
    Defect(
        "a default that is no choice", CONFIG, "default: manual", "default: manually", "compiles", "manually"
    ),
    # Our own rules.
    Defect("image by tag", CONFIG, "@sha256:", ":", "policy", "without digest"),
    Defect(
        "an orb",
        CONFIG,
        'version: "2.1"\n',
        'version: "2.1"\norbs: {python: circleci/python@2.1.1}\n',
        "compiles",
        "unknown key",
    ),
    Defect("silence ends it", CONFIG, ", no_output_timeout: 3h", "", "policy", "no_output_timeout"),
    Defect(
        "silence ends the training",
        CONFIG,
        "          no_output_timeout: 3h\n",
        "",
        "policy",
        "silence in train",
    ),
    Defect("two deliveries at once", CONFIG, ", serial-group: *one}", "}", "policy", "serial-group"),
    Defect(
        "a context for everybody",
        CONFIG,
        "- check: {filters",
        "- check: {context: [my-model-store], filters",
        "policy",
        "not the default one",
    ),
    Defect(
        "no token", CONFIG, "reconcile: {context: *store, ", "reconcile: {", "policy", "without a context"
    ),
    Defect(
        "a context nobody has",
        RELEASE,
        "[my-model-store, my-model-release]",
        "[my-model-store, my-model-relase]",
        "policy",
        "relase",
    ),
    Defect(
        "a password",
        CONFIG,
        "      STRATEGY: <<",
        "      REGISTRY_PASSWORD: hunter2\n      STRATEGY: <<",
        "policy",
        "a secret in a file",
    ),
    Defect(
        "logic in a file",
        CONFIG,
        "- run: make health",
        "- run: curl --silent example.com | sh",
        "policy",
        "more than a call",
    ),
    Defect(
        "reports lost",
        RELEASE,
        "      - store_artifacts: {path: reports}\n",
        "",
        "policy",
        "reports are lost",
    ),
    Defect("no such time", SETTINGS, "29 3 * * 1", "29 31 * * 1", "policy", "no time"),
    Defect("a schedule of nothing", SETTINGS, "flow: watch", "flow: wacth", "policy", "wacth"),
    Defect("a bare container", RELEASE, "      - run: sh ci/prepare.sh\n", "", "policy", "prepare.sh"),
    # The table.
    Defect("smoke forgotten", CONFIG, "      - run: make smoke\n", "", "parity", "check"),
    Defect(
        "gate after register",
        CONFIG,
        "              make gate\n              make register\n",
        "              make register\n              make gate\n",
        "parity",
        "register",
    ),
    Defect("another target", RELEASE, "make promote", "make promot", "parity", "promot"),
    # A flow, run by our interpreter.
    Defect(
        "a gate that stops nothing",
        CONFIG,
        "              make gate\n",
        "              make gate || true\n",
        "gate_fails",
        "train",
    ),
    Defect(
        "one failure is enough",
        CONFIG,
        "sh -ec '\n              make data",
        "sh -c '\n              make data",
        "gate_fails",
        "train",
    ),
    Defect(
        "nobody is waited for",
        RELEASE,
        "approval: {requires: [ask], ",
        "approval: {",
        "approval_waits",
        "approval",
    ),
    Defect(
        "approval is not waited for",
        RELEASE,
        "production: {requires: [approval], ",
        "production: {",
        "approval_waits",
        "production",
    ),
    Defect(
        "always a person",
        GO_ON,
        'any(verdict != "automatic"',
        'any(verdict != "automtic"',
        "automatic",
        "ask",
    ),
    Defect("never a person", GO_ON, "any(verdict", "all(verdict", "one_asks", "production"),
    Defect("the wrong key", GO_ON, '"continuation-key"', '"continuation_key"', "automatic", "staging"),
    Defect(
        "staging stays up",
        CONFIG,
        '              trap "make down ENV=staging" EXIT\n',
        "",
        "accept_fails",
        "down",
    ),
    Defect(
        "another version",
        RELEASE,
        'export MODEL="$0" VERSION="$1"',
        'export MODEL="$0"',
        "accepted_version",
        "VERSION|1a2b",
    ),
    Defect("the wrong reason", CONFIG, "train: {reason: drift", "train: {reason: ci", "watch", "drift"),
    Defect("drift makes it red", CONFIG, " || cat reports/*/monitor.verdict", "", "watch", "monitor"),
    Defect("all are trained", CONFIG, "matrix DRIFTED=yes", "matrix", "watch", "train"),
    Defect(
        "a reason that gets lost",
        CONFIG,
        "{GOLDENPATH_REASON: << parameters.reason >>}",
        "{REASON: << parameters.reason >>}",
        "train_triggers",
        "GOLDENPATH_REASON",
    ),
    Defect(
        "old data trained",
        CONFIG,
        "then exit 0; fi\n              make train",
        "then :; fi\n              make train",
        "data_unchanged",
        "train",
    ),
    Defect(
        "a push that hides a push",
        CONFIG,
        'BASE=$(git merge-base "origin/main" HEAD)',
        ":",
        "pull_request",
        "model",
    ),
    Defect(
        "texts are built",
        CONFIG,
        "circleci-agent step halt; fi\n  only-if-any",
        "true; fi\n  only-if-any",
        "push_of_text",
        "check",
    ),
    Defect(
        "delivered without a store",
        CONFIG,
        'if [ -z "${GOLDENPATH_STORE:-}" ]',
        'if [ -z "$HOME" ]',
        "train_triggers",
        "staging",
    ),
    Defect(
        "a tag is not published",
        CONFIG,
        '{only: ["main"]}, tags: {only: /.*/}}}',
        '{only: ["main"]}}}',
        "tag",
        "publish",
    ),
    Defect(
        "trained on any branch",
        CONFIG,
        'filters: &default {branches: {only: ["main"]}}',
        "filters: &default {branches: {ignore: [never]}}",
        "elsewhere",
        "pipeline",
    ),
    Defect("nothing is handed on", CONFIG, "      - persist_to_workspace: *listed\n", "", "watch", "train"),
    Defect(
        "nothing to attach",
        CONFIG,
        "      - persist_to_workspace: &handed {root: ., paths: [build/image.digest, build/models]}\n",
        "      - run: &handed echo nothing\n",
        "push_of_text",
        "train|persist",
    ),
    Defect(
        "the image is forgotten",
        CONFIG,
        "GOLDENPATH_IMAGE=$(cat build/image.digest || true)",
        "GOLDENPATH_IMAGE=",
        "push",
        "DIGEST",
    ),
    Defect("another token", CONFIG, '{"aud":"sts.amazonaws.com"}', '{"aud":"me"}', "push", "tokens"),
    Defect(
        "nobody proposes",
        RELEASE,
        '            export PROPOSE="${PROPOSE:-echo merge}"\n',
        "",
        "push",
        "PROPOSE",
    ),
]

ESCAPES = (
    ("a machine image that is not offered", "ubuntu-2404:current", "CircleCI alone knows which there are"),
    (
        "a claim that the CLI does not know",
        "oidc get --claims",
        "the interpreter knows this spelling only, from the documentation",
    ),
)
