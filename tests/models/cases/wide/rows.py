"""500 readings of a machine, of which twenty say something about its fault."""

import sys

import pandas as pd
from sklearn.datasets import make_classification

values, fault = make_classification(
    n_samples=1200, n_features=500, n_informative=20, n_redundant=0, class_sep=1.5, random_state=0
)
rows = pd.DataFrame(values.round(3), columns=[f"sensor_{number:03}" for number in range(500)])
rows.assign(fault=fault == 1).to_parquet(sys.argv[1], index=False)
