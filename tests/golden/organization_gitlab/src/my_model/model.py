"""What is special about this model: which candidates are trained, and what they must beat.

Yours: the template does not touch this file again. All methods that can be overridden, with what they get and give,
are those of `Model` in goldenpath_runtime/interface.py; the settings are in params.yaml.
"""

from collections.abc import Mapping

from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from goldenpath_runtime import Candidate, SklearnCandidate
from goldenpath_runtime import Model as BaseModel


class Model(BaseModel):
    """A linear model and boosted trees on all columns, held against the one question that tells most."""

    def baseline(self) -> Candidate:
        """The simplest model worth having, one question about one column: when this is as good, ship this."""
        question = DecisionTreeRegressor(max_depth=1, random_state=self.params.seed)
        return SklearnCandidate(make_pipeline(self.features(scaled=False), question))

    def candidates(self) -> Mapping[str, Candidate]:
        """What is trained; the best on the validation rows, by the objective in params.yaml, is chosen."""
        linear = Ridge()
        boosting = GradientBoostingRegressor(random_state=self.params.seed)
        return {
            "linear": SklearnCandidate(make_pipeline(self.features(), linear)),
            "boosting": SklearnCandidate(make_pipeline(self.features(scaled=False), boosting)),
        }
