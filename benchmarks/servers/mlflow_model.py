"""The model as MLflow serves it: its ONNX flavour with a signature to check tensors by, and the same one thread.

python -m benchmarks.servers.mlflow_model NEW_FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import mlflow.onnx  # type: ignore[import-not-found]
import numpy as np  # type: ignore[import-not-found]
import onnx  # type: ignore[import-not-found]
from mlflow.models import ModelSignature  # type: ignore[import-not-found]
from mlflow.types import Schema, TensorSpec  # type: ignore[import-not-found]

from .graph import MODEL, THREADS, Graph


def main(folder: Path) -> None:
    """Write the model's folder."""
    graph = Graph()
    kinds = {name: np.dtype(str if kind is object else kind) for name, kind in graph.types.items()}
    inputs = Schema([TensorSpec(kind, (-1, 1), name) for name, kind in kinds.items()])
    mlflow.onnx.save_model(
        onnx.load(MODEL / "model.onnx"),
        str(folder),
        signature=ModelSignature(inputs),
        pip_requirements=[],
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": THREADS, "inter_op_num_threads": THREADS},
        save_as_external_data=False,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
