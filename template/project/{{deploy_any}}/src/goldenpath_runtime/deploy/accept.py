"""`make accept`: tests of a deployed version before anybody is asked to approve it.

Owned by the template: do not edit. The limits are yours: `accept` in environments/<env>.yaml.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from goldenpath_runtime.deliver.delivery import Place, arguments, place
from goldenpath_runtime.deliver.environments import Accept
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.evaluation import latencies, parity_error
from goldenpath_runtime.gate import Finding
from goldenpath_runtime.inference import InvalidRowsError, Scorer
from goldenpath_runtime.store.ledger import require_signature
from goldenpath_runtime.store.samples import read_samples
from goldenpath_runtime.store.versions import champion, fetch

from .router import differ
from .traffic import Load, put_under_load

CONTENT = {"Content-Type": "application/json"}
PATHS = ("/health", "/ready", "/metrics", "/openapi.json")
RECORDED_ROWS = 500
PRECISION = 1e-4
BAD = (
    b"no json",
    b'{"rows": []}',
    b'{"rows": [{"no such column": 1}]}',
    b'{"rows": [{}], "more": 1}',
)
Row = Mapping[str, Any]
Rows = Sequence[Row]


def accept(argv: Sequence[str]) -> int:
    """Run all tests, print them and note the outcome; 1 when one fails and nobody forces it."""
    args = arguments(
        "accept", argv, env="staging", force="accept it although a test fails, and say why"
    )
    if args.force:
        require_signature()
    here = place(args)
    version, address = _running(here, args.version)
    failed = []
    for finding in list(_findings(here, version, address)):
        print(finding)
        if not finding.passed:
            failed.append(finding.rule)
    passed = not failed or bool(args.force)
    here.note("accept", version=version, passed=passed, failed=failed or None, forced=args.force)
    return 0 if passed else 1


def _running(here: Place, version: str | None) -> tuple[str, str]:
    """The one version that has requests there, and its address; ProjectError if it is not so."""
    target = here.target
    running = [name for name, share in target.status().items() if share]
    address = target.address()
    if len(running) == 1 and address is not None and running[0].startswith(version or ""):
        return running[0], address
    names = ", ".join(running) or "nothing"
    raise ProjectError(f"{here.env} runs {names}: make deploy ENV={here.env} first")


def _findings(here: Place, version: str, address: str) -> Iterator[Finding]:
    """All findings, one test after the other."""
    policy = here.settings.accept
    content = here.store.read(f"{here.model}/versions/{version}/golden.json")
    golden = json.loads(content)
    rows = golden["rows"]
    yield from _answers(address, version)
    yield from _refusals(address)
    yield _golden(address, golden)
    clients = {"load": policy.clients, "stress": 2 * policy.clients}
    for name, number in clients.items():
        seen = put_under_load(address, rows, number, policy.seconds)
        yield from _load(name, seen, policy)
    old = champion(here.store, here.model)
    if not old or old == version:
        return
    new_folder = fetch(here.store, here.model, version)
    old_folder = fetch(here.store, here.model, old)
    recorded = _recorded(here, old, rows[0]) or rows
    yield from _against(address, new_folder, old_folder, recorded, policy)


def _recorded(here: Place, version: str, golden: Row) -> list[Row]:
    """The last rows that a version answered; none if they lack columns, as personal ones do."""
    samples = read_samples(here.store, here.model, version)
    rows: list[Row] = [sample["row"] for sample in samples]
    rows = rows[-RECORDED_ROWS:]
    if not rows or rows[0].keys() != golden.keys():
        return []
    return rows


def _answers(address: str, version: str) -> Iterator[Finding]:
    """Whether that version answers there, and on all paths."""
    _, model = _ask(f"{address}/model")
    found = model.get("version")
    yield Finding("version", found == version, f"{found} answers")
    for path in PATHS:
        status, _ = _ask(address + path)
        yield Finding(f"GET {path}", status == 200, f"status {status}")


def _refusals(address: str) -> Iterator[Finding]:
    """Whether bad requests are refused."""
    statuses = []
    for body in BAD:
        status, _ = _ask(f"{address}/predict", body)
        statuses.append(status)
    passed = all(400 <= status < 500 for status in statuses)
    yield Finding("bad requests", passed, f"refused with {set(statuses)}")


def _ask(url: str, body: bytes | None = None) -> tuple[int, Any]:
    """The status of the answer, and what is in it if that is JSON."""
    request = urllib.request.Request(url, body, CONTENT)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            content = answer.read()
            if content[:1] != b"{":
                return answer.status, {}
            return answer.status, json.loads(content)
    except urllib.error.HTTPError as error:
        return error.code, {}


def _predict(address: str, rows: Rows) -> list[Row]:
    """The predictions for these rows; none if they are refused."""
    body = json.dumps({"rows": rows})
    status, answer = _ask(f"{address}/predict", body.encode())
    if status != 200:
        return []
    return list(answer["predictions"])


def _golden(address: str, golden: Mapping[str, Any]) -> Finding:
    """Whether the golden rows get the scores that they got when the version was made."""
    rows = golden["rows"]
    found = [_scores(row) for row in _predict(address, rows)]
    expected = np.array(golden["scores"])
    worst = parity_error(expected, np.array(found))
    reason = f"{len(found)} of {len(rows)} rows answered, the largest difference is {worst:.2g}"
    return Finding("golden rows", worst <= PRECISION, reason)


def _scores(answer: Row) -> list[float]:
    """The numbers in the answer to one row."""
    named = answer.get("probabilities", answer.get("values"))
    return list(named.values())


def _load(name: str, seen: Load, policy: Accept) -> Iterator[Finding]:
    """Whether the answers under load were right, fast and many enough."""
    rate = seen.errors / max(1, seen.requests)
    yield _at_most(
        f"{name}: errors",
        f"{seen.clients} clients, {seen.requests} requests, {rate:.2%}",
        rate,
        policy.max_error_rate,
        ".2%",
    )
    yield _at_most(
        f"{name}: time",
        f"p50 {seen.p50_ms:.1f} ms, p99 {seen.p99_ms:.1f} ms",
        seen.p99_ms,
        policy.max_p99_ms,
        ".0f",
    )
    throughput = seen.throughput
    fewest = policy.min_throughput
    reason = f"{throughput:.0f} requests a second, required ≥ {fewest:.0f}"
    yield Finding(f"{name}: throughput", throughput >= fewest, reason)


def _against(
    address: str,
    new_folder: Path,
    old_folder: Path,
    rows: Rows,
    policy: Accept,
) -> Iterator[Finding]:
    """Live answers to recorded rows, and their time, beside those of the champion here."""
    new = Scorer(new_folder)
    old = Scorer(old_folder)
    try:
        scores = old.score_rows(rows)
        expected = old.answers(scores)
        first = rows[:1]
        calls = {
            "new": partial(new.score_rows, first),
            "old": partial(old.score_rows, first),
        }
        seconds = latencies(calls)
    except InvalidRowsError as error:
        yield Finding("champion", True, f"not comparable, it takes other columns: {error}")
        return
    found = _predict(address, rows)
    differing = len(rows) - len(found)
    for one, other in zip(expected, found, strict=False):
        differing += differ(one, other)
    share = differing / len(rows)
    yield _at_most(
        "champion: other answers",
        f"{share:.1%} of {len(rows)} rows",
        share,
        policy.max_disagreement,
        ".1%",
    )
    ratio = seconds["new"] / seconds["old"]
    yield _at_most("champion: time", f"{ratio:.2f} x its median", ratio, policy.max_slowdown, "g")


def _at_most(
    rule: str,
    told: str,
    value: float,
    limit: float,
    form: str,
) -> Finding:
    """Whether a value is not above its limit; `form` is how the limit is written."""
    reason = f"{told}, required ≤ {limit:{form}}"
    return Finding(rule, value <= limit, reason)
