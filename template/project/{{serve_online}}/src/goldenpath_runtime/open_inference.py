"""The Open Inference Protocol v2, as KServe and others speak it: one tensor per column, JSON only.

Owned by the template: do not edit. Specification: https://github.com/kserve/open-inference-protocol
"""

from collections.abc import Awaitable, Callable, Mapping
from math import prod
from typing import Any

import numpy.typing as npt
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .inference import InvalidRowsError, Scorer
from .web import MAX_ROWS, read_json, refuse, refuse_rows

INTEGERS = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
NUMBERS = ("FP32", "FP64", *INTEGERS)
DATATYPES = {  # of a column's tensor; the first is the one that the metadata names
    "number": NUMBERS,
    "integer": ("INT64", *NUMBERS),
    "boolean": ("BOOL",),
    "category": ("BYTES",),
    "text": ("BYTES",),
}

Json = dict[str, Any]


def paths(info: Mapping[str, Any]) -> list[str]:
    """The paths below which the model is found, with and without its version."""
    return [f"/v2/models/{info['name']}", f"/v2/models/{info['name']}/versions/{info['version']}"]


def routes(scorer: Scorer, sampler: Any = None) -> list[Route]:
    """The protocol's routes for this one model; `sampler` keeps what is answered."""

    async def infer(request: Request) -> JSONResponse:
        if "inference-header-content-length" in request.headers:
            refuse(400, "binary", "binary tensors are not supported, send JSON")
        body = await read_json(request)
        columns = _columns(scorer, body)
        try:
            scores = scorer.score(columns)
        except InvalidRowsError as error:
            refuse_rows(error, "inputs")
        headers = sampler and sampler.keep(request.headers, _rows(columns), scores)
        return JSONResponse(_answer(scorer, body, scores), headers=headers)

    found: dict[str, Json] = {
        "/v2": {"name": "goldenpath", "version": "1", "extensions": []},
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"ready": True},
    }
    for path in paths(scorer.info):
        found |= {
            path: describe_model(scorer),
            f"{path}/ready": {"name": scorer.info["name"], "ready": True},
        }
    fixed = [Route(path, always(content)) for path, content in found.items()]
    return [
        *fixed,
        *(Route(f"{path}/infer", infer, methods=["POST"]) for path in paths(scorer.info)),
    ]


def always(content: Json) -> Callable[[Request], Awaitable[JSONResponse]]:
    """An endpoint that gives the same answer to everyone."""

    async def endpoint(_: Request) -> JSONResponse:
        return JSONResponse(content)

    return endpoint


def describe_model(scorer: Scorer) -> Json:
    """The model's metadata: its tensors by name, datatype and shape."""
    info = scorer.info
    tensors = [(name, DATATYPES[rule["type"]][0]) for name, rule in scorer.columns.items()]
    outputs: list[Json] = [{"name": "scores", "datatype": "FP32", "shape": [-1, len(scorer.names)]}]
    if info["classes"]:
        outputs.append({"name": "label", "datatype": "BYTES", "shape": [-1]})
    return {
        "name": info["name"],
        "versions": [info["version"]],
        "platform": "onnx_onnxruntime",
        "inputs": [
            {"name": name, "datatype": datatype, "shape": [-1, 1]} for name, datatype in tensors
        ],
        "outputs": outputs,
    }


def _columns(scorer: Scorer, body: Json) -> dict[str, list[Any]]:
    """The request's tensors by column."""
    tensors = body.get("inputs")
    if not isinstance(tensors, list) or not all(isinstance(tensor, dict) for tensor in tensors):
        refuse(422, "shape", "inputs must be a list of tensors", "inputs")
    if not isinstance(body.get("id", ""), str):
        refuse(422, "id", "id must be text", "id")
    columns: dict[str, list[Any]] = {}
    for i, tensor in enumerate(tensors):
        name = tensor.get("name")
        if not isinstance(name, str) or name not in scorer.columns or name in columns:
            refuse(422, "name", "must be a column, and no other tensor's name", "inputs", i, "name")
        columns[name] = _values(scorer.columns[name]["type"], i, tensor)
    if len(set(map(len, columns.values()))) > 1:
        refuse(422, "shape", "all tensors must have the same number of rows", "inputs")
    return columns


def _rows(columns: Mapping[str, list[Any]]) -> list[Json]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _answer(scorer: Scorer, body: Json, scores: npt.NDArray[Any]) -> Json:
    """The protocol's response to an inference request."""
    outputs = [
        {
            "name": "scores",
            "datatype": "FP32",
            "shape": list(scores.shape),
            "data": scores.ravel().tolist(),
        }
    ]
    if scorer.info["classes"]:
        labels = [scorer.names[best] for best in scores.argmax(1)]
        outputs.append(
            {"name": "label", "datatype": "BYTES", "shape": [len(labels)], "data": labels}
        )
    identity = {"model_name": scorer.info["name"], "model_version": scorer.info["version"]}
    return (
        identity
        | {"outputs": _requested(outputs, body)}
        | ({"id": body["id"]} if "id" in body else {})
    )


def _values(kind: str, index: int, tensor: Json) -> list[Any]:
    """The tensor's values, one per row."""
    shape, datatype, data = tensor.get("shape"), tensor.get("datatype"), tensor.get("data")
    sized = isinstance(shape, list) and all(type(size) is int and size > 0 for size in shape)
    if (
        not isinstance(shape, list)
        or not sized
        or len(shape) not in (1, 2)
        or shape[1:] not in ([], [1])
    ):
        refuse(422, "shape", "shape must be [rows] or [rows, 1]", "inputs", index, "shape")
    if datatype not in DATATYPES[kind]:
        refuse(
            422,
            "datatype",
            f"must be one of {', '.join(DATATYPES[kind])}",
            "inputs",
            index,
            "datatype",
        )
    values = (
        [v[0] if isinstance(v, list) and len(v) == 1 else v for v in data]
        if isinstance(data, list)
        else []
    )
    if len(values) != prod(shape) or len(values) > MAX_ROWS:
        refuse(
            422,
            "data",
            f"data must hold as many values as shape says, at most {MAX_ROWS}",
            "inputs",
            index,
            "data",
        )
    if datatype in INTEGERS and not all(value is None or type(value) is int for value in values):
        refuse(
            422, "data", f"data must be whole numbers, as {datatype} says", "inputs", index, "data"
        )
    return values


def _requested(outputs: list[Json], body: Json) -> list[Json]:
    if not (asked := body.get("outputs")):
        return outputs
    known = {output["name"]: output for output in outputs}
    if not isinstance(asked, list) or not all(
        isinstance(one, dict) and one.get("name") in known for one in asked
    ):
        refuse(422, "name", f"outputs must name some of {', '.join(known)}", "outputs")
    return [known[one["name"]] for one in asked]
