"""The service's OpenAPI document, made from the model's columns: it says what is accepted.

Owned by the template: do not edit.
"""

import math
from collections.abc import Mapping
from typing import Any

from goldenpath_runtime.inference import FLOAT_MAX, MAX_TEXT, Rule

from .open_inference import DATATYPES, paths
from .web import MAX_ROWS

Json = dict[str, Any]
TYPES = {
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "category": "string",
    "text": "string",
}
GETS = {
    "/health": "Is the process alive?",
    "/ready": "Can it answer?",
    "/model": "The model's columns, version and lineage",
    "/metrics": "Figures for Prometheus",
    "/openapi.json": "This document",
    "/v2": "The server (Open Inference Protocol v2)",
    "/v2/health/live": "Is the process alive?",
    "/v2/health/ready": "Can it answer?",
}


def describe(info: Mapping[str, Any]) -> Json:
    """The document for one model."""
    predict = _post("Score rows", _rows(info["columns"]), _predictions(info), 413, 415, 422)
    infer = _post(
        "Score tensors (Open Inference Protocol v2)", _tensors(info), _outputs(), 400, 413, 415, 422
    )
    found = {path: _get(summary, path) for path, summary in GETS.items()} | {
        "/predict": {"post": predict}
    }
    for path in paths(info):
        found |= {path: _get("The model's tensors"), f"{path}/ready": _get("Is this model ready?")}
        found[f"{path}/infer"] = {"post": infer}
    return {
        "openapi": "3.1.0",
        "info": {"title": info["name"], "version": info["version"]},
        "paths": found,
    }


def _get(summary: str, path: str = "") -> Json:
    content = (
        {"text/plain": {"schema": {"type": "string"}}}
        if path == "/metrics"
        else _json({"type": "object"})
    )
    return {
        "get": {
            "summary": summary,
            "responses": {"200": {"description": "The answer", "content": content}},
        }
    }


def _post(summary: str, body: Json, answer: Json, *refused: int) -> Json:
    fault = _object({"type": _text(), "loc": {"type": "array"}, "msg": _text()})
    error = _object({"error": _text(), "detail": _list(fault, minItems=1)})
    answers = {"200": {"description": "The answer", "content": _json(answer)}}
    answers |= {
        str(status): {"description": "Refused", "content": _json(error)} for status in refused
    }
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": _json(body)},
        "responses": answers,
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _object(
    properties: Mapping[str, Any], optional: Mapping[str, Any] | None = None, *, more: bool = False
) -> Json:
    """An object with all of these properties, perhaps some optional ones.

    Others are there only if there may be more.
    """
    known = {**properties, **(optional or {})}
    return {
        "type": "object",
        "required": list(properties),
        "properties": known,
        "additionalProperties": more,
    }


def _list(items: Json, **limits: int) -> Json:
    return {"type": "array", "items": items, **limits}


def _text() -> Json:
    return {"type": "string"}


def _rows(columns: Mapping[str, Rule]) -> Json:
    needed = {name: _value(rule) for name, rule in columns.items() if not rule["nullable"]}
    others = {name: _value(rule) for name, rule in columns.items() if rule["nullable"]}
    return _object({"rows": _list(_object(needed, others), minItems=1, maxItems=MAX_ROWS)})


def _value(rule: Rule) -> Json:
    """What a column may hold; an empty text is a missing one."""
    kind, low, high = TYPES[rule["type"]], rule["min"], rule["max"]
    schema: Json = {"type": [kind, "null"] if rule["nullable"] else kind}
    if kind in ("number", "integer"):
        limits = {
            "minimum": -FLOAT_MAX if low is None else low,
            "maximum": FLOAT_MAX if high is None else high,
        }
    elif rule["values"] is not None:
        limits = {"enum": [*rule["values"], *(("", None) if rule["nullable"] else ())]}
    elif kind == "string":
        limits = {"minLength": 0 if rule["nullable"] else 1, "maxLength": MAX_TEXT}
    else:
        limits = {}
    return schema | limits


def example(columns: Mapping[str, Rule]) -> Json:
    """A row that the service accepts."""
    return {name: _some(rule) for name, rule in columns.items()}


def _some(rule: Rule) -> Any:
    if rule["values"]:
        return rule["values"][0]
    kind = TYPES[rule["type"]]
    if kind in ("string", "boolean"):
        return {"string": "text", "boolean": True}[kind]
    low, high = rule["min"], rule["max"]
    bounds = [limit for limit in (low, high) if limit is not None]
    value = bounds[0] if bounds else 0
    return math.ceil(value) if kind == "integer" else value


def _predictions(info: Mapping[str, Any]) -> Json:
    scores = _object({name: {"type": "number"} for name in info["classes"] or info["targets"]})
    label = {"enum": info["classes"]}
    one = (
        _object({"label": label, "probabilities": scores})
        if info["classes"]
        else _object({"values": scores})
    )
    return _object({"model": _text(), "version": _text(), "predictions": _list(one)})


def _tensors(info: Mapping[str, Any]) -> Json:
    size: Json = {"type": "integer", "minimum": 1, "maximum": MAX_ROWS}
    shapes = {"type": "array", "prefixItems": [size, {"const": 1}], "items": False, "minItems": 1}
    tensors = []
    for name, rule in info["columns"].items():
        value, datatypes = _value(rule), {"enum": list(DATATYPES[rule["type"]])}
        data = _list(
            {"anyOf": [value, _list(value, minItems=1, maxItems=1)]}, minItems=1, maxItems=MAX_ROWS
        )
        tensors.append(
            _object(
                {"name": {"const": name}, "shape": shapes, "datatype": datatypes, "data": data},
                more=True,
            )
        )
    inputs = _list({"oneOf": tensors}, minItems=len(tensors), maxItems=len(tensors))
    asked = _list(
        _object({"name": {"enum": ["scores", *(["label"] if info["classes"] else [])]}}, more=True)
    )
    return _object({"inputs": inputs}, {"id": _text(), "outputs": asked}, more=True)


def _outputs() -> Json:
    shape = _list({"type": "integer"})
    output = _object(
        {"name": _text(), "datatype": _text(), "shape": shape, "data": {"type": "array"}}
    )
    return _object(
        {"model_name": _text(), "model_version": _text(), "outputs": _list(output)}, {"id": _text()}
    )
