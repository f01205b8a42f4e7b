"""Gives a version production traffic by steps, and rolls it back when it does worse.

Owned by the template: do not edit. The policy is yours: `rollout` in environments/<env>.yaml.
"""

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from scipy.stats import ttest_ind

from goldenpath_runtime.deliver.delivery import (
    Place,
    arguments,
    place,
    require_release,
    settle_interrupted,
)
from goldenpath_runtime.deliver.environments import Rollout
from goldenpath_runtime.deliver.target import Target
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import parse, write_verdict
from goldenpath_runtime.gate import Finding
from goldenpath_runtime.store.labels import read_labels
from goldenpath_runtime.store.samples import read_samples
from goldenpath_runtime.store.versions import champion, fetch, resolve

from .traffic import put_under_load

PAUSE = 0.5  # seconds between two looks
EARLY = 20  # requests after which what surely does badly is rolled back before the step ends
LOOKS = 10  # the quality is looked at again and again: each look must be so much surer
LABELLED = 30  # rows with labels of each version, before their quality is compared
STEPS = {"shadow": (0,), "bluegreen": (0, 100), "ab": (50,)}  # those of a canary are the policy's
UNSEEN = {"requests": 0, "errors": 0, "refused": 0, "p50_ms": 0.0, "p99_ms": 0.0}

Losses = Mapping[str, Sequence[float]]  # of labelled rows, by version


class Verdict(NamedTuple):
    """The word for reports/<model>/rollout.verdict, and what was found."""

    word: str
    findings: Sequence[Finding]


class Change(NamedTuple):
    """A new version beside the old one, in one place, by one policy."""

    here: Place
    target: Target
    new: str
    old: str
    policy: Rollout


def rollout(argv: Sequence[str]) -> int:
    """Roll a version out; 1 when it was rolled back. `promote` makes it the champion afterwards."""
    strategies = "direct, shadow, canary, bluegreen or ab, in place of what environments/ says"
    args = arguments(
        "rollout",
        argv,
        strategy=strategies,
        clients="send requests too, as so many clients: a rehearsal",
    )
    here = place(args)
    policy = _policy(here, args.strategy)
    clients = _number_of(args.clients)
    target = here.target
    _require_strategy(here, target, policy.strategy)
    version = resolve(here.store, here.model, args.version)
    old = champion(here.store, here.model, args.env)
    require_release(here, version)
    settle_interrupted(here)
    if version == old:
        print(f"{version} is the champion of {args.env} already")
        return 0
    here.start(version)
    if old is None or policy.strategy == "direct":
        target.weights({version: 100})
        here.note("rollout", version=version, strategy="direct", verdict="pass")
        print(f"{version} has all requests of {args.env}: {target.address()}; now make promote")
        return 0
    target.start(old, fetch(here.store, here.model, old))
    change = Change(here, target, version, old, policy)
    if clients:
        _rehearse(change, clients)
    verdict = _run(change)
    return _conclude(change, verdict)


def _number_of(clients: str | None) -> int:
    """How many clients send requests too; none without the option."""
    if clients is None:
        return 0
    if not clients.isdecimal() or int(clients) == 0:
        raise ProjectError(f"CLIENTS={clients}: it is how many clients, such as CLIENTS=4")
    return int(clients)


def _policy(here: Place, strategy: str | None) -> Rollout:
    """The policy of the environment's file, with the strategy that the command names, if any."""
    settings = here.settings.rollout.model_dump()
    if strategy:
        settings["strategy"] = strategy
    return parse(Rollout, settings, "STRATEGY")


def _require_strategy(here: Place, target: Target, strategy: str) -> None:
    if strategy in target.strategies:
        return
    known = ", ".join(target.strategies)
    raise ProjectError(
        f"{here.settings.target}: it cannot do {strategy}; choose STRATEGY= of {known}"
    )


def _rehearse(change: Change, clients: int) -> None:
    """Send recorded rows until this process ends, where nobody else asks."""
    here = change.here
    policy = change.policy
    content = here.store.read(f"{here.model}/versions/{change.new}/golden.json")
    golden = json.loads(content)
    address = change.target.address() or ""
    steps = len(policy.steps) + 1
    seconds = policy.seconds * steps
    load = (address, golden["rows"], clients, seconds)
    Thread(target=put_under_load, args=load, daemon=True).start()


