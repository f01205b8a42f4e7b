"""Tells dear rides from cheap ones; quick enough for many rows."""

from collections.abc import Mapping

from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from goldenpath_runtime import Candidate, SklearnCandidate, default_features
from goldenpath_runtime import Model as BaseModel


class Model(BaseModel):
    """Estimators whose time grows no faster than the rows."""

    def baseline(self) -> Candidate:
        """The distance alone."""
        distance = {"kilometres": self.columns["kilometres"]}
        return SklearnCandidate(make_pipeline(default_features(distance), LogisticRegression()))

    def candidates(self) -> Mapping[str, Candidate]:
        """One pass of gradient descent, and one tree."""
        seed = self.params.seed
        descent = SGDClassifier(loss="log_loss", random_state=seed)
        tree = DecisionTreeClassifier(max_depth=8, min_samples_leaf=100, random_state=seed)
        return {
            "descent": SklearnCandidate(make_pipeline(self.features(), descent)),
            "tree": SklearnCandidate(make_pipeline(self.features(scaled=False), tree)),
        }
