"""Defects seeded into workflows: what is broken, and which judge must say so."""

from __future__ import annotations

from typing import NamedTuple

CHECK, TRAIN, DELIVER, WATCH = (
    f".github/workflows/{name}.yml" for name in ("check", "train", "deliver", "watch")
)
BOT = ".github/dependabot.yml"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
ID_TOKEN = "      id-token: write # to reach a store in a cloud without a key\n"


class Defect(NamedTuple):
    """The first `old` in a rendered file becomes `new`; `judge` must then complain with one of `words`, parted by `|`."""

    what: str
    path: str
    old: str
    new: str
    judge: str
    words: str


DEFECTS = [
    Defect(
        "unknown job needed, by GitHub",
        CHECK,
        "    needs: check\n",
        "    needs: chek\n",
        "parser",
        "unknown job",
    ),
    Defect(
        "unknown trigger, by GitHub",
        WATCH,
        "  workflow_dispatch:\n",
        "  workflow_dispach:\n",
        "parser",
        "workflow_dispach",
    ),
    Defect("unpinned action", CHECK, CHECKOUT, "actions/checkout@v7", "zizmor", "unpinned-uses"),
    Defect("rights by default", CHECK, "permissions: {}\n", "", "zizmor", "excessive-permissions"),
    Defect(
        "all rights",
        TRAIN,
        "permissions: {}\n",
        "permissions: write-all\n",
        "zizmor",
        "excessive-permissions",
    ),
    Defect(
        "code of strangers with secrets",
        CHECK,
        "  pull_request:\n",
        "  pull_request_target:\n",
        "zizmor",
        "dangerous-triggers",
    ),
    Defect(
        "injected title",
        CHECK,
        "run: make check",
        'run: make check T="${{ github.event.pull_request.title }}"',
        "actionlint",
        "potentially untrusted",
    ),
    Defect(
        "injected parameter",
        DELIVER,
        "run: make rollout",
        "run: make rollout STRATEGY=${{ inputs.strategy }}",
        "zizmor",
        "template-injection",
    ),
    Defect(
        "runs that pile up",
        CHECK,
        "concurrency:\n  group: check-${{ github.event.pull_request.number || github.run_id }}\n  cancel-in-progress: true\n",
        "",
        "zizmor",
        "concurrency-limits",
    ),
    Defect(
        "credentials left in the clone",
        TRAIN,
        "          persist-credentials: false\n",
        "",
        "zizmor",
        "artipacked",
    ),
    Defect("no cooldown", BOT, "    cooldown:\n      default-days: 7\n", "", "zizmor", "dependabot-cooldown"),
    Defect("unknown ecosystem", BOT, "ecosystem: uv", "ecosystem: uvv", "schemas", "uvv"),
    Defect(
        "unknown job needed",
        DELIVER,
        "    needs: staging\n",
        "    needs: stagin\n",
        "actionlint",
        "needs job",
    ),
    Defect("two jobs of one name", CHECK, "  scan:\n", "  check:\n", "actionlint", "duplicate"),
    Defect(
        "unknown context",
        CHECK,
        "github.event_name != 'schedule'\n",
        "githb.event_name != 'schedule'\n",
        "actionlint",
        "undefined variable",
    ),
    Defect(
        "broken expression",
        CHECK,
        "${{ github.event.pull_request.number ||",
        "${{ github.event.pull_request.number |",
        "actionlint",
        "expression|character",
    ),
    Defect(
        "unknown output",
        TRAIN,
        "steps.models.outputs.models",
        "steps.model.outputs.models",
        "actionlint",
        "model",
    ),
    Defect(
        "unknown input of an action",
        CHECK,
        "persist-credentials: false",
        "persist-credential: false",
        "actionlint",
        "persist-credential",
    ),
    Defect("unknown key", WATCH, "timeout-minutes: 60", "timeout: 60", "actionlint", "unexpected key"),
    Defect("unknown key, by schema", CHECK, "timeout-minutes: 30", "timeout: 30", "schemas", "timeout"),
    Defect("impossible time", WATCH, "29 3 * * 1", "61 3 * * 1", "actionlint", "cron"),
    Defect("unknown machine", CHECK, "ubuntu-latest", "ubuntu-lates", "actionlint", "ubuntu-lates"),
    Defect(
        "broken shell", CHECK, 'git diff --quiet "$BASE"', "git diff --quiet $BASE", "actionlint", "SC2086"
    ),
    Defect("a job without steps", CHECK, "    steps:\n", "    stepz:\n", "schemas", "stepz"),
    Defect("no end in time", DELIVER, "    timeout-minutes: 60\n", "", "rules", "no end in time"),
    Defect(
        "a gate that never blocks",
        TRAIN,
        "run: make gate",
        "run: make gate || true",
        "rules",
        "more than a call of make",
    ),
    Defect(
        "the store outside of an environment",
        WATCH,
        "    environment: training\n",
        "",
        "rules",
        "outside of an environment",
    ),
    Defect(
        "a stranger may write",
        CHECK,
        "      contents: read # to check out\n    steps",
        "      contents: write # to check out\n    steps",
        "rules",
        "a stranger can start it",
    ),
    Defect(
        "a setting that is not handed over",
        TRAIN,
        "  GOLDENPATH_STORE: ${{ vars.GOLDENPATH_STORE }}\n",
        "",
        "rules",
        "not handed over",
    ),
    Defect(
        "a schedule that is not there",
        TRAIN,
        '    - cron: "13 5 * * *"',
        '    - cron: "14 5 * * *"',
        "rules",
        "no schedule",
    ),
    Defect("a target that does not exist", CHECK, "make smoke\n", "make smoek\n", "parity", "smoek"),
    Defect("a step left out", DELIVER, "      - run: make accept ENV=staging\n", "", "parity", "accept"),
    Defect(
        "steps in the wrong order",
        TRAIN,
        "      - run: make gate\n        if: steps.data.outputs.new == 'yes'\n      - run: make register\n",
        "      - run: make register\n        if: steps.data.outputs.new == 'yes'\n      - run: make gate\n",
        "parity",
        "gate",
    ),
    Defect(
        "production before approval",
        DELIVER,
        'contains(fromJSON(\'["success", "skipped"]\'), needs.approval.result)',
        "always()",
        "flow",
        "approval",
    ),
    Defect(
        "registered although blocked",
        TRAIN,
        "      - run: make register\n        if: steps.data.outputs.new == 'yes'\n",
        "      - run: make register\n        if: always()\n",
        "flow",
        "blocked",
    ),
    Defect(
        "promoted although taken back",
        DELIVER,
        "      - run: make promote\n",
        "      - run: make promote\n        if: always()\n",
        "flow",
        "taken back",
    ),
    Defect(
        "a person is asked where nobody should be",
        DELIVER,
        "outputs.release == 'approval'",
        "outputs.release != 'approval'",
        "flow",
        "automatic",
    ),
    Defect(
        "staging left running",
        DELIVER,
        "      - run: make down ENV=staging\n        if: always()\n",
        "      - run: make down ENV=staging\n",
        "flow",
        "down",
    ),
    Defect(
        "a rollback that releases",
        DELIVER,
        "inputs.action == 'rollback'",
        "inputs.action == 'rolback'",
        "flow",
        "rollback",
    ),
    Defect(
        "jobs that wait for each other",
        CHECK,
        "    needs: check\n",
        "    needs: [check, train]\n",
        "actionlint",
        "cyclic",
    ),
    Defect(
        "a pull request judged by its last push",
        CHECK,
        "github.event_name == 'push' && github.event.before",
        "github.event.before",
        "flow",
        "later push",
    ),
    Defect(
        "drift that starts nothing",
        WATCH,
        "DRIFTED=yes FORM=lines | xargs",
        "DRIFTED=yes FORM=lines | head -n 0 | xargs",
        "rules",
        "more than a call",
    ),
    Defect(
        "drift that trains under another reason",
        WATCH,
        "--field reason=drift",
        "--field reason=ci",
        "flow",
        "drift",
    ),
    Defect("all trained although one has drifted", WATCH, " --field model=MODEL", "", "flow", "drift"),
    Defect(
        "delivered without a store",
        TRAIN,
        " && vars.GOLDENPATH_STORE != ''\n        env",
        "\n        env",
        "flow",
        "no store",
    ),
    Defect(
        "an approval that nobody gave",
        DELIVER,
        "${by:?nobody has: give the environment approval reviewers, as ci/settings.yml says}",
        "$by",
        "flow",
        "nobody",
    ),
    Defect(
        "training at every pull request of anything",
        CHECK,
        "needs.changes.outputs.model == 'yes'\n    runs-on",
        "true\n    runs-on",
        "flow",
        "other changes",
    ),
]