def _run(change: Change) -> Verdict:
    """Take the steps one by one.

    Whatever ends them but success gives all requests back to the champion.
    """
    _, target, new, old, policy = change
    steps = STEPS.get(policy.strategy, policy.steps)
    kept = False
    verdict = Verdict("abort", [Finding("rollout", False, "interrupted")])
    try:
        for share in steps:
            weights = {old: 100 - share, new: share}
            target.weights(weights, shadow=new)
            verdict = _step(change, share)
            if verdict.word == "abort":
                break
        kept = verdict.word == "pass" and policy.strategy != "shadow"
    finally:
        if not kept:
            target.weights({old: 100})
            target.stop(new)
    return verdict


def _step(change: Change, share: int) -> Verdict:
    """Look at one share of the requests again and again, until there is a verdict on it."""
    since = datetime.now(UTC)
    end = time.monotonic() + change.policy.seconds
    while True:
        time.sleep(PAUSE)
        seen = change.target.figures()
        losses = known_losses(change.here, since)
        over = time.monotonic() > end
        verdict = _look(change, seen, losses, over)
        if verdict is None:
            continue
        if verdict.word == "pass":
            answered = _answered(change, seen)
            print(f"{share:3} %: {answered} requests, no worse than {change.old}", flush=True)
        return verdict


def _look(change: Change, seen: Mapping[str, Any], losses: Losses, over: bool) -> Verdict | None:
    """The verdict of one look; None where the step goes on."""
    policy = change.policy
    answered = _answered(change, seen)
    enough = answered >= policy.min_requests
    findings = list(judge(seen, losses, change, sure=not enough))
    passed = all(finding.passed for finding in findings)
    bad = answered >= EARLY and not passed
    too_few = over and not enough
    if too_few:
        reason = (
            f"{answered} in {policy.seconds:g} s, "
            f"too few to judge: {policy.min_requests} are asked for"
        )
        findings.append(Finding("requests", False, reason))
    if bad or too_few:
        return Verdict("abort", findings)
    if policy.strategy == "ab":
        return _better(change, findings, losses, over)
    if not enough:
        return None
    return Verdict("pass", findings)


def _answered(change: Change, seen: Mapping[str, Any]) -> int:
    """How many requests the new version has had."""
    found = seen["versions"].get(change.new, {})
    return int(found.get("requests", 0))


def _better(
    change: Change, findings: Sequence[Finding], losses: Losses, over: bool
) -> Verdict | None:
    """Which of both is better, once the step is over or both have enough labels; else None."""
    policy = change.policy
    ours = losses.get(change.new, ())
    theirs = losses.get(change.old, ())
    labelled = min(len(ours), len(theirs))
    if not over and labelled < policy.min_requests:
        return None
    word, reason = compare(ours, theirs, policy.significance)
    quality = _quality(word, reason)
    return Verdict(word, [*findings[:-1], quality])


def known_losses(here: Place, since: datetime) -> dict[str, list[float]]:
    """By version, of each row answered since then whose label is known.

    0 or 1 for a class, the mean absolute error.
    """
    found: dict[str, list[float]] = {}
    truths = read_labels(here.store, here.model)
    if not truths:
        return found
    for sample in read_samples(here.store, here.model, since=since.isoformat()):
        name = sample["id"]
        if name not in truths:
            continue
        loss = _loss(sample["scores"], truths[name])
        found.setdefault(sample["version"], []).append(loss)
    return found


def _loss(scores: Mapping[str, float], truth: Mapping[str, Any]) -> float:
    if scores.keys() == truth.keys():
        errors = [abs(scores[name] - value) for name, value in truth.items()]
        return float(sum(errors) / len(errors))
    likeliest = max(scores, key=scores.__getitem__)
    return float(likeliest not in truth.values())


