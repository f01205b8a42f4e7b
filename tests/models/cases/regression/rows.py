"""442 patients with diabetes and how their illness went on, as scikit-learn ships them."""

import sys

from sklearn.datasets import load_diabetes

load_diabetes(as_frame=True, scaled=False).frame.to_csv(sys.argv[1], index=False)
