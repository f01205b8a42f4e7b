"""Short messages, half of them unwanted: both kinds share most words, and one in fifty is labelled wrongly."""

import sys

import numpy as np
import pandas as pd

COMMON = "the a you we your our today now please team order call time new free call-back meeting re: best".split()
KINDS = {
    "ham": "lunch tomorrow report notes thanks project see agenda draft Müller invoice attached kids home".split(),
    "spam": "winner prize cash claim urgent offer !!! loan credit guaranteed click limited bonus € 100%".split(),
}

rng = np.random.default_rng(0)
rows = []
for number in range(2000):
    label = ("ham", "spam")[number % 2]
    words = [*rng.choice(COMMON, rng.integers(4, 12)), *rng.choice(KINDS[label], rng.integers(1, 4))]
    rng.shuffle(words)
    text = ", ".join([" ".join(words[:4]).capitalize(), *words[4:]])
    rows.append({"message": text, "label": label if rng.random() > 0.02 else ("spam", "ham")[number % 2]})
pd.DataFrame(rows).to_csv(sys.argv[1], index=False)
