"""What a project imports: the interface between a team's model and the code that trains and serves it.

Owned by the template: do not edit; `copier update` replaces this package. Your code is in the package beside it.
Everything named here is public and stays compatible: code written for an older release runs with a newer one.
"""

from .config import ProjectError
from .interface import Candidate, Dataset, Exported, Model, SklearnCandidate, default_features

__all__ = ["Candidate", "Dataset", "Exported", "Model", "ProjectError", "SklearnCandidate", "default_features"]
