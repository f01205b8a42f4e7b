"""What the rows must show beyond schema.yaml.

Owned by the template: do not edit. No copies, no leaks, no forgotten class, nothing banned, nothing
stale. The policy is yours: `data: checks` in params.yaml.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from goldenpath_runtime.config import HIDDEN, Checks, ModelParams
from goldenpath_runtime.data import class_names
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.schema import Schema

HOW = "in params.yaml under data: checks"


def check_data(
    rows: pd.DataFrame,
    parts: Mapping[str, pd.DataFrame],
    params: ModelParams,
    schema: Schema,
    now: datetime | None,
) -> dict[str, Any]:
    """Shares of duplicates, of leaked rows and of each class.

    ProjectError lists what the policy does not allow. Without `now` the age of the rows does not
    count.
    """
    policy, seen = params.data.checks, [*schema.features(params.target), *params.target]
    trained_on = _hashes(parts["train"], seen)
    later = np.concatenate([_hashes(parts[name], seen) for name in ("validation", "test")])
    facts: dict[str, Any] = {
        "duplicates": float(
            pd.Series(_hashes(rows, list(schema.columns)).tolist()).duplicated().mean()
        ),
        "leakage": float(np.isin(later, trained_on).mean()),
        "class_shares": {},
    }
    if params.task == "classification":
        shares = rows[params.target[0]].dropna().value_counts(normalize=True)
        facts["class_shares"] = dict(
            zip(class_names(shares.index.to_series()), shares.tolist(), strict=True)
        )
    problems = [*_shares(facts, policy), *_banned(schema.features(params.target), policy)]
    problems += _old(rows, policy, schema, now) if now else ()
    if problems:
        raise ProjectError(
            "the data do not pass the checks of params.yaml:\n"
            + "\n".join(f"  {p}" for p in problems)
        )
    return facts


def _hashes(frame: pd.DataFrame, columns: list[str]) -> npt.NDArray[Any]:
    return pd.util.hash_pandas_object(frame[columns], index=False).to_numpy()


def _shares(facts: Mapping[str, Any], policy: Checks) -> Iterator[str]:
    if facts["duplicates"] > policy.max_duplicates:
        yield (
            f"{facts['duplicates']:.1%} of the rows are exact copies, required ≤ "
            f"{policy.max_duplicates:.1%}: "
            f"remove them in `load` of model.py, or raise max_duplicates {HOW}"
        )
    if facts["leakage"] > policy.max_leakage:
        yield (
            f"{facts['leakage']:.1%} of the validation and test rows are also trained on, required "
            "≤ "
            f"{policy.max_leakage:.1%}: remove copies in `load` of model.py, split by time, or "
            f"raise max_leakage {HOW}"
        )
    rarest = min(facts["class_shares"].items(), key=lambda item: item[1], default=("", 1.0))
    if rarest[1] < policy.min_class_share:
        yield (
            f"only {rarest[1]:.2%} of the rows are of class {rarest[0]}, required ≥ "
            f"{policy.min_class_share:.2%}: "
            f"collect more of them, or lower min_class_share {HOW}"
        )


def _banned(features: Iterable[str], policy: Checks) -> Iterator[str]:
    for name in sorted(set(policy.banned) & set(features)):
        yield (
            f"{name} is banned {HOW}: write `feature: false` for it in the schema, "
            "or leave the column out of it"
        )


def _old(rows: pd.DataFrame, policy: Checks, schema: Schema, now: datetime) -> Iterator[str]:
    for name, days in policy.max_age_days.items():
        if not isinstance(rows[name].dtype, pd.DatetimeTZDtype):
            yield (
                f"{name} is no time: write `type: time` for it in the schema, "
                f"or take it out of max_age_days {HOW}"
            )
            continue
        newest = rows[name].max()
        shown = HIDDEN if schema.columns[name].personal else newest
        age = (pd.Timestamp(now) - newest) / pd.Timedelta(days=1)
        if not age <= days:  # also when all are missing
            yield (
                f"the newest {name} is {shown}, over {days:g} days ago: "
                f"get newer rows, or raise max_age_days {HOW}"
            )
