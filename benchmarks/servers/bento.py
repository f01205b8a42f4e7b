"""The model behind BentoML: rows checked by pydantic to the same rules, metrics on, one worker, no access log.

bentoml serve benchmarks.servers.bento:Peer
"""

from typing import Any, Literal

import bentoml  # type: ignore[import-not-found]
from pydantic import ConfigDict, Field, create_model

from .graph import Graph

KINDS: dict[str, Any] = {"number": float, "integer": int, "boolean": bool, "category": str, "text": str}

graph = Graph()


def _field(rule: dict[str, Any]) -> Any:
    """A column's type and limits, as pydantic takes them."""
    kind: Any = Literal[tuple(rule["values"])] if rule["values"] else KINDS[rule["type"]]
    limits: dict[str, Any] = {"allow_inf_nan": False} if rule["type"] == "number" else {}
    limits |= {name: rule[bound] for name, bound in (("ge", "min"), ("le", "max")) if rule[bound] is not None}
    return (kind | None, Field(None, **limits)) if rule["nullable"] else (kind, Field(**limits))


_fields = {name: _field(rule) for name, rule in graph.info["columns"].items()}
Row: Any = create_model("Row", __config__=ConfigDict(extra="forbid", strict=True), **_fields)


@bentoml.service(workers=1, metrics={"enabled": True}, logging={"access": {"enabled": False}})
class Peer:
    """Asynchronous, because a call this short costs more in a thread than it takes."""

    @bentoml.api  # type: ignore[untyped-decorator]
    async def predict(self, rows: list[Row]) -> dict[str, Any]:
        """The predictions of these rows."""
        return {"predictions": graph.predictions([row.model_dump() for row in rows])}
