"""Tests of the HTTP service."""

import json
import shlex
from typing import Any

import pytest
from starlette.testclient import TestClient

from goldenpath_runtime.inference import Scorer
from goldenpath_runtime.online import serve
from goldenpath_runtime.online.openapi import example
from goldenpath_runtime.online.serve import create_app
from goldenpath_runtime.online.web import MAX_BODY, MAX_ROWS
from goldenpath_runtime.pipeline import Project


@pytest.fixture
def client(project: Project) -> TestClient:
    return TestClient(create_app(project.build / "model"))


def test_answers_are_those_of_the_model(project: Project, client: TestClient, rows: list[dict[str, Any]]) -> None:
    scorer = Scorer(project.build / "model")
    answer = client.post("/predict", json={"rows": rows})
    assert answer.status_code == 200
    assert answer.json()["predictions"] == scorer.answers(scorer.score_rows(rows))


def test_open_inference_protocol_gives_the_same_scores(
    project: Project, client: TestClient, rows: list[dict[str, Any]]
) -> None:
    scorer = Scorer(project.build / "model")
    path = f"/v2/models/{project.name}"
    described = client.get(path).json()["inputs"]
    tensors = [
        {**tensor, "shape": [len(rows), 1], "data": [row[tensor["name"]] for row in rows]} for tensor in described
    ]
    answer = client.post(f"{path}/infer", json={"id": "7", "inputs": tensors}).json()
    assert answer["id"] == "7"
    assert answer["outputs"][0]["data"] == pytest.approx(scorer.score_rows(rows).ravel().tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("[1", 422),
        ("7", 422),
        ("[" * 100_000, 422),
        ("{}", 422),
        ('{"rows": []}', 422),
        ('{"rows": [7]}', 422),
        ('{"rows": [{}], "more": 1}', 422),
        ('{"rows": [{"unknown": NaN}]}', 422),
        ('{"rows": [{"unknown": 1}]}', 422),
        ('{"rows": [{}], "rows": [{}]}', 422),
        ('{"rows": [{"\\ud800": 1}]}', 422),
        (json.dumps({"rows": [{}] * (MAX_ROWS + 1)}), 422),
        (" " * (MAX_BODY + 1), 413),
    ],
)
def test_what_is_no_request_is_refused_in_one_shape(client: TestClient, content: str, status: int) -> None:
    answer = client.post("/predict", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "detail"}


def test_values_that_are_none_are_refused(client: TestClient, rows: list[dict[str, Any]]) -> None:
    for name in rows[0]:
        for value in ("1e400", "NaN", "Infinity", "[]", '"\\ud800"'):
            content = json.dumps({"rows": [rows[0] | {name: "@"}]}).replace('"@"', value)
            answer = client.post("/predict", content=content, headers={"content-type": "application/json"})
            assert answer.status_code == 422


def test_other_media_types_paths_and_methods_are_refused(client: TestClient) -> None:
    assert client.post("/predict", data={"a": "1"}).status_code == 415
    assert client.get("/nothing").json()["detail"][0]["msg"] == "Not Found"
    assert client.get("/predict").status_code == 405
    assert client.get("/v2/models/other").status_code == 404


def test_operators_see_health_version_and_figures(project: Project, client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "alive"}
    version = client.get("/ready").json()["version"]
    assert client.get("/model").json()["version"] == version
    assert f'version="{version}"' in client.get("/metrics").text
    assert f"/v2/models/{project.name}/infer" in client.get("/openapi.json").json()["paths"]
    assert client.get("/v2/health/ready").json() == {"ready": True}


def test_the_service_names_a_request_that_it_answers(
    project: Project, client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve.uvicorn, "run", lambda *_, **__: None)
    serve.serve(["--folder", str(project.build / "model"), "--port", "8123"])
    first, second = capsys.readouterr().out.splitlines()
    assert first == "all routes: http://127.0.0.1:8123/openapi.json; to try one:"
    curl, _, url, _, header, _, body = shlex.split(second)
    assert (curl, url) == ("curl", "http://127.0.0.1:8123/predict")
    answer = client.post("/predict", content=body, headers=dict([header.split(": ")]))
    assert answer.status_code == 200, answer.text


LIMITS = {"nullable": False, "min": None, "max": None, "values": None}


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"type": "number", "min": 0.5, "max": 0.6}, 0.5),
        ({"type": "number", "max": -1.0}, -1.0),
        ({"type": "integer", "min": 0.5, "max": 1.5}, 1),
        ({"type": "integer"}, 0),
        ({"type": "category", "values": ["it's", "b"]}, "it's"),
        ({"type": "category", "nullable": True}, "text"),
        ({"type": "text"}, "text"),
        ({"type": "boolean"}, True),
    ],
)
def test_an_example_is_within_the_limits(rule: dict[str, Any], value: object) -> None:
    assert example({"a": LIMITS | rule}) == {"a": value}
