"""What all routes of the service share.

Owned by the template: do not edit. Reading a JSON body safely, one shape for refusals, metrics of
each request.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NoReturn

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from goldenpath_runtime.inference import InvalidRowsError

MAX_BODY = 1_048_576  # bytes
MAX_ROWS = 1_000
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)  # seconds

Place = tuple[str | int, ...]
Handler = Callable[[Request, Any], Awaitable[JSONResponse]]


class RefusedError(Exception):
    """A request that gets a 4xx, with what is wrong and where."""

    def __init__(self, status: int, kind: str, faults: Sequence[tuple[Place, str]]) -> None:
        self.status = status
        self.body = {
            "error": "; ".join(
                f"{'.'.join(map(str, place))}: {text}".lstrip(": ") for place, text in faults[:3]
            ),
            "detail": [{"type": kind, "loc": list(place), "msg": text} for place, text in faults],
        }


def refuse(status: int, kind: str, text: str, *place: str | int) -> NoReturn:
    """Refuse for one reason."""
    raise RefusedError(status, kind, [(("body", *place), text)])


def refuse_rows(error: InvalidRowsError, *place: str | int) -> NoReturn:
    """Refuse rows that the model cannot take, naming each row and column."""
    faults = [
        ((*place, *(p for p in (row, column) if p is not None)), text)
        for row, column, text in error.problems
    ]
    raise RefusedError(422, "value", [(("body", *where), text) for where, text in faults]) from None


async def read_json(request: Request) -> dict[str, Any]:
    """The body as an object.

    At most MAX_BODY bytes of strict JSON, without NaN, infinities and repeated keys.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0]
    if kind.strip().lower() != "application/json":
        refuse(415, "content_type", "the body must be application/json")
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_BODY:
                refuse(413, "too_large", f"the body must be at most {MAX_BODY} bytes")
        body = _parse(content.decode("utf-8"))
    except ClientDisconnect:
        refuse(400, "disconnect", "the client left before the end of the body")
    except (ValueError, RecursionError) as error:
        refuse(422, "json", f"the body must be JSON: {error}")
    if not isinstance(body, dict):
        refuse(422, "json", "the body must be an object")
    return body


def _parse(text: str) -> Any:
    body = _DECODER.decode(text)
    if "\\u" in text:  # an escape may be half a character, which no answer could repeat
        json.dumps(body, ensure_ascii=False).encode()
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


async def _refused(_: Request, error: RefusedError) -> JSONResponse:
    return JSONResponse(error.body, error.status)


async def _http_error(_: Request, error: HTTPException) -> JSONResponse:
    body = RefusedError(error.status_code, "http", [((), error.detail)]).body
    return JSONResponse(body, error.status_code, headers=error.headers)


async def _failed(_: Request, _error: Exception) -> JSONResponse:
    return JSONResponse(
        RefusedError(500, "server", [((), "internal error, see the service's log")]).body, 500
    )


HANDLERS: Mapping[Any, Handler] = {
    RefusedError: _refused,
    HTTPException: _http_error,
    Exception: _failed,
}


class Measured:
    """Counts and times each request by route and status, for Prometheus."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app = app
        self.requests = Counter(
            "requests", "Requests answered", ("route", "status"), registry=registry
        )
        self.seconds = Histogram(
            "request_seconds", "Time to answer", ("route",), registry=registry, buckets=BUCKETS
        )
        self.known: dict[
            tuple[str, int], tuple[Counter, Histogram]
        ] = {}  # a look-up of labels is slower than a count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note its status and duration."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            key = getattr(scope.get("route"), "path", "other"), status
            if key not in self.known:
                self.known[key] = self.requests.labels(*key), self.seconds.labels(key[0])
            requests, seconds = self.known[key]
            requests.inc()
            seconds.observe(time.perf_counter() - start)
        return None
