"""The process of the router: it answers at the address that clients know.

Owned by the template: do not edit. Started by the supervisor, which holds the socket.
"""

import time
from collections.abc import Sequence

from aiohttp import web

from goldenpath_runtime.deploy.router import application

from .target import begin

PAUSE = 0.02  # seconds between two looks for the routes


def route(argv: Sequence[str]) -> None:
    """The command: divide the requests until the supervisor ends it."""
    folder, listening = begin("route", argv)
    routes = folder / "routes.json"
    while not routes.exists():
        time.sleep(PAUSE)
    web.run_app(
        application(routes), sock=listening, print=None, access_log=None, shutdown_timeout=10
    )
