"""The Open Inference Protocol v2, as KServe and others speak it: one tensor per column, JSON only.

Owned by the template: do not edit. Specification: https://github.com/kserve/open-inference-protocol
"""

from math import prod
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from .inference import InvalidRowsError, Scorer
from .web import MAX_ROWS, read_json, refuse, refuse_rows

DATATYPES = {"number": "FP32", "integer": "INT64", "boolean": "BOOL", "category": "BYTES", "text": "BYTES"}
ACCEPTED = {"FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL", "BYTES"}


def add_open_inference(app: FastAPI, scorer: Scorer) -> None:
    """Add the protocol's routes for this one model."""
    name, version = scorer.info["name"], scorer.info["version"]

    def known(asked: str, asked_version: str = version) -> None:
        if (asked, asked_version) != (name, version):
            raise HTTPException(404, f"the model here is {name}, version {version}")

    @app.get("/v2")
    async def server() -> JSONResponse:
        return JSONResponse({"name": "goldenpath", "version": "1", "extensions": []})

    @app.get("/v2/health/live")
    async def live() -> JSONResponse:
        return JSONResponse({"live": True})

    @app.get("/v2/health/ready")
    async def ready() -> JSONResponse:
        return JSONResponse({"ready": True})

    @app.get("/v2/models/{model}")
    @app.get("/v2/models/{model}/versions/{version}")
    async def metadata(model: str, version: str = version) -> JSONResponse:
        known(model, version)
        return JSONResponse(describe_model(scorer))

    @app.get("/v2/models/{model}/ready")
    @app.get("/v2/models/{model}/versions/{version}/ready")
    async def model_ready(model: str, version: str = version) -> JSONResponse:
        known(model, version)
        return JSONResponse({"name": model, "ready": True})

    @app.post("/v2/models/{model}/infer")
    @app.post("/v2/models/{model}/versions/{version}/infer")
    async def infer(request: Request, model: str, version: str = version) -> JSONResponse:
        known(model, version)
        if "inference-header-content-length" in request.headers:
            refuse(400, "binary", "binary tensors are not supported, send JSON")
        return JSONResponse(answer(scorer, await read_json(request)))


def describe_model(scorer: Scorer) -> dict[str, Any]:
    """The model's metadata: its tensors by name, datatype and shape."""
    inputs = [{"name": n, "datatype": DATATYPES[rule["type"]], "shape": [-1, 1]} for n, rule in scorer.columns.items()]
    outputs = [{"name": "scores", "datatype": "FP32", "shape": [-1, len(scorer.names)]}]
    if scorer.info["classes"]:
        outputs.append({"name": "label", "datatype": "BYTES", "shape": [-1]})
    info = scorer.info
    return {
        "name": info["name"],
        "versions": [info["version"]],
        "platform": "onnx_onnxruntime",
        "inputs": inputs,
        "outputs": outputs,
    }


def answer(scorer: Scorer, body: dict[str, Any]) -> dict[str, Any]:
    """The protocol's response to an inference request."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(tensor, dict) for tensor in inputs):
        refuse(422, "shape", "inputs must be a list of tensors", "inputs")
    columns = {str(tensor.get("name")): _column(i, tensor) for i, tensor in enumerate(inputs)}
    if len({len(values) for values in columns.values()}) > 1 or len(columns) < len(inputs):
        refuse(422, "shape", "each column must be there once, all with the same number of rows", "inputs")
    if unknown := columns.keys() - scorer.columns.keys():
        refuse(422, "name", f"{sorted(unknown)[0]!r} is not a column of the model", "inputs")
    try:
        scores = scorer.score(columns)
    except InvalidRowsError as error:
        refuse_rows(error, "inputs")
    outputs = [{"name": "scores", "datatype": "FP32", "shape": list(scores.shape), "data": scores.ravel().tolist()}]
    if scorer.info["classes"]:
        labels = [scorer.names[best] for best in scores.argmax(1)]
        outputs.append({"name": "label", "datatype": "BYTES", "shape": [len(labels)], "data": labels})
    identity = {"model_name": scorer.info["name"], "model_version": scorer.info["version"]}
    return identity | {"outputs": outputs} | ({"id": body["id"]} if "id" in body else {})


def _column(index: int, tensor: dict[str, Any]) -> list[Any]:
    shape, data = tensor.get("shape"), tensor.get("data")
    sized = isinstance(shape, list) and all(type(size) is int and size > 0 for size in shape)
    if not sized or len(shape or ()) not in (1, 2) or (shape or ())[1:] not in ([], [1]):
        refuse(422, "shape", "shape must be [rows] or [rows, 1]", "inputs", index, "shape")
    if tensor.get("datatype") not in ACCEPTED:
        refuse(422, "datatype", f"datatype must be one of {', '.join(sorted(ACCEPTED))}", "inputs", index, "datatype")
    values = [v[0] if isinstance(v, list) and len(v) == 1 else v for v in data] if isinstance(data, list) else []
    if len(values) != prod(shape or ()) or len(values) > MAX_ROWS:
        refuse(422, "data", f"data must hold as many values as shape says, at most {MAX_ROWS}", "inputs", index, "data")
    return values
