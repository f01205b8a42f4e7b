"""Tests of your model on the sample in data/. Yours: the template does not touch this file again."""

from goldenpath_runtime.pipeline import Project


def test_candidates_and_baseline_are_not_the_same(project: Project) -> None:
    names = set(project.model.candidates())
    assert names
    assert "baseline" not in names


def test_model_sees_neither_target_nor_time(project: Project) -> None:
    seen = project.model.columns
    assert not set(project.params.target) & set(seen)
    assert all(column.type != "time" for column in seen.values())


def test_the_gate_asks_for_something(project: Project) -> None:
    policy = project.params.gate
    assert policy.thresholds
    assert all((bound.min, bound.max) != (None, None) for bound in policy.thresholds.values())
