"""Predicts three measures of a body at once."""

from collections.abc import Mapping

from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline

from goldenpath_runtime import Candidate, SklearnCandidate, default_features
from goldenpath_runtime import Model as BaseModel


class Model(BaseModel):
    """Estimators that give several numbers, and boosting once for each."""

    def baseline(self) -> Candidate:
        """A linear model on the numbers alone."""
        numbers = {name: column for name, column in self.columns.items() if column.is_number}
        return SklearnCandidate(make_pipeline(default_features(numbers), Ridge()))

    def candidates(self) -> Mapping[str, Candidate]:
        """A linear model on all columns, a forest, and one boosting for each target."""
        seed = self.params.seed
        estimators = {
            "linear": Ridge(),
            "forest": RandomForestRegressor(100, min_samples_leaf=5, random_state=seed),
            "boosting": MultiOutputRegressor(GradientBoostingRegressor(random_state=seed)),
        }
        return {
            name: SklearnCandidate(make_pipeline(self.features(scaled=name == "linear"), estimator))
            for name, estimator in estimators.items()
        }
