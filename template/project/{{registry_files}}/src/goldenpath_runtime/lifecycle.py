"""The commands for what happens to a model after its training, in one table.

Owned by the template: do not edit.
"""

from .config import Command

COMMANDS = {
    "register": Command("register", "add the trained model to the store", writes=True),
    "labels": Command("labels", "add ground-truth labels of answered rows"),
    "monitor": Command("monitor", "compare recent requests with the training data", writes=True),
    "watch": Command("retrain", "monitor, and retrain on drift", writes=True),
    "retrain": Command("retrain", "retrain and register, for a reason", writes=True),
    "health": Command("health", "figures of the pipeline itself"),
    "experiment": Command("experiments", "try other settings and keep the figures"),
    "compare": Command("comparison", "experiments and versions side by side"),
    "deploy": Command(
        "delivery", "run a version in an environment, without production traffic", writes=True
    ),
    "approve": Command("delivery", "say that a version may go into production", writes=True),
    "feedback": Command(
        "delivery", "note what somebody who tried a version says of it", writes=True
    ),
    "promote": Command("delivery", "make a version the champion, with all requests", writes=True),
    "rollback": Command("delivery", "the same to the champion before", writes=True),
    "reconcile": Command(
        "delivery", "make an environment what environments/<env>.yaml says", writes=True
    ),
    "history": Command("delivery", "what the ledger says"),
    "status": Command("delivery", "what runs in an environment"),
    "down": Command("delivery", "stop an environment", writes=True),
    "accept": Command(
        "accept", "test a deployed version: answers, load, golden rows, the champion's", writes=True
    ),
    "rollout": Command(
        "rollout",
        "give a version traffic by steps, and roll it back when it does worse",
        writes=True,
    ),
    "supervise": Command("supervisor", "keep an environment's processes alive; started by deploy"),
    "replica": Command("supervisor", "one process of a version; started by the supervisor"),
    "route": Command("front", "divide the requests among versions; started by the supervisor"),
    "preflight": Command("preflight", "say what a flow of CI needs and has not"),
    "sign-in": Command("cloud", "get access to a cloud as a job of CI"),
    "cloud-bootstrap": Command("trust", "print what makes a cloud trust this repository's jobs"),
}
