"""A small network of torch, trained in a plain loop."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from torch import nn

from goldenpath_runtime import Candidate, Dataset, Exported, SklearnCandidate
from goldenpath_runtime import Model as BaseModel
from goldenpath_runtime.interface import Scores
from goldenpath_runtime.schema import Column


class Network(nn.Module):
    """Takes one tensor of shape (rows, 1) per column, and gives one of shape (rows, 1)."""

    mean: torch.Tensor
    scale: torch.Tensor
    level: torch.Tensor

    def __init__(self, inputs: torch.Tensor, truth: torch.Tensor, width: int) -> None:
        super().__init__()
        known = torch.where(torch.isnan(inputs), inputs.nanmean(0), inputs)
        self.register_buffer("mean", known.mean(0))
        self.register_buffer("scale", known.std(0))
        self.register_buffer("level", truth.mean())
        self.layers = nn.Sequential(
            nn.Linear(inputs.shape[1], width),
            nn.Tanh(),
            nn.Linear(width, width),
            nn.Tanh(),
            nn.Linear(width, 1),
        )

    def forward(self, *columns: torch.Tensor) -> torch.Tensor:
        """What is missing counts as the mean."""
        inputs = (torch.cat(columns, 1) - self.mean) / self.scale
        answer: torch.Tensor = self.layers(torch.where(torch.isnan(inputs), torch.zeros_like(inputs), inputs))
        return answer + self.level


class TorchCandidate:
    """The network as the pipeline wants it: fit, predict, export."""

    def __init__(self, seed: int, epochs: int, width: int) -> None:
        self.seed, self.epochs, self.width = seed, epochs, width

    def fit(self, data: Dataset) -> None:
        """Descend, a batch at a time; the seed makes it the same every time."""
        torch.manual_seed(self.seed)
        rows = data.frame()
        inputs = torch.tensor(data.inputs(rows).to_numpy())
        truth = torch.tensor(data.truth(rows), dtype=torch.float32)
        self.network = Network(inputs, truth, self.width)
        optimizer = torch.optim.Adam(self.network.parameters(), lr=3e-3)
        for _ in range(self.epochs):
            for batch in torch.split(torch.randperm(len(inputs)), 64):
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(self.network(*torch.split(inputs[batch], 1, dim=1)), truth[batch])
                torch.autograd.backward(loss)
                optimizer.step()

    def predict(self, inputs: pd.DataFrame) -> Scores:
        """One value for each row."""
        with torch.no_grad():
            columns = torch.split(torch.tensor(inputs.to_numpy()), 1, dim=1)
            return np.asarray(self.network(*columns).numpy())

    def export(self, features: Mapping[str, Column]) -> Exported:
        """One input for each column, with any number of rows."""
        rows = {0: torch.export.Dim.DYNAMIC}
        with TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own, of what it uses itself
            path = Path(folder, "model.onnx")
            torch.onnx.export(
                self.network.eval(),
                tuple(torch.zeros(2, 1) for _ in features),
                path,
                input_names=list(features),
                output_names=["height"],
                dynamic_shapes=(tuple(rows for _ in features),),
                external_data=False,
                verbose=False,
            )
            return Exported(path.read_bytes(), "height")


class Model(BaseModel):
    """The network, held against a straight line."""

    def baseline(self) -> Candidate:
        """A linear model."""
        return SklearnCandidate(make_pipeline(self.features(), Ridge()))

    def candidates(self) -> Mapping[str, Candidate]:
        """One network; its size and time are in params.yaml."""
        return {"network": TorchCandidate(self.params.seed, **self.params.options)}
