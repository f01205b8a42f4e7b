"""Goes on with a pipeline of CircleCI: releases what staging has accepted. Owned by the template: do not edit.

python3 ci/continue.py FILE < lines of "model version verdict"

The jobs of a file are fixed before anything runs, and whether a person is asked is known after staging only. So the
file with these jobs is sent now: once, with the key that CircleCI gives to this pipeline alone, for six hours.
"""

import json
import os
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

accepted = [line.split() for line in sys.stdin]
asked = any(verdict != "automatic" for _, _, verdict in accepted)
parameters = {
    "released": " ".join(f"{model} {version}" for model, version, _ in accepted),
    "release": "approval" if asked else "automatic",
}
body = {
    "continuation-key": os.environ["CIRCLE_CONTINUATION_KEY"],
    "configuration": Path(sys.argv[1]).read_text(encoding="utf-8"),
    "parameters": parameters,
}
here = urlsplit(os.environ["CIRCLE_BUILD_URL"])  # CircleCI's own address, also that of a server in your network
address = f"{here.scheme}://{here.netloc.removeprefix('app.')}/api/v2/pipeline/continue"
head = {"Content-Type": "application/json"}
request = urllib.request.Request(address, json.dumps(body).encode(), head)  # noqa: S310
with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
    print(f"{parameters['release']}: {parameters['released']} ({answer.status})")
