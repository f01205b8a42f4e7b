"""A year of hourly demand that grows: what is newest differs from what is trained on. Rows are in no order."""

import sys

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
when = pd.date_range("2025-01-01", periods=365 * 24, freq="h")
hour, day, weekend = when.hour.to_numpy(), when.day_of_year.to_numpy(), when.day_of_week.to_numpy() >= 5
warm = 10 - 10 * np.cos(2 * np.pi * day / 365) + rng.normal(0, 2, len(when))
rows = pd.DataFrame(
    {
        "when": when,
        "hour": hour,
        "weekend": weekend,
        "temperature": np.round(warm, 1),
        "demand": 500
        + 200 * np.sin(np.pi * hour / 23)
        + 15 * np.abs(warm - 18)
        - 80 * weekend
        + 0.1 * day
        + rng.normal(0, 20, len(when)),
    }
)
rows.loc[rng.choice(len(rows), 200, replace=False), "temperature"] = np.nan
rows.sample(frac=1, random_state=0).to_csv(sys.argv[1], index=False)
