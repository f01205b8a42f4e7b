"""The exported model behind the floor and BentoML: the same graph, the same one thread, no checks of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np  # type: ignore[import-not-found]
import onnxruntime as ort  # type: ignore[import-not-found]

MODEL = Path(os.environ["MODEL_FOLDER"])
THREADS = 1
TEXT = ("category", "text")


class Graph:
    """The model in the folder that the environment names."""

    def __init__(self) -> None:
        self.info: dict[str, Any] = json.loads((MODEL / "model.json").read_text("utf-8"))
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = THREADS
        self.session = ort.InferenceSession(MODEL / "model.onnx", options, providers=["CPUExecutionProvider"])
        columns = self.info["columns"]
        types = {name: object if rule["type"] in TEXT else np.float32 for name, rule in columns.items()}
        self.types = {node.name: types[node.name] for node in self.session.get_inputs()}
        self.names: list[str] = self.info["classes"] or self.info["targets"]

    def predictions(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What the service answers to these rows: a label with its probabilities, or values."""
        feed = {name: np.array([[row[name]] for row in rows], kind) for name, kind in self.types.items()}
        scores = self.session.run([self.info["output"]], feed)[0].reshape(-1, len(self.names)).tolist()
        named = [dict(zip(self.names, row, strict=True)) for row in scores]
        if not self.info["classes"]:
            return [{"values": row} for row in named]
        return [{"label": max(row, key=row.__getitem__), "probabilities": row} for row in named]
