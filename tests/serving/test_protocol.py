"""The Open Inference Protocol v2, judged by a client that others wrote, and held against what the protocol publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.serving.repository import COLUMNS, Repository
from tests.serving.test_refusals import GOOD, MODEL, tensor, tensors
from tests.serving.wire import Service
from tests.support import run

TRITON = """
import json, sys
import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
rows = json.loads(sys.argv[2])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("my_model")
assert client.get_server_metadata()["extensions"] == []
metadata = client.get_model_metadata("my_model")
kinds = {"FP32": np.float32, "INT64": np.int64, "BOOL": bool, "BYTES": object}
inputs = []
for column in metadata["inputs"]:
    values = np.array([[row[column["name"]]] for row in rows], kinds[column["datatype"]])
    one = triton.InferInput(column["name"], values.shape, column["datatype"])
    one.set_data_from_numpy(values, binary_data=False)
    inputs.append(one)
outputs = [triton.InferRequestedOutput(o["name"], binary_data=False) for o in metadata["outputs"]]
result = client.infer("my_model", inputs, outputs=outputs, request_id="a b/c")
told = {"id": result.get_response()["id"], "names": [o["name"] for o in metadata["outputs"]]}
told |= {"scores": result.as_numpy("scores").tolist(), "labels": result.as_numpy("label").tolist()}
try:
    client.infer("my_model", inputs[:1])
except triton.InferenceServerException as error:
    told |= {"status": error.status(), "error": error.message()}
print(json.dumps(told))
"""

DATATYPES = {"BOOL", "BYTES", "FP16", "FP32", "FP64"} | {
    f"{u}INT{n}" for u in ("", "U") for n in (8, 16, 32, 64)
}


def test_triton_s_client_gets_the_same_answers(
    classification: Repository, service: Service, tmp_path: Path
) -> None:
    rows = [row for row in classification.rows if None not in row.values()]
    assert len(rows) > 10
    run(["uv", "venv", "--quiet", "--python", "3.12", "client"], tmp_path, classification.env)
    packages = ["tritonclient[http]==2.73.0", "numpy"]
    run(["uv", "pip", "install", "--quiet", "--python", "client", *packages], tmp_path, classification.env)
    address = service.address.removeprefix("http://")
    told = json.loads(
        run(["client/bin/python", "-c", TRITON, address, json.dumps(rows)], tmp_path, classification.env)
    )
    expected = service.post("/predict", {"rows": rows}).json()["predictions"]
    assert told["id"] == "a b/c"
    assert told["names"] == ["scores", "label"]
    assert told["labels"] == [answer["label"] for answer in expected]
    for scores, answer in zip(told["scores"], expected, strict=True):
        assert scores == pytest.approx([*answer["probabilities"].values()], abs=1e-6)
    assert told["status"] == "422"
    assert "this column is missing" in told["error"]


def test_metadata_has_the_protocol_s_fields(classification: Repository, service: Service) -> None:
    version = classification.info["version"]
    for path in (MODEL, f"{MODEL}/versions/{version}"):
        told = service.ask("GET", path).json()
        assert (told["name"], told["versions"], told["platform"]) == (
            "my_model",
            [version],
            "onnx_onnxruntime",
        )
        assert [column["name"] for column in told["inputs"]] == list(COLUMNS)
        for column in [*told["inputs"], *told["outputs"]]:
            assert set(column) == {"name", "datatype", "shape"}
            assert column["datatype"] in DATATYPES
            assert all(isinstance(size, int) for size in column["shape"])
        assert service.ask("GET", f"{path}/ready").json() == {"name": "my_model", "ready": True}
    assert set(service.ask("GET", "/v2").json()) == {"name", "version", "extensions"}
    assert service.ask("GET", "/v2/health/live").json() == {"live": True}
    assert service.ask("GET", "/v2/health/ready").json() == {"ready": True}


def test_an_inference_has_the_protocol_s_fields(classification: Repository, service: Service) -> None:
    version = classification.info["version"]
    body: dict[str, Any] = {"id": "7", "inputs": [*tensors(), tensor()], "parameters": {"any": 1}}
    answers = [service.post(f"{MODEL}{part}/infer", body).json() for part in ("", f"/versions/{version}")]
    assert answers[0] == answers[1]
    assert {key: value for key, value in answers[0].items() if key != "outputs"} == {
        "model_name": "my_model",
        "model_version": version,
        "id": "7",
    }
    assert [output["name"] for output in answers[0]["outputs"]] == ["scores", "label"]
    assert all(set(output) == {"name", "datatype", "shape", "data"} for output in answers[0]["outputs"])
    assert "id" not in service.post(f"{MODEL}/infer", {"inputs": body["inputs"]}).json()


@pytest.mark.parametrize("names", [["label"], ["label", "scores"], ["scores"]])
def test_only_what_is_asked_for_is_answered(service: Service, names: list[str]) -> None:
    body = {"inputs": [*tensors(), tensor()], "outputs": [{"name": name} for name in names]}
    outputs = service.post(f"{MODEL}/infer", body).json()["outputs"]
    assert [output["name"] for output in outputs] == names


@pytest.mark.parametrize(
    "changed",
    [
        {"shape": [1]},
        {"data": [[1.5]]},
        {"datatype": "FP64"},
        {"datatype": "INT8", "data": [1]},
        {"data": [None]},
    ],
    ids=json.dumps,
)
def test_forms_of_one_tensor_that_the_protocol_allows(service: Service, changed: dict[str, Any]) -> None:
    value = changed.get("data", [1.5])
    amount = value[0][0] if isinstance(value[0], list) else value[0]
    (expected,) = service.post("/predict", {"rows": [{**GOOD, "amount": amount}]}).json()["predictions"]
    scores = service.post(f"{MODEL}/infer", {"inputs": [*tensors(), tensor(**changed)]}).json()["outputs"][0]
    assert scores["data"] == pytest.approx([*expected["probabilities"].values()], abs=1e-6)
