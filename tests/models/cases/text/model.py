"""Tells unwanted messages by their words."""

from collections.abc import Mapping

from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from goldenpath_runtime import Candidate, SklearnCandidate
from goldenpath_runtime import Model as BaseModel


class Model(BaseModel):
    """All words, held against the ten most frequent ones."""

    def baseline(self) -> Candidate:
        """The ten most frequent words alone."""
        few = TfidfVectorizer(token_pattern="[a-zA-Z]+", max_features=10)  # noqa: S106 (no password)
        words = ColumnTransformer([("words", few, "message")])
        return SklearnCandidate(make_pipeline(words, LogisticRegression()))

    def candidates(self) -> Mapping[str, Candidate]:
        """One linear model, more or less free."""
        return {
            f"linear_{strength:g}": SklearnCandidate(make_pipeline(self.features(), LogisticRegression(C=strength)))
            for strength in (0.1, 1, 10)
        }
