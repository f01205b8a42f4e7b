"""The policies of an update, a line each."""

from goldenpath.merging import parity, safe
from goldenpath.merging.rules import Policy

SAFE = Policy("safe", safe.changes, beyond_copier=True)
COPIER = Policy("copier", parity.changes, beyond_copier=False)

POLICIES = {policy.name: policy for policy in (SAFE, COPIER)}
