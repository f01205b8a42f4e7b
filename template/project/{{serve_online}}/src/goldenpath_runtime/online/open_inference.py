"""The Open Inference Protocol v2, as KServe and others speak it: one tensor per column, JSON only.

Owned by the template: do not edit. Specification: https://github.com/kserve/open-inference-protocol
"""

from collections.abc import Awaitable, Callable, Mapping
from math import prod
from typing import Any, NoReturn

import numpy.typing as npt
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from goldenpath_runtime.inference import InvalidRowsError, Scorer

from .web import MAX_ROWS, read_json, refuse, refuse_rows

SIGNED = ("INT8", "INT16", "INT32", "INT64")
UNSIGNED = ("UINT8", "UINT16", "UINT32", "UINT64")
INTEGERS = (*SIGNED, *UNSIGNED)
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
    path = f"/v2/models/{info['name']}"
    return [path, f"{path}/versions/{info['version']}"]


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
        headers = None
        if sampler:
            headers = sampler.keep(request.headers, _rows(columns), scores)
        answer = _answer(scorer, body, scores)
        return JSONResponse(answer, headers=headers)

    found: dict[str, Json] = {
        "/v2": {"name": "goldenpath", "version": "1", "extensions": []},
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"ready": True},
    }
    model = paths(scorer.info)
    for path in model:
        found[path] = describe_model(scorer)
        found[f"{path}/ready"] = {"name": scorer.info["name"], "ready": True}
    fixed = [Route(path, always(content)) for path, content in found.items()]
    asked = [Route(f"{path}/infer", infer, methods=["POST"]) for path in model]
    return [*fixed, *asked]


def always(content: Json) -> Callable[[Request], Awaitable[JSONResponse]]:
    """An endpoint that gives the same answer to everyone."""

    async def endpoint(_: Request) -> JSONResponse:
        return JSONResponse(content)

    return endpoint


def describe_model(scorer: Scorer) -> Json:
    """The model's metadata: its tensors by name, datatype and shape."""
    info = scorer.info
    inputs = []
    for name, rule in scorer.columns.items():
        datatype = DATATYPES[rule["type"]][0]
        inputs.append({"name": name, "datatype": datatype, "shape": [-1, 1]})
    shape = [-1, len(scorer.names)]
    outputs: list[Json] = [{"name": "scores", "datatype": "FP32", "shape": shape}]
    if info["classes"]:
        outputs.append({"name": "label", "datatype": "BYTES", "shape": [-1]})
    return {
        "name": info["name"],
        "versions": [info["version"]],
        "platform": "onnx_onnxruntime",
        "inputs": inputs,
        "outputs": outputs,
    }


def _columns(scorer: Scorer, body: Json) -> dict[str, list[Any]]:
    """The request's tensors by column."""
    tensors = _tensors(body)
    if not isinstance(body.get("id", ""), str):
        refuse(422, "id", "id must be text", "id")
    columns: dict[str, list[Any]] = {}
    for i, tensor in enumerate(tensors):
        name = tensor.get("name")
        if not isinstance(name, str) or name not in scorer.columns or name in columns:
            _refuse_tensor(i, "name", "must be a column, and no other tensor's name")
        rule = scorer.columns[name]
        columns[name] = _values(rule["type"], i, tensor)
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        refuse(422, "shape", "all tensors must have the same number of rows", "inputs")
    return columns


def _tensors(body: Json) -> list[Json]:
    tensors = body.get("inputs")
    if not isinstance(tensors, list) or not all(isinstance(tensor, dict) for tensor in tensors):
        refuse(422, "shape", "inputs must be a list of tensors", "inputs")
    return tensors


def _refuse_tensor(index: int, key: str, text: str) -> NoReturn:
    """Refuse a tensor for what one of its keys holds."""
    refuse(422, key, text, "inputs", index, key)


def _rows(columns: Mapping[str, list[Any]]) -> list[Json]:
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _answer(scorer: Scorer, body: Json, scores: npt.NDArray[Any]) -> Json:
    """The protocol's response to an inference request."""
    outputs: list[Json] = [
        {
            "name": "scores",
            "datatype": "FP32",
            "shape": list(scores.shape),
            "data": scores.ravel().tolist(),
        }
    ]
    if scorer.info["classes"]:
        labels = [scorer.names[best] for best in scores.argmax(1)]
        output = {
            "name": "label",
            "datatype": "BYTES",
            "shape": [len(labels)],
            "data": labels,
        }
        outputs.append(output)
    answer = {
        "model_name": scorer.info["name"],
        "model_version": scorer.info["version"],
        "outputs": _requested(outputs, body),
    }
    if "id" in body:
        answer["id"] = body["id"]
    return answer


def _values(kind: str, index: int, tensor: Json) -> list[Any]:
    """The tensor's values, one per row."""
    size = _size(index, tensor.get("shape"))
    datatype = tensor.get("datatype")
    if datatype not in DATATYPES[kind]:
        known = ", ".join(DATATYPES[kind])
        _refuse_tensor(index, "datatype", f"must be one of {known}")
    values = _data(tensor)
    if len(values) != size or size > MAX_ROWS:
        text = f"data must hold as many values as shape says, at most {MAX_ROWS}"
        _refuse_tensor(index, "data", text)
    is_whole = all(value is None or type(value) is int for value in values)
    if datatype in INTEGERS and not is_whole:
        _refuse_tensor(index, "data", f"data must be whole numbers, as {datatype} says")
    return values


def _size(index: int, shape: Any) -> int:
    """How many values a tensor of one column has; it may have a second dimension, which is one."""
    is_column = isinstance(shape, list) and len(shape) in (1, 2) and shape[1:] in ([], [1])
    if not is_column or not all(type(size) is int and size > 0 for size in shape):
        _refuse_tensor(index, "shape", "shape must be [rows] or [rows, 1]")
    return prod(shape)


def _data(tensor: Json) -> list[Any]:
    """The values as they are given; none where there is no list of them."""
    data = tensor.get("data")
    if not isinstance(data, list):
        return []
    return [_unpacked(value) for value in data]


def _unpacked(value: Any) -> Any:
    """A value, which may stand in a list of its own."""
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def _requested(outputs: list[Json], body: Json) -> list[Json]:
    """The outputs that are asked for; all of them where none is named."""
    asked = body.get("outputs")
    if not asked:
        return outputs
    known = {output["name"]: output for output in outputs}
    names = ", ".join(known)
    wrong = f"outputs must name some of {names}"
    if not isinstance(asked, list):
        refuse(422, "name", wrong, "outputs")
    found = []
    for each in asked:
        if not isinstance(each, dict) or each.get("name") not in known:
            refuse(422, "name", wrong, "outputs")
        found.append(known[each["name"]])
    return found
