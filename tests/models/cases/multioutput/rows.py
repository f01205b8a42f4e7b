"""Exercises of 1,500 people and three measures of their bodies, after the data set of Linnerud (1975), which has 20."""

import sys

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
size = 1500
fit = rng.normal(0, 1, size)
rows = pd.DataFrame(
    {
        "chins": np.round(np.clip(10 + 4 * fit + rng.normal(0, 2, size), 0, None)),
        "situps": np.round(np.clip(145 + 50 * fit + rng.normal(0, 25, size), 10, None)),
        "jumps": np.round(np.clip(70 + 30 * np.abs(fit) + rng.normal(0, 15, size), 5, None)),
        "group": rng.choice(["club", "none", "army"], size),
    }
)
club = rows["group"].map({"club": 1.0, "none": 0.0, "army": 2.0})
rows["weight_kg"] = 80 - 5 * fit + 3 * club + rng.normal(0, 2, size)
rows["waist_cm"] = 90 - 6 * fit + rng.normal(0, 2, size)
rows["pulse"] = 60 - 3 * fit + 2 * fit**2 - 2 * club + rng.normal(0, 1.5, size)
rows.to_csv(sys.argv[1], index=False)
