"""600,000 rides of a taxi and whether the fare was above the median."""

import sys

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
size = 600_000
rows = pd.DataFrame(
    {
        "kilometres": rng.gamma(2, 3, size).round(2),
        "hour": rng.integers(0, 24, size),
        "passengers": rng.integers(1, 6, size),
        "zone": rng.choice(["centre", "airport", "north", "south"], size, p=[0.5, 0.1, 0.2, 0.2]),
        "luggage": rng.random(size) < 0.3,
    }
)
minutes = 3 * rows["kilometres"] + 6 * rows["hour"].between(7, 9) + rng.normal(0, 4, size)
fare = 4 + 2 * rows["kilometres"] + 0.5 * minutes + 10 * (rows["zone"] == "airport") + 2 * rows["luggage"]
rows["delay"] = rng.normal(0, 60, size).round(1)
rows.loc[rng.random(size) < 0.05, "delay"] = np.nan
rows["dear"] = np.where(fare > fare.median(), "yes", "no")
rows.to_parquet(sys.argv[1], index=False)
