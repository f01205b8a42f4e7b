"""The HTTP service: /predict, the Open Inference Protocol v2, health, metrics and metadata.

Owned by the template: do not edit. Needs neither pandas nor scikit-learn; one process, to be scaled
by more of them.
"""

import json
import os
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
)
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.extras import extra
from goldenpath_runtime.files import note_blocked
from goldenpath_runtime.inference import InvalidRowsError, Scorer

from . import open_inference
from .open_inference import always
from .openapi import describe, example
from .web import HANDLERS, MAX_ROWS, Measured, read_json, refuse, refuse_rows


def serve(argv: Sequence[str]) -> None:
    """Answer until the process is told to stop; requests under way are finished first."""
    parser = command("serve")
    parser.add_argument(
        "--folder",
        default=os.environ.get("MODEL_DIR"),
        help="the model's folder, in place of --model",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    args = parser.parse_args(argv)
    folder = Path(args.folder or f"build/{read_params().model(args.model)[0]}/model")
    app = create_app(folder)
    note_blocked(folder)
    address = f"http://{args.host}:{args.port}"
    body = shlex.quote(json.dumps({"rows": [example(app.state.columns)]}))
    print(f"all routes: {address}/openapi.json; to try one:", flush=True)
    print(f"curl -s {address}/predict -H 'content-type: application/json' -d {body}", flush=True)
    uvicorn.run(app, host=args.host, port=args.port, access_log=False, timeout_graceful_shutdown=10)


def create_app(folder: Path) -> Starlette:
    """The service for one model's folder; ProjectError when there is no model in it."""
    try:
        scorer = Scorer(folder)
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"{folder}: no model to serve: {error}; run make pipeline first"
        ) from None
    registry = CollectorRegistry()
    labels = {"name": scorer.info["name"], "version": scorer.info["version"]}
    labels["data"] = scorer.info["lineage"]["data_sha256"][:12]
    Gauge("model_info", "The model that answers", labels, registry=registry).labels(**labels).set(1)
    sampler = _sampler(scorer, registry)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        if sampler:
            sampler.close()

    app = Starlette(
        lifespan=lifespan,
        routes=[*_routes(scorer, registry, sampler), *open_inference.routes(scorer, sampler)],
        middleware=[Middleware(Measured, registry=registry)],
        exception_handlers=HANDLERS,
    )
    app.router.redirect_slashes = False
    app.state.columns = scorer.columns
    return app


def _sampler(scorer: Scorer, registry: CollectorRegistry) -> Any:
    """What keeps answered rows for monitoring, where GOLDENPATH_STORE says to; None elsewhere."""
    url = os.environ.get("GOLDENPATH_STORE")
    sampler = extra("samples") if url else None
    if sampler is None:
        return None
    dropped = Counter(
        "samples_dropped", "Answered rows that the store did not take", registry=registry
    )
    return sampler(url, scorer.info, dropped.inc)


def _routes(scorer: Scorer, registry: CollectorRegistry, sampler: Any) -> list[Route]:
    identity = {"model": scorer.info["name"], "version": scorer.info["version"]}

    async def predict(request: Request) -> JSONResponse:
        rows = _rows(await read_json(request))
        try:
            scores = scorer.score_rows(rows)
        except InvalidRowsError as error:
            refuse_rows(error, "rows")
        headers = sampler and sampler.keep(request.headers, rows, scores)
        return JSONResponse({**identity, "predictions": scorer.answers(scores)}, headers=headers)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/predict", predict, methods=["POST"]),
        Route("/health", always({"status": "alive"})),
        Route("/ready", always({"status": "ready", **identity})),
        Route("/model", always(scorer.info)),
        Route("/metrics", metrics),
        Route("/openapi.json", always(describe(scorer.info))),
    ]


def _rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("rows")
    if set(body) != {"rows"} or not isinstance(rows, list):
        refuse(422, "shape", 'the body must be {"rows": [{column: value, ...}, ...]} and no more')
    if not 1 <= len(rows) <= MAX_ROWS:
        refuse(422, "rows", f"there must be 1 to {MAX_ROWS} rows, not {len(rows)}", "rows")
    if wrong := [i for i, row in enumerate(rows) if not isinstance(row, dict)]:
        refuse(422, "row", "must be an object", "rows", wrong[0])
    return rows
