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
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from goldenpath_runtime.config import HIDDEN, Checks, ModelParams
from goldenpath_runtime.data import class_names
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.interface import default_features
from goldenpath_runtime.schema import Schema, model_inputs

HOW = "in params.yaml under data: checks"
MOST = 1000  # rows that one column is tried on
NEARLY_ALL = 0.95
FEWEST_ERRORS = 10  # of a guess, for a column that makes none to be no chance
TREES = {
    "classification": DecisionTreeClassifier(min_samples_leaf=3, random_state=0),
    "regression": DecisionTreeRegressor(min_samples_leaf=3, random_state=0),
}


def check_data(
    rows: pd.DataFrame,
    parts: Mapping[str, pd.DataFrame],
    params: ModelParams,
    schema: Schema,
    now: datetime | None,
) -> dict[str, Any]:
    """Shares of duplicates, of leaked rows and of each class, and `limits`: notes for the report.

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
        "limits": [*_told_alone(parts, params, schema), *_untested(parts, params)],
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


def _told_alone(
    parts: Mapping[str, pd.DataFrame], params: ModelParams, schema: Schema
) -> Iterator[str]:
    """Columns by which a tree makes nearly none of a guess's errors, as by what is known too late.

    A guess that makes few errors shows nothing.
    """
    later = pd.concat([parts["validation"], parts["test"]])
    known = _some(parts["train"])
    asked = _some(later)
    for target in params.target:
        truth = known[target]
        wanted = asked[target]
        if params.task == "classification":
            truth = class_names(truth)
            wanted = class_names(wanted)
            by_guess = float((wanted != truth.mode()[0]).mean())
        else:  # places in their order, so that the few largest do not decide
            ordered = truth.sort_values()
            truth = pd.Series(ordered.searchsorted(truth))
            wanted = pd.Series(ordered.searchsorted(wanted))
            by_guess = 1.0
        if by_guess * len(asked) < FEWEST_ERRORS:
            continue
        for name, column in schema.features(params.target).items():
            one = {name: column}
            tree = clone(TREES[params.task])
            if not column.is_number:
                tree = make_pipeline(default_features(one), tree)
            try:
                tree.fit(model_inputs(known, one), truth)
            except ValueError:  # texts without a word
                continue
            left = 1 - tree.score(model_inputs(asked, one), wanted)
            told = 1 - left / by_guess
            if told >= NEARLY_ALL:
                yield (
                    f"The column {name} alone tells {told:.1%} of {target}: is it known when a "
                    "prediction is requested? If not, write `feature: false` for it in the schema."
                )


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    number = min(len(rows), MOST)
    return rows.sample(number, random_state=0)


def _untested(parts: Mapping[str, pd.DataFrame], params: ModelParams) -> Iterator[str]:
    """Classes that no test row has, and targets that are the same in all of them."""
    for target in params.target:
        known, tested = (set(class_names(parts[name][target])) for name in ("train", "test"))
        absent = known - tested if params.task == "classification" else ()
        if absent:
            listed = ", ".join(sorted(absent))
            yield f"No test row has {target} = {listed}: the figures say nothing of it."
        elif len(tested) == 1:
            yield f"All test rows have {target} = {', '.join(tested)}: any constant is as good."


def _old(rows: pd.DataFrame, policy: Checks, schema: Schema, now: datetime) -> Iterator[str]:
    hidden = [name for name, column in schema.columns.items() if column.personal]
    for name, days in policy.max_age_days.items():
        if not isinstance(rows[name].dtype, pd.DatetimeTZDtype):
            yield (
                f"{name} is no time: write `type: time` for it in the schema, "
                f"or take it out of max_age_days {HOW}"
            )
            continue
        newest = rows[name].max()
        shown = HIDDEN if name in hidden else newest
        age = (pd.Timestamp(now) - newest) / pd.Timedelta(days=1)
        if not age <= days:  # also when all are missing
            yield (
                f"the newest {name} is {shown}, over {days:g} days ago: "
                f"get newer rows, or raise max_age_days {HOW}"
            )
