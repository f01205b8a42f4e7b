"""The service's OpenAPI document, made from the model's own columns, so that it says what is really accepted.

Owned by the template: do not edit.
"""

from collections.abc import Mapping
from typing import Any

from .open_inference import ACCEPTED
from .web import MAX_ROWS

Json = dict[str, Any]
TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "category": "string", "text": "string"}


def describe(info: Mapping[str, Any]) -> Json:
    """The document for one model."""
    get = {path: {"get": {"summary": text, "responses": _answers(_content(path), 404)}} for path, text in GETS.items()}
    refused = (404, 413, 415, 422)
    predict = {"summary": "Score rows", "requestBody": _body(_predict(info)), "responses": _answers("json", *refused)}
    infer = {
        "summary": "Score tensors (Open Inference Protocol v2)",
        "requestBody": _body(_infer(info)),
        "responses": _answers("json", 400, *refused),
    }
    model = f"/v2/models/{info['name']}"
    paths = get | {model: _get("The model's tensors"), f"{model}/ready": _get("Is this model ready?")}
    return {
        "openapi": "3.1.0",
        "info": {"title": info["name"], "version": info["version"]},
        "paths": paths | {"/predict": {"post": predict}, f"{model}/infer": {"post": infer}},
    }


GETS = {
    "/health": "Is the process alive?",
    "/ready": "Can it answer?",
    "/model": "The model's columns, version and lineage",
    "/metrics": "Figures for Prometheus",
    "/v2": "The server (Open Inference Protocol v2)",
    "/v2/health/live": "Is the process alive?",
    "/v2/health/ready": "Can it answer?",
}
ERROR: Json = {
    "type": "object",
    "required": ["error", "detail"],
    "properties": {"error": {"type": "string"}, "detail": {"type": "array", "items": {"type": "object"}}},
}


def _get(summary: str) -> Json:
    return {"get": {"summary": summary, "responses": _answers("json", 404)}}


def _content(path: str) -> str:
    return "text" if path == "/metrics" else "json"


def _answers(content: str, *errors: int) -> Json:
    good = {"text/plain": {"schema": {"type": "string"}}} if content == "text" else _json({"type": "object"})
    refused = {str(status): {"description": "Refused", "content": _json(ERROR)} for status in errors}
    return {"200": {"description": "The answer", "content": good}} | refused


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _body(schema: Json) -> Json:
    return {"required": True, "content": _json(schema)}


def _predict(info: Mapping[str, Any]) -> Json:
    columns = info["columns"]
    row = {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, rule in columns.items() if not rule["nullable"]],
        "properties": {name: _column(rule) for name, rule in columns.items()},
    }
    rows = {"type": "array", "minItems": 1, "maxItems": MAX_ROWS, "items": row}
    return {"type": "object", "additionalProperties": False, "required": ["rows"], "properties": {"rows": rows}}


def _column(rule: Mapping[str, Any]) -> Json:
    kind = TYPES[rule["type"]]
    limits = {"minimum": rule["min"], "maximum": rule["max"], "enum": rule["values"]}
    schema: Json = {"type": [kind, "null"] if rule["nullable"] else kind}
    schema |= {key: value for key, value in limits.items() if value is not None}
    if rule["nullable"] and rule["values"] is not None:
        schema["enum"] = [*rule["values"], None]
    return schema


def _infer(info: Mapping[str, Any]) -> Json:
    tensor = {
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"enum": list(info["columns"])},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 2},
            "datatype": {"enum": sorted(ACCEPTED)},
            "data": {"type": "array", "maxItems": MAX_ROWS},
        },
    }
    inputs = {"type": "array", "items": tensor, "minItems": len(info["columns"])}
    return {"type": "object", "required": ["inputs"], "properties": {"id": {"type": "string"}, "inputs": inputs}}
