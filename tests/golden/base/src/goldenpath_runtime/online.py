"""The HTTP service: /predict, the Open Inference Protocol v2, health, readiness, metrics and the model's metadata.

Owned by the template: do not edit. Needs neither pandas nor scikit-learn; one process, to be scaled by more of them.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import open_inference
from .config import ProjectError, read_params
from .inference import InvalidRowsError, Scorer
from .open_inference import always
from .openapi import describe
from .web import HANDLERS, MAX_ROWS, Measured, read_json, refuse, refuse_rows


def serve(argv: Sequence[str]) -> None:
    """Answer until the process is told to stop; requests under way are finished first."""
    parser = argparse.ArgumentParser(prog="serve")
    parser.add_argument("--model", help="which model of params.yaml; not needed when there is one")
    parser.add_argument("--folder", default=os.environ.get("MODEL_DIR"), help="the model's folder, in place of --model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    args = parser.parse_args(argv)
    app = create_app(Path(args.folder or f"build/{read_params().model(args.model)[0]}/model"))
    uvicorn.run(app, host=args.host, port=args.port, access_log=False, timeout_graceful_shutdown=10)


def create_app(folder: Path) -> Starlette:
    """The service for one model's folder; ProjectError when there is no model in it."""
    try:
        scorer = Scorer(folder)
    except (OSError, ValueError) as error:
        raise ProjectError(f"{folder}: no model to serve: {error}; run make pipeline first") from None
    registry = CollectorRegistry()
    labels = {"name": scorer.info["name"], "version": scorer.info["version"]}
    labels["data"] = scorer.info["lineage"]["data_sha256"][:12]
    Gauge("model_info", "The model that answers", labels, registry=registry).labels(**labels).set(1)
    app = Starlette(
        routes=[*_routes(scorer, registry), *open_inference.routes(scorer)],
        middleware=[Middleware(Measured, registry=registry)],
        exception_handlers=HANDLERS,
    )
    app.router.redirect_slashes = False
    return app


def _routes(scorer: Scorer, registry: CollectorRegistry) -> list[Route]:
    identity = {"model": scorer.info["name"], "version": scorer.info["version"]}

    async def predict(request: Request) -> JSONResponse:
        rows = _rows(await read_json(request))
        try:
            return JSONResponse({**identity, "predictions": scorer.answers(scorer.score_rows(rows))})
        except InvalidRowsError as error:
            refuse_rows(error, "rows")

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
