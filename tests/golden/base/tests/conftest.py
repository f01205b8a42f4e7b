"""What the tests share: the whole pipeline, run once on the sample. Owned by the template: do not edit."""

from dataclasses import replace
from typing import Any

import pytest

from goldenpath_runtime import pipeline
from goldenpath_runtime.config import read_params


@pytest.fixture(scope="session", params=read_params().models)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pipeline.Project:
    """Each model of params.yaml, trained and measured on the sample."""
    found = replace(pipeline.open_project(request.param), root=tmp_path_factory.mktemp(request.param))
    pipeline.run_all(found, sample=True)
    return found


@pytest.fixture
def rows(project: pipeline.Project) -> list[dict[str, Any]]:
    """The test rows as a client would send them: a missing value is None."""
    columns = project.model.columns
    frame = project.dataset("test").frame()[list(columns)].astype(object)
    for name in (name for name, column in columns.items() if column.type == "integer"):
        frame[name] = frame[name].map(int, na_action="ignore").astype(object)
    records = frame.where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in record.items()} for record in records]
