"""Defects to seed into GitLab's files, and who must catch each: a judge of gitlab_judges.py, by name, with these words.

Words are alternatives, parted by "|". A defect that no judge can see is listed in ESCAPES, with the reason.
"""

from __future__ import annotations

from tests.proof.defect import Defect

MAIN, TRAIN, DELIVER, WATCH = ".gitlab-ci.yml", "ci/train.yml", "ci/deliver.yml", "ci/watch.yml"
CHILD = "ci/child.sh"


DEFECTS = [
    # The schema of GitLab.
    Defect("unknown key", TRAIN, "interruptible: false", "interuptible: false", "schema", "interuptible"),
    Defect("unknown moment", DELIVER, "when: manual", "when: manualy", "schema", "manualy"),
    Defect("unknown strategy", WATCH, "strategy: depend", "strategy: dependend", "schema", "dependend"),
    Defect("a job named as a keyword", TRAIN, "\nnothing:", "\nservices:", "schema", "services"),
    Defect("a rule that is no list", DELIVER, 'rules:\n    - if: $FLOW == "roll', 'rules:\n      if: $FLOW == "roll', "schema", "rules"),
    Defect("unknown key in a child", CHILD, "    strategy: depend", "    stratgy: depend", "schema", "stratgy"),
    # shellcheck.
    Defect("unquoted word", CHILD, "in\n  *[!A-Z", "in\n  $1) ;;\n  *[!A-Z", "shell", "SC2254"),
    Defect("not POSIX", TRAIN, 'if [ "$GOLDENPATH_REASON" = data ]', 'if [[ "$GOLDENPATH_REASON" = data ]]', "shell", "SC3010"),
    Defect("unended text", CHILD, 'names="" release=nothing ;;\nesac', 'names=" release=nothing ;;\nesac', "shell", "SC1073|SC1009|SC1078"),
    # The parser of gitlab-ci-local.
    Defect("unknown need", TRAIN, "needs: [plan]", "needs: [plann]", "parser", "plann"),
    Defect("unknown stage", MAIN, "check:\n  stage: test", "check:\n  stage: tset", "parser", "tset"),
    Defect("broken rule", DELIVER, '$RELEASE == "approval"\n', '$RELEASE == "approval\n', "parser", "rules"),
    Defect("no script", WATCH, "  script:\n    - make setup", "  scripts:\n    - make setup", "parser", "monitor"),
    Defect("unknown part", CHILD, "extends: .train", "extends: .trian", "parser", "trian"),
    Defect("unknown need in a child", CHILD, 'needs: ["staging-$name"]', 'needs: ["stagin-$name"]', "parser", "stagin-cat"),
    Defect("a need of itself", TRAIN, "needs: [plan]", "needs: [models]", "parser", "circular|self"),
    # Our own rules.
    Defect("image by tag", TRAIN, "@sha256:", ":", "policy", "without digest"),
    Defect("no timeout", TRAIN, "  timeout: 1 hour\n", "", "policy", "has no timeout"),
    Defect("no identity", DELIVER, "extends: [.flow, .keyless]", "extends: .flow", "policy", "id_tokens"),
    Defect("an identity too many", TRAIN, "plan:\n  extends: .flow", "plan:\n  extends: [.flow, .keyless]", "policy", "id_tokens"),
    Defect("two deliveries at once", DELIVER, "  resource_group: deliver\n", "", "policy", "resource_group"),
    Defect("a file from elsewhere", MAIN, "  - local: ci/train.yml", "  - remote: https://example.com/train.yml", "policy", "from elsewhere"),
    Defect("green whatever happens", TRAIN, "    strategy: depend\n", "", "policy", "strategy"),
    Defect("variables handed on", TRAIN, "  inherit:\n    variables: [STORE_KEPT]\n", "  variables: {}\n", "policy", "inherit"),
    Defect("reports lost", TRAIN, "    when: always\n", "", "policy", "reports are lost"),
    Defect("wrong time", WATCH, "90 days", "90 dyas", "policy", "expire_in"),
    Defect("a password", MAIN, "REGISTRY_PASSWORD: $CI_REGISTRY_PASSWORD", "REGISTRY_PASSWORD: hunter2", "policy", "a secret in a file"),
    Defect("ended by a push", TRAIN, "interruptible: false", "interruptible: true", "policy", "interruptible"),
    Defect("logic in a file", WATCH, "    - make health", "    - curl https://example.com | sh", "policy", "more than a call"),
    Defect("a rule on nothing", WATCH, '$FLOW == "watch"', '$FLOWW == "watch"', "policy", "FLOWW"),
    Defect("nobody is waited for", DELIVER, "allow_failure: false", "allow_failure: true", "policy", "goes on without"),
    # The agreed table.
    Defect("no gate", TRAIN, "    - make gate # red here: the job ends, nothing is registered or delivered\n", "", "parity", "evaluate"),
    Defect("gate after all", TRAIN, "    - make report\n", "    - make register\n    - make report\n", "parity", "register"),
    Defect("unknown target", MAIN, "make smoke", "make smoek", "parity", "smoek"),
    Defect("no image", MAIN, "    - make image\n", "    - echo image\n", "parity", "package"),
    Defect("staging left running", DELIVER, '    - trap "make down ENV=staging" EXIT # also when a test fails\n', "", "parity", "accept"),
    # What begins at all.
    Defect("texts start a pipeline", MAIN, '      changes: ["**/*[^d]", "**/*[^m]d", "**/*[^.]md"]\n', "", "begins", "README.md"),
    Defect("every branch", MAIN, '"push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n      changes: ["*', '"push"\n      changes: ["*', "begins", "topic"),
    # What happens then.
    Defect("a gate that never blocks", TRAIN, "make gate #", "make gate || true #", "gate fails", "register"),
    Defect("a gate that is forgiven", TRAIN, ".train:\n", ".train:\n  allow_failure: true\n", "gate fails", "deploy"),
    Defect("approval by itself", DELIVER, "when: manual", "when: on_success", "deliver, nobody approves", "promote"),
    Defect("production does not wait", DELIVER, "needs: [{job: approval, optional: true}]", "needs: []", "deliver, nobody approves", "promote"),
    Defect("approval never asked for", DELIVER, '$RELEASE == "approval"\n', '$RELEASE == "aproval"\n', "deliver, approved", "approve"),
    Defect("no automatic release", DELIVER, '|| $RELEASE == "automatic"', "", "deliver, automatic", "promote"),
    Defect("staging does not matter", DELIVER, "make accept ENV=staging", "make accept ENV=staging || true", "deliver, not accepted", "promote"),
    Defect("down too late", DELIVER, 'trap "make down ENV=staging" EXIT # also when a test fails\n    - make deploy ENV=staging\n    - make accept ENV=staging', "make deploy ENV=staging\n    - make accept ENV=staging\n    - make down ENV=staging", "deliver, not accepted", "down"),
    Defect("promoted whatever happens", DELIVER, "make rollout", "make rollout || true", "deliver, rollout fails", "promote"),
    Defect("nobody is asked to merge", DELIVER, 'PROPOSE: "true"', 'PROPOSED: "true"', "deliver, approved", "PROPOSE"),
    Defect("an approval without a name", DELIVER, "BY: $GITLAB_USER_LOGIN", "BY: $GITLAB_USER", "deliver, approved", "BY"),
    Defect("a delivery trains", CHILD, '"$FLOW" != deliver', '"$FLOW" != delivery', "deliver, approved", "train"),
    Defect("the version is lost", CHILD, 'VERSION: "$version"', 'VERSION: ""', "deliver, approved", "VERSION"),
    Defect("another version than was accepted", CHILD, " version=$(cat reports/release.version)", "", "deliver, approved", "VERSION"),
    Defect("the image is lost", TRAIN, ", {job: publish, optional: true}", "", "push", "GOLDENPATH_IMAGE"),
    Defect("production as staging", DELIVER, "make reconcile ENV=production", "make reconcile ENV=staging", "push of environments", "staging"),
    Defect("environments unseen", DELIVER, "environments/**/*", "environment/**/*", "push of environments", "reconcile"),
    Defect("wrong reason", MAIN, "GOLDENPATH_REASON: webhook", "GOLDENPATH_REASON: manual", "train by webhook", "webhook"),
    Defect("drift is forgotten", WATCH, "GOLDENPATH_REASON=drift", "GOLDENPATH_REASON=drifted", "watch, drift", "drift"),
    Defect("all are retrained", WATCH, "DRIFTED=yes ", "", "watch, stable", "train"),
    Defect("monitor may break", WATCH, "cat reports/*/monitor.verdict", "true", "watch, no verdict", "health"),
    Defect("trained on old data", TRAIN, "-qsx unchanged", "-qsx unchangd", "unchanged data", "evaluate"),
    Defect("published for a merge request", MAIN, '$CI_PIPELINE_SOURCE == "push" && ($CI_COMMIT_TAG || $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH)', "$FLOW", "merge request", "publish"),
    Defect("the model is not looked at", MAIN, "src/**/*, params.yaml", "source/**/*, param.yaml", "merge request, worse model", "pipeline"),
    Defect("rollback of nothing", DELIVER, '$FLOW == "rollback" && ($GOLDENPATH_STORE || $STORE_KEPT)', '$FLOW == "rollback"', "rollback, no store", "rollback"),
    Defect("checked each week", MAIN, ' && $CI_PIPELINE_SOURCE != "schedule"', "", "weekly", "smoke"),
]  # fmt: skip

ESCAPES = {
    "a person's right": "Who may press the button of `approval` is set in GitLab (protected environments), not in a file.",
    "a branch of another name": "GitLab says which branch is the default; a pipeline schedule for another one runs nothing.",
    "two at once": "That a resource group locks is GitLab's; policy only sees that each job of a delivery has the same.",
    "an audience that the cloud refuses": "Tokens exist in GitLab only; policy sees which jobs get one.",
}
