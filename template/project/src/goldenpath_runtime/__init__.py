"""What a project imports: the interface between a team's model and what trains and serves it.

Owned by the template: do not edit; `copier update` replaces this package. Your code is in the
package beside it. Everything named here is public and stays compatible: code written for an older
release runs with a newer one.
"""

from typing import TYPE_CHECKING

from .errors import ProjectError
from .options import hand_in_extras

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

hand_in_extras()


def __getattr__(name: str) -> object:
    # The interface is imported when it is asked for: the service needs neither pandas nor
    # scikit-learn.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import interface  # noqa: PLC0415 (as said)

    return getattr(interface, name)
