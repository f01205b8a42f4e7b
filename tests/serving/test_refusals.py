"""What is no good request gets a 4xx in one shape, at once, and the service answers the next one as before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.serving.repository import COLUMNS, Repository, may_miss
from tests.serving.wire import JSON, Answer, Service, head, receive

GOOD: dict[str, Any] = {
    "amount": 1.5,
    "weight": 2.0,
    "visits": 3,
    "member": True,
    "plan": "pro",
    "home town": "Köln",
    "note": "pays late",
}
BIG = 10_000_000  # bytes
MODEL = "/v2/models/my_model"

# JSON texts that are no value of the column.
NOT_A_NUMBER = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "1e39",
    "9" * 400,
    '"1.5"',
    '""',
    "true",
    "[1.5]",
    "{}",
    "1.5.1",
]
WRONG: dict[str, list[str]] = {
    "amount": [*NOT_A_NUMBER, "100.001", "-1e5"],
    "weight": [*NOT_A_NUMBER, "null", "3.5e38"],
    "visits": [*NOT_A_NUMBER, "1.5", "51", "-1"],
    "member": ["0", "1", '"true"', '"yes"', "[]", "0.0"],
    "plan": ['"gold"', '"Basic"', '"basic "', "1", "true", '["pro"]', '"\\ud800"'],
    "home town": ["null", '""', '"Koln"', "7"],
    "note": ["7", "false", '["words"]', '"\\ud800"', '"\\udfff words"', json.dumps("x" * 100_001)],
}


def bodies() -> Iterator[tuple[str, bytes]]:
    """Bodies for /predict that are wrong, by name."""
    for column, values in WRONG.items():
        for value in values:
            row = json.dumps({**GOOD, column: "@"}).replace('"@"', value)
            yield f"{column}={value[:20]}", f'{{"rows": [{row}]}}'.encode()
    for column in COLUMNS:
        if not may_miss(column):
            others = {name: value for name, value in GOOD.items() if name != column}
            yield f"without {column}", json.dumps({"rows": [GOOD, others]}).encode()
    good = json.dumps(GOOD)
    yield from {
        "nothing": b"",
        "spaces": b"   ",
        "not UTF-8": b'{"rows": ["\xff\xfe"]}',
        "UTF-16": json.dumps({"rows": [GOOD]}).encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + json.dumps({"rows": [GOOD]}).encode(),
        "cut off": b'{"rows": [{"amount": 1',
        "two values": b'{"rows": []} {"rows": []}',
        "a number": b"1",
        "null": b"null",
        "a list": b"[]",
        "no rows key": b"{}",
        "no rows": b'{"rows": []}',
        "rows not a list": b'{"rows": {"0": {}}}',
        "a row not an object": b'{"rows": [[1, 2]]}',
        "a row null": b'{"rows": [null]}',
        "1001 rows": json.dumps({"rows": [GOOD] * 1001}).encode(),
        "another key": f'{{"rows": [{good}], "model": "x"}}'.encode(),
        "rows twice": f'{{"rows": [{good}], "rows": [{good}]}}'.encode(),
        "a column twice": f'{{"rows": [{good[:-1]}, "amount": 2.0}}]}}'.encode(),
        "an unknown column": json.dumps({"rows": [{**GOOD, "stays": "yes"}]}).encode(),
        "an unknown column of half a character": f'{{"rows": [{good[:-1]}, "\\udc00": 2.0}}]}}'.encode(),
        "an unknown column with a long name": json.dumps({"rows": [{**GOOD, "x" * 900_000: 1}]}).encode(),
        "unknown columns without end": json.dumps(
            {"rows": [{**GOOD, **dict.fromkeys(map(str, range(60_000)))}]}
        ).encode(),
        "deep lists": b"[" * 500_000,
        "deep lists in a value": f'{{"rows": [{{"amount": {"[" * 200_000}{"]" * 200_000}}}]}}'.encode(),
        "deep objects": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
        "a comment": b'{"rows": [] /* none */}',
        "single quotes": b"{'rows': []}",
        "a number of 5000 digits": f'{{"rows": [{{"amount": {"9" * 5000}}}]}}'.encode(),
    }.items()


def tensor(**changed: Any) -> dict[str, Any]:
    """An input of the protocol, for the column `amount`."""
    return {"name": "amount", "shape": [1, 1], "datatype": "FP32", "data": [1.5], **changed}


def tensors() -> list[dict[str, Any]]:
    """Good inputs for all columns but `amount`."""
    kinds = {"number": "FP64", "integer": "INT32", "boolean": "BOOL", "category": "BYTES", "text": "BYTES"}
    return [
        {"name": name, "shape": [1], "datatype": kinds[COLUMNS[name]["type"]], "data": [GOOD[name]]}
        for name in COLUMNS
        if name != "amount"
    ]


TENSORS: dict[str, list[Any]] = {
    "shape": [None, [], [0], [-1, 1], [2, 1], [1, 2], [1, 1, 1], ["1"], [1.0], [True], 1, [10**30]],
    "datatype": [None, "BYTES", "BOOL", "FP16", "fp32", "STRING", 32, ["FP32"]],
    "data": [None, [], 1.5, "1.5", [1.5, 2.5], [[1.5, 2.5]], ["1.5"], [True], [1e39], [[]], [{}], [500]],
}
INFERENCES: dict[str, object] = {
    "no inputs": {},
    "inputs not a list": {"inputs": {"amount": 1}},
    "no tensor": {"inputs": []},
    "an input not an object": {"inputs": [1]},
    "a column missing": {"inputs": tensors()},
    "a tensor twice": {"inputs": [*tensors(), tensor(), tensor()]},
    "an unknown tensor": {"inputs": [*tensors(), tensor(), tensor(name="stays")]},
    "a name of another type": {"inputs": [*tensors(), tensor(name=["amount"])]},
    "id not text": {"id": 7, "inputs": [*tensors(), tensor()]},
    "an unknown output": {"inputs": [*tensors(), tensor()], "outputs": [{"name": "loss"}]},
    "outputs not a list": {"inputs": [*tensors(), tensor()], "outputs": "scores"},
    **{
        f"{key}={json.dumps(value)[:30]}": {"inputs": [*tensors(), tensor(**{key: value})]}
        for key, values in TENSORS.items()
        for value in values
    },
    "a whole number that is none": {"inputs": [*tensors(), tensor(datatype="INT64")]},
    "different lengths": {"inputs": [*tensors(), tensor(shape=[2], data=[1.5, 2.5])]},
    "1001 values": {"inputs": [*tensors(), tensor(shape=[1001], data=[1.5] * 1001)]},
    "binary data in the body": {
        "inputs": [*tensors(), {**tensor(parameters={"binary_data_size": 4}), "data": None}],
    },
}


def refused(service: Service, answer: Answer, *expected: int) -> None:
    """The answer is a refusal in the one shape, and the next request is served."""
    assert answer.status in (expected or (422,)), answer
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.body) < 50_000, "a refusal is no echo"
    body = answer.json()
    assert set(body) == {"error", "detail"}
    assert isinstance(body["error"], str)
    assert body["error"]
    assert all(set(fault) == {"type", "loc", "msg"} for fault in body["detail"])
    assert body["detail"]
    after = service.post("/predict", {"rows": [GOOD]})
    assert (after.status, len(after.json()["predictions"])) == (200, 1)


def test_the_good_request_is_good(service: Service) -> None:
    """Every case below differs from it in one thing."""
    assert service.post("/predict", {"rows": [GOOD]}).status == 200
    scores, label = service.post(f"{MODEL}/infer", {"inputs": [*tensors(), tensor()]}).json()["outputs"]
    assert (scores["shape"], label["shape"]) == ([1, 2], [1])


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in bodies()])
def test_bodies(service: Service, body: bytes) -> None:
    refused(service, service.ask("POST", "/predict", body, JSON))


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in INFERENCES.items()])
def test_inferences(service: Service, body: object) -> None:
    refused(service, service.post(f"{MODEL}/infer", body))


def test_the_faults_are_named(service: Service) -> None:
    rows = [GOOD, {**GOOD, "visits": 1.5}, {**GOOD, "plan": "gold", "weight": None}]
    faults = service.post("/predict", {"rows": rows}).json()["detail"]
    assert {tuple(fault["loc"]): fault["msg"] for fault in faults} == {
        ("body", "rows", 1, "visits"): "must be a whole number, at least 0, at most 50",
        ("body", "rows", 2, "plan"): "must be one of basic, pro, never seen",
        ("body", "rows", 2, "weight"): "must not be missing",
    }


@pytest.mark.parametrize("path", ["/predict", f"{MODEL}/infer"])
@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", "json", ""],
)
def test_content_types(service: Service, path: str, kind: str) -> None:
    refused(service, service.ask("POST", path, b"{}", {"Content-Type": kind}), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", None])
def test_json_by_other_names_is_taken(service: Service, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert service.ask("POST", "/predict", json.dumps({"rows": [GOOD]}).encode(), headers).status == 200


def test_binary_tensors(service: Service) -> None:
    headers = {"Inference-Header-Content-Length": "10", "Content-Type": "application/octet-stream"}
    refused(service, service.ask("POST", f"{MODEL}/infer", b"{}", headers), 400)


@pytest.mark.parametrize("path", ["/predict", f"{MODEL}/infer"])
def test_a_body_too_large(service: Service, path: str) -> None:
    piece = b"[" * 10_000
    sized = [head(path, f"Content-Length: {BIG}"), *[piece] * (BIG // len(piece))]
    refused(service, service.send(sized), 413)
    chunk = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    chunked = [head(path, "Transfer-Encoding: chunked"), *[chunk] * (BIG // len(piece)), b"0\r\n\r\n"]
    refused(service, service.send(chunked), 413)


def test_a_client_that_sends_all_before_it_reads_sees_the_refusal(service: Service) -> None:
    refused(service, service.ask("POST", "/predict", b" " * BIG, JSON), 413)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_methods(service: Service, method: str) -> None:
    answer = service.ask(method, "/predict")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    if method != "HEAD":
        refused(service, answer, 405)


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "DELETE"])
def test_methods_of_what_is_read(service: Service, method: str) -> None:
    for path in ("/health", "/ready", "/model", "/metrics", "/openapi.json", "/v2", MODEL):
        refused(service, service.ask(method, path), 405)
        assert service.ask("HEAD", path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/predict/",
        "//predict",
        "/predict/../model.json",
        "/%00",
        "/%ff",
        "/v2/models/other",
        "/docs",
        "/v2/models",
        f"{MODEL}/versions/7",
        f"{MODEL}/versions/7/infer",
        "/v2/models/%F0%9F%A6%80/ready",
        "/" + "x" * 50_000,
    ],
)
def test_paths(service: Service, path: str) -> None:
    refused(service, service.ask("GET", path), 404)


def test_a_query_changes_nothing(service: Service) -> None:
    assert service.ask("GET", "/health?deep=1&x=%ff").json() == {"status": "alive"}


def test_what_is_no_http_ends_with_a_4xx(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(b"\x16\x03\x01\x00 this is no request\r\n\r\n")
        assert receive(connection).status == 400
    assert service.ask("GET", "/health").status == 200


def test_a_client_that_leaves_half_way_hurts_nobody(service: Service) -> None:
    for _ in range(20):
        with service.connect() as connection:
            connection.sendall(head("/predict", "Content-Length: 100") + b'{"rows": [')
    assert service.post("/predict", {"rows": [GOOD]}).status == 200


def test_no_refusal_was_an_error_in_the_log(classification: Repository, service: Service) -> None:
    """Comes last in this file: none of the requests above made the service print a traceback."""
    assert service.ask("GET", "/health").status == 200
    assert "Traceback" not in (classification.folder / "build/service.log").read_text("utf-8")
