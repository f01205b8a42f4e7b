"""Who takes part in the benchmark of serving: one table, a row each. All have one worker and one thread for the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.client import post

DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "category": "BYTES", "text": "BYTES"}
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "UVICORN_ACCESS_LOG": "false",
}
OURS, FLOOR, CEILING = "ours /predict", "floor: ASGI + ONNX Runtime", "client's ceiling"


class Contender(NamedTuple):
    """A server: the command that starts it, {port} left open, what it finds in its environment, a request to it."""

    name: str
    command: str
    ready: str
    request: bytes
    env: Mapping[str, str] = {}


class Places(NamedTuple):
    """Folders: the generated repository, the model's own, the peers' environment, one for what servers write."""

    project: Path
    model: Path
    peers: Path
    work: Path


def contenders(places: Places, row: Mapping[str, Any]) -> list[Contender]:
    """All of them, asked for the same row in the form that each understands."""
    info = json.loads((places.model / "model.json").read_text("utf-8"))
    rows = _body({"rows": [row]})
    tensors = [
        {"name": name, "shape": [1, 1], "datatype": DATATYPES[rule["type"]], "data": [row[name]]}
        for name, rule in info["columns"].items()
    ]
    infer = post(f"/v2/models/{info['name']}/infer", _body({"inputs": tensors}))
    inputs = post("/invocations", _body({"inputs": {name: [[value]] for name, value in row.items()}}))
    predict, store = post("/predict", rows), {"GOLDENPATH_STORE": str(places.work / "store")}
    serve = f"{places.project}/.venv/bin/python -m goldenpath_runtime serve --folder {places.model} --port {{port}}"
    bins, servers = places.peers / "bin", f"{places.peers}/bin/python -m benchmarks.servers."
    bento = f"{bins}/bentoml serve benchmarks.servers.bento:Peer --host 127.0.0.1 --port {{port}}"
    mlflow = f"{bins}/mlflow models serve --env-manager local --workers 1 --model-uri {places.work}/mlflow --port {{port}}"
    return [
        Contender(CEILING, servers + "canned {port}", "/", predict),
        Contender(FLOOR, servers + "floor {port}", "/", predict),
        Contender(OURS, serve, "/ready", predict),
        Contender("ours /v2 infer", serve, "/ready", infer),
        Contender("ours, rows sampled", serve, "/ready", predict, store),
        Contender("BentoML", bento, "/readyz", predict, {"BENTOML_HOME": str(places.work / "bento")}),
        Contender("MLflow", mlflow, "/ping", inputs),
    ]


def _body(content: Any) -> bytes:
    return json.dumps(content).encode()