def judge(
    seen: Mapping[str, Any],
    losses: Mapping[str, Sequence[float]],
    change: Change,
    sure: bool = False,
) -> Iterator[Finding]:
    """What the router saw of a version, beside the champion in the same time, held to the policy.

    Pure. `sure` fails a share only when so much more than allowed is no chance: three standard
    errors.
    """
    versions = seen["versions"]
    ours = UNSEEN | versions.get(change.new, {})
    theirs = UNSEEN | versions.get(change.old, {})
    yield from _shares(seen, ours, theirs, change.policy, sure)
    yield from _times(ours, theirs, change.policy)
    often = change.policy.significance / LOOKS
    new = losses.get(change.new, ())
    old = losses.get(change.old, ())
    word, reason = compare(new, old, often)
    yield _quality(word, reason)


def _shares(
    seen: Mapping[str, Any],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    policy: Rollout,
    sure: bool,
) -> Iterator[Finding]:
    """Whether no larger share of the requests goes wrong than is allowed."""
    requests = ours["requests"]
    most = policy.max_error_rate
    refused = theirs["refused"] / max(1, theirs["requests"])
    most_refused = refused + most
    yield _share("errors", ours["errors"], requests, most, sure)
    yield _share("refusals", ours["refused"], requests, most_refused, sure)
    most = policy.max_disagreement
    yield _share("other answers", seen["disagreed"], seen["compared"], most, sure)


def _share(rule: str, count: int, of: int, most: float, sure: bool) -> Finding:
    number = max(1, of)
    share = count / number
    limit = min(most, 1.0)
    allowed = limit
    if sure:
        variance = limit * (1 - limit) / number
        allowed += 3 * math.sqrt(variance)
    reason = f"{share:.1%} of {of}, required ≤ {limit:.1%}"
    return Finding(rule, share <= allowed, reason)


def _times(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], policy: Rollout
) -> Iterator[Finding]:
    """Whether it answers fast enough, by itself and beside the champion."""
    p99 = ours["p99_ms"]
    reason = f"p99 {p99:.1f} ms, required ≤ {policy.max_p99_ms:.0f}"
    yield Finding("time", p99 <= policy.max_p99_ms, reason)
    ratio = 0.0
    if theirs["p50_ms"]:
        ratio = ours["p50_ms"] / theirs["p50_ms"]
    reason = f"{ratio:.2f} x the champion's median, required ≤ {policy.max_slowdown:g}"
    yield Finding("slowdown", ratio <= policy.max_slowdown, reason)


def _quality(word: str, reason: str) -> Finding:
    """What a comparison of the losses means for the version."""
    return Finding("quality", word != "worse", f"{word}: {reason}")


def compare(new: Sequence[float], old: Sequence[float], significance: float) -> tuple[str, str]:
    """Welch's t-test of the losses of labelled rows.

    Better, worse, no-difference or too-little-data, and why.
    """
    if min(len(new), len(old)) < LABELLED:
        reason = f"{len(new)} and {len(old)} rows have labels, to compare by {LABELLED} each"
        return "too-little-data", reason
    ours = sum(new) / len(new)
    theirs = sum(old) / len(old)
    p = _by_chance(new, old)
    reason = (
        f"loss {ours:.4g} on {len(new)} labelled rows, "
        f"{theirs:.4g} on {len(old)} of the champion; "
        f"p = {p:.2g}"
    )
    if p >= significance:
        return "no-difference", reason
    word = "better" if ours < theirs else "worse"
    return word, reason


def _by_chance(new: Sequence[float], old: Sequence[float]) -> float:
    """How likely so large a difference is by chance; the test knows none where all are equal."""
    if len({*new, *old}) == 1:
        return 1.0
    test = ttest_ind(new, old, equal_var=False)
    return float(test.pvalue)


def _conclude(change: Change, verdict: Verdict) -> int:
    """Print what was found, note it, and write the word for CI; the code to exit with."""
    here = change.here
    version = change.new
    strategy = change.policy.strategy
    word = verdict.word
    reasons = []
    for finding in verdict.findings:
        print(finding)
        if not finding.passed:
            reasons.append(f"{finding.rule}: {finding.reason}")
    why = "; ".join(reasons) or None
    event = "abort" if word == "abort" else "rollout"
    here.note(event, version=version, strategy=strategy, verdict=word, why=why)
    write_verdict(Path("reports", here.model, "rollout.verdict"), word)
    print(f"{strategy} of {version}: {word}")
    return 1 if word in ("abort", "worse") else 0
