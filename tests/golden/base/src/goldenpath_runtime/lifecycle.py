"""The commands for what happens to a model after its training: command, module and help, in one table.

Owned by the template: do not edit.
"""

COMMANDS = {
    "register": ("register", "add the trained model to the store"),
    "labels": ("labels", "add what turned out to be true of answered rows"),
    "monitor": ("monitor", "compare recent requests with the training data"),
    "watch": ("retrain", "monitor, and train anew when there is drift"),
    "retrain": ("retrain", "train and register anew, for a reason"),
    "health": ("health", "figures of the pipeline itself"),
    "experiment": ("experiments", "try other settings and keep the figures"),
    "compare": ("experiments", "experiments and versions side by side"),
    "deploy": ("delivery", "run a version in an environment, without production traffic"),
    "approve": ("delivery", "say that a version may go into production"),
    "feedback": ("delivery", "note what somebody who tried a version says of it"),
    "promote": ("delivery", "make a version the champion, with all requests"),
    "rollback": ("delivery", "the same to the champion before"),
    "reconcile": ("delivery", "make an environment what environments/<env>.yaml says"),
    "history": ("delivery", "what the ledger says"),
    "status": ("delivery", "what runs in an environment"),
    "down": ("delivery", "stop an environment"),
    "accept": ("accept", "test a deployed version: answers, load, golden rows, against the champion"),
    "rollout": ("rollout", "give a version production traffic by steps, and take it back when it does worse"),
    "supervise": ("supervisor", "keep an environment's processes alive; started by deploy"),
    "replica": ("supervisor", "one process of a version; started by the supervisor"),
    "route": ("router", "divide the requests among versions; started by the supervisor"),
    "preflight": ("preflight", "say what a flow of CI needs and has not"),
    "sign-in": ("cloud", "get access to a cloud as a job of CI"),
    "cloud-bootstrap": ("trust", "print what makes a cloud trust this repository's jobs"),
}
