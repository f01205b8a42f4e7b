"""Where a robot's two-jointed arm ends for the angles of its joints: nothing that a straight line could say."""

import sys

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
size = 4000
shoulder, elbow = rng.uniform(-np.pi, np.pi, size), rng.uniform(0, np.pi, size)
length = rng.uniform(0.8, 1.2, size)
rows = pd.DataFrame(
    {
        "shoulder": shoulder.round(4),
        "elbow": elbow.round(4),
        "length": length.round(4),
        "height": length * np.sin(shoulder) + np.sin(shoulder + elbow) + rng.normal(0, 0.02, size),
    }
)
rows.loc[rng.choice(size, 100, replace=False), "length"] = np.nan
rows.to_csv(sys.argv[1], index=False)
