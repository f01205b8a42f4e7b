"""Payments, of which one in fifty is a fraud."""

import sys

import numpy as np
import pandas as pd

ROWS, FRAUDS = 6000, 120

rng = np.random.default_rng(0)
fraud = np.zeros(ROWS, int)
fraud[rng.choice(ROWS, FRAUDS, replace=False)] = 1
rows = pd.DataFrame(
    {
        "amount": np.round(rng.lognormal(3 + 1.2 * fraud, 0.8), 2),
        "hour": (rng.normal(14 - 9 * fraud, 4) % 24).astype(int),
        "country": np.where(rng.random(ROWS) < 0.15 + 0.5 * fraud, "abroad", "home"),
        "trusted_device": rng.random(ROWS) > 0.1 + 0.6 * fraud,
        "fraud": fraud,
    }
)
rows.to_csv(sys.argv[1], index=False)
