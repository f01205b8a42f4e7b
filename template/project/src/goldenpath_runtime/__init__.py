"""What a project imports: the interface between a team's model and what trains and serves it.

Owned by the template: do not edit; `copier update` replaces this package. Your code is in the
package beside it. Everything named here is public and stays compatible: code written for an older
release runs with a newer one.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .config import ProjectError

if TYPE_CHECKING:
    from .interface import Candidate, Dataset, Exported, Model, SklearnCandidate, default_features

__all__ = [
    "Candidate",
    "Dataset",
    "Exported",
    "Model",
    "ProjectError",
    "SklearnCandidate",
    "default_features",
]


def __getattr__(name: str) -> object:
    # The interface is imported when it is asked for: the service needs neither pandas nor
    # scikit-learn.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".interface", __name__), name)
